//! Both sides speak the same era.

use memchr::memmem;
use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::meta::{META, PROGRESS_TOKEN, SUBSCRIPTION_ID};

use crate::exchange::UpstreamId;

/// Replaces the client's progress token by one that is unique upstream.
/// Returns the parameters to send and the client's token.
///
/// Parameters without a token, which most are, come back as they are without
/// a second look at their structure.
pub(crate) fn mint_token(params: Option<Raw>, minted: UpstreamId) -> (Option<Raw>, Option<Raw>) {
    let Some(raw) = params else { return (None, None) };
    if !may_name(&raw, PROGRESS_TOKEN) {
        return (Some(raw), None);
    }
    let Some((object, meta, token)) = find_token(&raw) else {
        return (Some(raw), None);
    };
    let meta = replaced(&meta, PROGRESS_TOKEN, minted.to_raw());
    (Some(replaced(&object, META, meta)), Some(token))
}

/// Whether `key` may occur as a key in `raw`; a spelling with escapes counts.
fn may_name(raw: &Raw, key: &str) -> bool {
    let text = raw.as_bytes();
    memmem::find(text, key.as_bytes()).is_some() || memmem::find(text, b"\\u").is_some()
}

fn find_token(params: &Raw) -> Option<(RawObject, RawObject, Raw)> {
    let object = params.object()?;
    let meta = object.get(META)?.object()?;
    let token = meta.get(PROGRESS_TOKEN)?;
    Some((object, meta, token))
}

fn replaced(object: &RawObject, key: &str, value: Raw) -> Raw {
    let mut edit = object.edit();
    edit.set(key, value);
    edit.finish()
}

/// The `subscriptionId` of a notification or of a listen result.
pub(crate) fn subscription_id(object: Option<&Raw>) -> Option<Raw> {
    object?.object()?.get(META)?.object()?.get(SUBSCRIPTION_ID)
}

/// The same object with another `subscriptionId` in its `_meta`.
pub(crate) fn with_subscription_id(object: Option<&Raw>, id: &Raw) -> Raw {
    let object = object.and_then(Raw::object).unwrap_or_else(RawObject::empty);
    let meta = object
        .get(META)
        .and_then(|meta| meta.object())
        .unwrap_or_else(RawObject::empty);
    let meta = replaced(&meta, SUBSCRIPTION_ID, id.clone());
    replaced(&object, META, meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_replaced_and_nothing_else() {
        let params = Raw::from_static(r#"{ "x" : 1.0,"_meta":{"v":true , "progressToken":"t"},"y":[ ]}"#);
        let (minted, token) = mint_token(Some(params), UpstreamId(7));
        assert_eq!(
            minted.unwrap().as_str(),
            r#"{ "x" : 1.0,"_meta":{"v":true , "progressToken":7},"y":[ ]}"#
        );
        assert_eq!(token.unwrap().as_str(), r#""t""#);
    }

    #[test]
    fn a_token_spelled_with_escapes_is_found() {
        let params = Raw::from_static(r#"{"_meta":{"progress\u0054oken":1}}"#);
        let (minted, token) = mint_token(Some(params), UpstreamId(7));
        assert_eq!(token.unwrap().as_str(), "1");
        assert!(minted.unwrap().as_str().ends_with(":7}}"));
    }

    #[test]
    fn arguments_that_only_look_like_a_token_pass() {
        let params = Raw::from_static(r#"{"arguments":{"progressToken":1}}"#);
        assert_eq!(
            mint_token(Some(params.clone()), UpstreamId(7)),
            (Some(params), None)
        );
    }
}
