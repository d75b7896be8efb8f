//! Completions for the arguments of prompts and resource templates.

use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use super::{prompts, resources};

const LANGUAGES: &[&str] = &[
    "Basque",
    "Dutch",
    "English",
    "French",
    "German",
    "Italian",
    "Portuguese",
    "Spanish",
];
const NAMES: &[&str] = &[
    "Ada", "Alan", "Barbara", "Donald", "Edsger", "Frances", "Grace", "Margaret",
];
/// Names for `greet` once its language is known, to show completion with context.
const FRENCH_NAMES: &[&str] = &["Augustin", "Blaise", "Marie", "Sophie"];
const WORDS: &[&str] = &["paris", "park", "party", "test", "testing", "text"];
const IDS: &[&str] = &["1", "12", "123", "2", "3"];

/// The values that start like what the user typed, in a fixed order.
///
/// # Errors
///
/// `-32602` for a prompt, template or argument there is not.
pub(super) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let typed = request.argument.value.to_lowercase();
    let values: Vec<_> = candidates(request)?
        .iter()
        .filter(|value| value.to_lowercase().starts_with(&typed))
        .map(|value| (*value).to_owned())
        .collect();
    let completion = CompletionInfo::with_all_values(values).expect("the lists above are short");
    Ok(CompleteResult::new(completion))
}

fn candidates(request: &CompleteRequestParams) -> Result<&'static [&'static str], ErrorData> {
    let argument = request.argument.name.as_str();
    let owner = match &request.r#ref {
        Reference::Prompt(prompt) => prompt.name.as_str(),
        Reference::Resource(template) => template.uri.as_str(),
        _ => {
            return Err(ErrorData::invalid_params(
                "`ref` is neither a prompt nor a resource",
                None,
            ));
        }
    };
    Ok(match (owner, argument) {
        (prompts::GREET, "language") => LANGUAGES,
        (prompts::GREET, "name") if language(request) == Some("French") => FRENCH_NAMES,
        (prompts::GREET, "name") | (resources::GREETING_TEMPLATE, "name") => NAMES,
        (prompts::WITH_ARGUMENTS, "arg1" | "arg2") => WORDS,
        (resources::DATA_TEMPLATE, "id") => IDS,
        _ => {
            let message = format!("there is no argument `{argument}` to complete for `{owner}`");
            return Err(ErrorData::invalid_params(message, None));
        }
    })
}

/// What the user chose for `language` before.
fn language(request: &CompleteRequestParams) -> Option<&str> {
    request
        .context
        .as_ref()?
        .get_argument("language")
        .map(String::as_str)
}
