//! Where a stream comes from.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use pontoon_config::Environment;
use pontoon_sse::{Decoder, Item};
use pontoon_upstream::{EventRequest, EventSource, Happening, SourceSettings};
use tokio::sync::mpsc;

use super::trouble::Trouble;
use crate::cli::{Reconnect, TailArguments};
use crate::remote;

/// How much is read at once.
const CHUNK: usize = 64 << 10;
/// Chunks that may wait to be shown.
const WAITING: usize = 4;

/// Where a stream comes from.
pub(super) enum Input {
    Url(Box<EventSource>),
    /// A file or standard input.
    Bytes(Box<Bytestream>),
}

/// Bytes that a thread of their own reads: there is no other way to wait for standard input.
pub(super) struct Bytestream {
    chunks: mpsc::Receiver<std::io::Result<Bytes>>,
    chunk: Bytes,
    decoder: Decoder,
    is_live: bool,
    was_told: bool,
}

impl Input {
    pub(super) fn of(arguments: &TailArguments, environment: &Environment) -> Result<Self, Trouble> {
        let source = arguments.source.as_str();
        if source.starts_with("http://") || source.starts_with("https://") {
            return url(source, arguments, environment).map_err(Trouble::Usage);
        }
        let of_urls = [
            (arguments.data.is_some(), "--data"),
            (arguments.method.is_some(), "--method"),
            (arguments.last_event_id.is_some(), "--last-event-id"),
            (arguments.timeout.is_some(), "--timeout"),
        ];
        if let Some((_, option)) = of_urls.iter().find(|(is_set, _)| *is_set) {
            return Err(Trouble::Usage(anyhow!(
                "{option} is for URLs; {source} is a file"
            )));
        }
        let reader: Box<dyn Read + Send> = match source {
            "-" => Box::new(stdin()),
            path => Box::new(open(Path::new(path))?),
        };
        Ok(Self::Bytes(Box::new(Bytestream::new(reader, source == "-"))))
    }

    /// Whether it comes as it is made, so that times mean something.
    pub(super) fn is_live(&self) -> bool {
        match self {
            Self::Url(_) => true,
            Self::Bytes(bytes) => bytes.is_live,
        }
    }

    /// What happens next; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Happening>, Trouble> {
        match self {
            Self::Url(source) => Ok(source.next().await?),
            Self::Bytes(bytes) => bytes.next().await,
        }
    }
}

fn open(path: &Path) -> Result<File, Trouble> {
    File::open(path).map_err(|error| {
        Trouble::Usage(anyhow!(
            "cannot read {}: {error}\n  a stream is named by its URL (http://… or https://…), a file, or -",
            path.display()
        ))
    })
}

fn url(url: &str, arguments: &TailArguments, environment: &Environment) -> anyhow::Result<Input> {
    let target = remote::target(url, &arguments.http, environment)?;
    let body = arguments.data.as_deref().map(body).transpose()?;
    let usual = match body {
        Some(_) => "POST",
        None => "GET",
    };
    let method = arguments.method.as_deref().unwrap_or(usual).to_uppercase();
    let comes_back = match arguments.reconnect {
        Reconnect::Always => true,
        Reconnect::Never => false,
        Reconnect::Auto => method == "GET",
    };
    let settings = SourceSettings {
        silence: arguments.timeout,
        max_failures: match comes_back {
            true => arguments.max_failures.unwrap_or(u32::MAX),
            false => 0,
        },
        ..SourceSettings::default()
    };
    let request = EventRequest {
        method,
        body: body.unwrap_or_default(),
        last_event_id: arguments.last_event_id.clone().unwrap_or_default(),
    };
    Ok(Input::Url(Box::new(EventSource::new(
        &target, request, settings,
    )?)))
}

fn body(text: &str) -> anyhow::Result<Bytes> {
    let mut bytes = Vec::new();
    match (text, text.strip_prefix('@')) {
        ("-", _) => {
            let read = stdin().read_to_end(&mut bytes);
            read.context("cannot read --data from standard input")?;
        }
        (_, Some(path)) => bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?,
        (text, None) => bytes.extend_from_slice(text.as_bytes()),
    }
    Ok(Bytes::from(bytes))
}

impl Bytestream {
    fn new(mut reader: Box<dyn Read + Send>, is_live: bool) -> Self {
        let (sender, chunks) = mpsc::channel(WAITING);
        // It ends with the program if it does not end before.
        std::thread::spawn(move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                let read = match reader.read(&mut buffer) {
                    Ok(0) => return,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    read => read.map(|length| Bytes::copy_from_slice(&buffer[..length])),
                };
                let is_broken = read.is_err();
                if sender.blocking_send(read).is_err() || is_broken {
                    return;
                }
            }
        });
        Self {
            chunks,
            chunk: Bytes::new(),
            decoder: Decoder::default(),
            is_live,
            was_told: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Happening>, Trouble> {
        loop {
            match self.decoder.decode(&mut self.chunk) {
                Some(Ok(item)) => {
                    self.was_told |= matches!(item, Item::Event(_));
                    return Ok(Some(Happening::Item(item)));
                }
                Some(Err(error)) => return Ok(Some(Happening::Skipped { max: error.max })),
                None => match self.chunks.recv().await {
                    Some(chunk) => self.chunk = chunk.map_err(Trouble::Read)?,
                    None if self.decoder.is_mid_event() => return self.finish(),
                    None if self.was_told => return Ok(None),
                    None => return Err(Trouble::NoEvents),
                },
            }
        }
    }

    /// Captures are often cut where the last empty line would be, or have lost it. A stream would lose that event.
    fn finish(&mut self) -> Result<Option<Happening>, Trouble> {
        let mut end = Bytes::from_static(b"\n\n");
        let item = self.decoder.decode(&mut end);
        self.decoder = Decoder::default();
        match item {
            Some(Ok(item @ Item::Event(_))) => {
                self.was_told = true;
                Ok(Some(Happening::Item(item)))
            }
            _ if self.was_told => Ok(None),
            _ => Err(Trouble::NoEvents),
        }
    }
}
