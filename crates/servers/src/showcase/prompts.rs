//! Prompts.

use rmcp::{
    ErrorData,
    model::{ContentBlock, GetPromptResult, Prompt, PromptArgument, PromptMessage, ResourceContents, Role},
};
use serde_json::json;

use super::{
    assets,
    exchange::{Exchange, Stop},
    questions::Elicit,
    state::{Extra, State},
};

pub(super) const GREET: &str = "greet";
pub(super) const WITH_ARGUMENTS: &str = "test_prompt_with_arguments";
const EXTRA: &str = "extra_prompt";

pub(super) fn list(state: &State) -> Vec<Prompt> {
    let plain = |name: &str, description: &str| Prompt::new(name, Some(description), None);
    let mut list = vec![
        Prompt::new(
            GREET,
            Some("Asks for a greeting in a language of your choice"),
            Some(vec![
                argument("name", "Who is greeted")
                    .with_title("Name")
                    .with_required(true),
                argument("language", "The language to greet in; English when absent").with_title("Language"),
            ]),
        )
        .with_title("Greeting"),
        plain("test_simple_prompt", "A prompt without arguments"),
        Prompt::new(
            WITH_ARGUMENTS,
            Some("A prompt that repeats its arguments"),
            Some(vec![
                argument("arg1", "First argument").with_required(true),
                argument("arg2", "Second argument").with_required(true),
            ]),
        ),
        Prompt::new(
            "test_prompt_with_embedded_resource",
            Some("A prompt with a resource inside"),
            Some(vec![
                argument("resourceUri", "URI the resource inside is given").with_required(true),
            ]),
        ),
        plain("test_prompt_with_image", "A prompt with an image inside"),
        plain(
            "test_input_required_result_prompt",
            "A prompt that asks the user for context first",
        ),
    ];
    if state.has(Extra::Prompt) {
        list.push(plain(EXTRA, "Here because `toggle_prompts` added it"));
    }
    list
}

fn argument(name: &str, description: &str) -> PromptArgument {
    PromptArgument::new(name)
        .with_description(description)
        .with_required(false)
}

/// The prompt of this name, filled in.
pub(super) async fn get(name: &str, mut exchange: Exchange) -> Result<GetPromptResult, Stop> {
    let messages = match name {
        GREET => {
            let language = exchange.text_argument("language").unwrap_or("English");
            vec![user(format!(
                "Greet {} in {language}.",
                required(&exchange, "name")?
            ))]
        }
        "test_simple_prompt" => vec![user("This is a simple prompt for testing.")],
        WITH_ARGUMENTS => {
            let (one, two) = (required(&exchange, "arg1")?, required(&exchange, "arg2")?);
            vec![user(format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let resource = ResourceContents::text(
                "Embedded resource content for testing.",
                required(&exchange, "resourceUri")?,
            );
            vec![
                PromptMessage::new(
                    Role::User,
                    ContentBlock::resource(resource.with_mime_type("text/plain")),
                ),
                user("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => vec![
            PromptMessage::new(Role::User, ContentBlock::image(assets::image(), assets::PNG)),
            user("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => vec![user(with_context(&mut exchange).await?)],
        EXTRA if exchange.state().has(Extra::Prompt) => vec![user("Now you see me.")],
        _ => return Err(refused(format!("unknown prompt `{name}`"))),
    };
    Ok(GetPromptResult::new(messages))
}

async fn with_context(exchange: &mut Exchange) -> Result<String, Stop> {
    let question = Elicit::form(
        "What context should the prompt use?",
        json!({
            "type": "object",
            "properties": { "context": { "type": "string" } },
            "required": ["context"],
        }),
    );
    let answer = exchange.ask("user_context", question).await?;
    let context = answer
        .content
        .as_ref()
        .and_then(|content| content.get("context")?.as_str());
    Ok(format!(
        "Use this context: {}",
        context.unwrap_or("none was given")
    ))
}

fn user(text: impl Into<String>) -> PromptMessage {
    PromptMessage::new_text(Role::User, text)
}

fn required<'a>(exchange: &'a Exchange, name: &str) -> Result<&'a str, Stop> {
    exchange
        .text_argument(name)
        .ok_or_else(|| refused(format!("the argument `{name}` is required, as a string")))
}

fn refused(message: String) -> Stop {
    Stop::Refused(ErrorData::invalid_params(message, None))
}
