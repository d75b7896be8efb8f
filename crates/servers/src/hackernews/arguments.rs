//! The tool's arguments, checked by hand: the contract asks for `-32602` with a message that
//! names the field and says what is allowed, which a derived deserialiser does not give.

use std::fmt;

use rmcp::model::JsonObject;
use serde_json::Value;

/// Stories returned when `amount` is absent.
const DEFAULT_AMOUNT: usize = 10;
/// The API ranks no more than this.
const MAX_AMOUNT: f64 = 500.0;

/// A ranking the API publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ranking {
    Top,
    New,
    Best,
}

impl Ranking {
    /// In the order of the schema's `enum`.
    pub(super) const ALL: [Self; 3] = [Self::Top, Self::New, Self::Best];

    /// The name on the wire, which is also the API's path.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Top => "topstories",
            Self::New => "newstories",
            Self::Best => "beststories",
        }
    }
}

/// A call's arguments after all checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) ranking: Ranking,
    /// 1 to 500.
    pub(super) amount: usize,
}

/// What is wrong with a call's arguments. Goes to the caller as the message of a `-32602`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgumentError {
    #[error("`type` is required: one of {Choices}")]
    MissingType,
    #[error("`type` is {given}; allowed is one of {Choices}")]
    UnknownType { given: String },
    #[error("`amount` is {0}; allowed is a number from 1 to 500")]
    Amount(String),
    /// The schema says `additionalProperties: false`, so a misspelt `amount` is told rather than
    /// silently answered with ten stories.
    #[error("unknown argument `{0}`; allowed are `type` and `amount`")]
    Unknown(String),
}

impl Arguments {
    pub(super) fn parse(object: &JsonObject) -> Result<Self, ArgumentError> {
        if let Some(key) = object
            .keys()
            .find(|key| !matches!(key.as_str(), "type" | "amount"))
        {
            return Err(ArgumentError::Unknown(key.clone()));
        }
        let ranking = ranking(object.get("type").ok_or(ArgumentError::MissingType)?)?;
        let amount = object.get("amount").map_or(Ok(DEFAULT_AMOUNT), amount)?;
        Ok(Self { ranking, amount })
    }
}

fn ranking(value: &Value) -> Result<Ranking, ArgumentError> {
    Ranking::ALL
        .into_iter()
        .find(|ranking| value.as_str() == Some(ranking.name()))
        .ok_or_else(|| ArgumentError::UnknownType { given: shown(value) })
}

/// The schema says `number`: a fraction is allowed and rounds down.
fn amount(value: &Value) -> Result<usize, ArgumentError> {
    value
        .as_f64()
        .filter(|amount| (1.0..=MAX_AMOUNT).contains(amount))
        .map(|amount| amount.floor() as usize)
        .ok_or_else(|| ArgumentError::Amount(shown(value)))
}

/// The refused value, short enough for an error message.
fn shown(value: &Value) -> String {
    const LIMIT: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The allowed values of `type`, for messages.
struct Choices;

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Ranking::ALL
            .iter()
            .map(|ranking| format!("`{}`", ranking.name()))
            .collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<Arguments, ArgumentError> {
        Arguments::parse(value.as_object().expect("tests pass objects"))
    }

    #[test]
    fn amount_defaults_to_ten_and_rounds_down() {
        for (given, amount) in [
            (json!({"type": "topstories"}), 10),
            (json!({"type": "topstories", "amount": 1}), 1),
            (json!({"type": "topstories", "amount": 1.5}), 1),
            (json!({"type": "topstories", "amount": 2.999}), 2),
            (json!({"type": "topstories", "amount": 500}), 500),
            (json!({"type": "topstories", "amount": 500.0}), 500),
        ] {
            assert_eq!(parse(given.clone()).map(|a| a.amount), Ok(amount), "{given}");
        }
    }

    #[test]
    fn amount_out_of_range_is_refused() {
        for amount in [
            json!(0),
            json!(0.5),
            json!(-1),
            json!(501),
            json!(500.5),
            json!(1e300),
            json!("5"),
            json!(null),
        ] {
            let error = parse(json!({"type": "newstories", "amount": amount})).expect_err("refused");
            assert_eq!(error, ArgumentError::Amount(amount.to_string()));
            assert!(error.to_string().contains("from 1 to 500"), "{error}");
        }
    }

    #[test]
    fn type_is_required_and_one_of_three() {
        for ranking in Ranking::ALL {
            assert_eq!(
                parse(json!({"type": ranking.name()})).map(|a| a.ranking),
                Ok(ranking)
            );
        }
        assert_eq!(parse(json!({})), Err(ArgumentError::MissingType));
        for wrong in [
            json!("askstories"),
            json!("TopStories"),
            json!(1),
            json!(["topstories"]),
        ] {
            let error = parse(json!({"type": wrong})).expect_err("refused");
            assert!(
                error
                    .to_string()
                    .contains("`topstories`, `newstories`, `beststories`"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_unknown_argument_is_named() {
        let error = parse(json!({"type": "topstories", "ammount": 5})).expect_err("refused");
        assert_eq!(error, ArgumentError::Unknown("ammount".to_owned()));
    }

    #[test]
    fn a_long_value_is_cut_in_the_message() {
        let error = parse(json!({"type": "ä".repeat(5000)})).expect_err("refused");
        assert!(error.to_string().len() < 300);
    }
}
