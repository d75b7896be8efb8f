//! Every kind of content a result can hold besides text.

use rmcp::model::{CallToolResult, ContentBlock, Icon, ResourceContents};

use crate::showcase::{
    assets,
    catalogue::{Entry, Nothing},
    exchange::{Exchange, Outcome},
    resources,
};

pub(super) fn tools() -> Vec<Entry> {
    let mut image = Entry::new::<Nothing>("image", "Returns a small image", |exchange| {
        Box::pin(image(exchange))
    });
    let icon = Icon::new(format!("data:{};base64,{}", assets::PNG, assets::image()));
    image.definition.icons = Some(vec![
        icon.with_mime_type(assets::PNG)
            .with_sizes(vec!["48x32".to_owned()]),
    ]);
    vec![
        image.titled("Image").read_only(),
        Entry::new::<Nothing>("audio", "Returns a short tone", |exchange| {
            Box::pin(audio(exchange))
        })
        .titled("Audio")
        .read_only(),
        Entry::new::<Nothing>(
            "embedded_resource",
            "Returns the counter as a resource",
            |exchange| Box::pin(embedded_resource(exchange)),
        )
        .titled("Embedded resource")
        .read_only(),
        Entry::new::<Nothing>("resource_link", "Returns a link to the guide", |exchange| {
            Box::pin(resource_link(exchange))
        })
        .titled("Resource link")
        .read_only(),
    ]
}

async fn image(exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    Ok(CallToolResult::success(vec![ContentBlock::image(
        assets::image(),
        assets::PNG,
    )]))
}

async fn audio(exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    Ok(CallToolResult::success(vec![ContentBlock::audio(
        assets::audio(),
        assets::WAV,
    )]))
}

async fn embedded_resource(exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let touches = exchange.state().touches().to_string();
    let counter = ResourceContents::text(touches, resources::COUNTER).with_mime_type("text/plain");
    Ok(CallToolResult::success(vec![ContentBlock::resource(counter)]))
}

async fn resource_link(exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    Ok(CallToolResult::success(vec![
        ContentBlock::text("The guide says what else there is:"),
        ContentBlock::resource_link(resources::guide()),
    ]))
}
