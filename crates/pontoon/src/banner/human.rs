//! The banner.

use std::fmt::{self, Write};

use super::snippets::{Snippet, snippets};
use super::{Announcement, Endpoint};
use crate::paint::Paint;

impl Announcement {
    /// The banner, with an empty line at the end.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let mut text = String::new();
        self.write_human(&mut text, paint)
            .expect("a String takes everything");
        text
    }

    fn write_human(&self, out: &mut String, paint: Paint) -> fmt::Result {
        let title = format!("Pontoon {}", env!("CARGO_PKG_VERSION"));
        writeln!(
            out,
            "{} is listening on {}",
            paint.strong(title),
            paint.address(&self.listening)
        )?;
        if let Some(address) = self.wildcard {
            writeln!(
                out,
                "{}",
                paint.faint(format_args!(
                    "and on every other interface of this machine ({address})"
                ))
            )?;
        }
        for endpoint in &self.endpoints {
            write_endpoint(out, paint, endpoint)?;
        }
        writeln!(out, "\n{}", paint.strong("Connect a client"))?;
        for Snippet { client, lines } in snippets(&self.endpoints) {
            let labels = std::iter::once(client).chain(std::iter::repeat(""));
            for (label, line) in labels.zip(lines) {
                writeln!(out, "  {}  {line}", paint.faint(format_args!("{label:<13}")))?;
            }
        }
        writeln!(out)
    }
}

fn write_endpoint(out: &mut String, paint: Paint, endpoint: &Endpoint) -> fmt::Result {
    let Endpoint {
        name,
        runs,
        own,
        best,
        extra,
        ..
    } = endpoint;
    writeln!(
        out,
        "\n  {} {}",
        paint.strong(name),
        paint.faint(format_args!("({runs})"))
    )?;
    writeln!(out, "    Streamable HTTP  {}", paint.address(&best.mcp))?;
    writeln!(out, "    HTTP+SSE         {}", paint.address(&best.sse))?;
    let own = [&own.mcp, &own.sse].into_iter().filter(|_| own != best);
    for url in own.chain(extra) {
        writeln!(out, "    {}             {url}", paint.faint("also"))?;
    }
    Ok(())
}
