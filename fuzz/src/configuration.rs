//! Configuration files: whatever they hold, reading them ends in settings or
//! in problems that name a place, never in a panic.

use pontoon_config::{Draft, Environment};

pub(crate) fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let environment = Environment::from_pairs([("TOKEN", "canary-5ecret-value")]);
    match Draft::parse("fuzzed", text, &environment).and_then(Draft::finish) {
        Ok(config) => assert!(
            !config.servers.is_empty(),
            "a configuration that serves nothing was accepted"
        ),
        Err(error) => {
            let told = error.to_string();
            assert!(!told.is_empty());
            let secret_in_file = text.contains("canary-5ecret-value");
            assert!(
                secret_in_file || !told.contains("canary-5ecret-value"),
                "an error shows a variable's value"
            );
        }
    }
}
