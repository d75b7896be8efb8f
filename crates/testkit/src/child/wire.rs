//! Messages as they come in. Parameters stay text, so that an echo is exact.

use serde::Deserialize;
use serde_json::value::RawValue;

/// Any message.
#[derive(Deserialize)]
pub(crate) struct Incoming<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) method: Option<String>,
    #[serde(borrow)]
    pub(crate) params: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) error: Option<&'a RawValue>,
}

/// The parameters this program looks at, whatever the method.
#[derive(Default, Deserialize)]
pub(crate) struct Params<'a> {
    #[serde(rename = "protocolVersion")]
    pub(crate) protocol_version: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) uri: Option<String>,
    #[serde(borrow)]
    pub(crate) arguments: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "progressToken")]
    progress_token: Option<&'a RawValue>,
}

impl<'a> Params<'a> {
    pub(crate) fn of(message: &Incoming<'a>) -> Self {
        message
            .params
            .and_then(|params| serde_json::from_str(params.get()).ok())
            .unwrap_or_default()
    }

    pub(crate) fn progress_token(&self) -> Option<&'a str> {
        Some(self.meta.as_ref()?.progress_token?.get())
    }
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is always a JSON string")
}
