//! Which protocol a client of a transcript speaks.

/// One way to talk to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// No client is set up; the transcript writes every byte itself.
    Raw,
    /// HTTP+SSE, revision 2024-11-05.
    Sse,
    /// Streamable HTTP with sessions, of this revision.
    Streamable(&'static str),
    /// Without sessions, 2026-07-28.
    Modern,
}

const STREAMABLE: [Era; 3] = [
    Era::Streamable("2025-03-26"),
    Era::Streamable("2025-06-18"),
    Era::Streamable("2025-11-25"),
];

impl Era {
    /// The eras that a word names, alone or as a group.
    pub(crate) fn named(word: &str) -> Result<Vec<Self>, String> {
        let streamable = STREAMABLE.into_iter();
        Ok(match word {
            "raw" => vec![Self::Raw],
            "sse" => vec![Self::Sse],
            "modern" | "2026-07-28" => vec![Self::Modern],
            "streamable" => streamable.collect(),
            "latest" => vec![STREAMABLE[2]],
            "legacy" => [Self::Sse].into_iter().chain(streamable).collect(),
            "http" => streamable.chain([Self::Modern]).collect(),
            "all" => [Self::Sse]
                .into_iter()
                .chain(streamable)
                .chain([Self::Modern])
                .collect(),
            _ => {
                let found = STREAMABLE.into_iter().find(|era| era.label() == word);
                vec![found.ok_or_else(|| format!("{word:?} is no era"))?]
            }
        })
    }

    /// The eras of a list with commas.
    pub(crate) fn list(text: &str) -> Result<Vec<Self>, String> {
        let mut eras = Vec::new();
        for word in text.split(',') {
            eras.extend(Self::named(word.trim())?);
        }
        Ok(eras)
    }

    /// How reports call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Sse => "sse",
            Self::Streamable(revision) => revision,
            Self::Modern => "2026-07-28",
        }
    }

    /// The revision a client names.
    pub(crate) fn revision(self) -> &'static str {
        match self {
            Self::Raw => "2025-11-25",
            Self::Sse => "2024-11-05",
            other => other.label(),
        }
    }

    /// What stands for `{meta}` in the parameters of a request.
    pub(crate) fn meta(self) -> &'static str {
        match self {
            Self::Modern => {
                r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"hostile","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#
            }
            _ => r#""_meta":{}"#,
        }
    }
}
