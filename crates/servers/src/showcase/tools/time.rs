//! Tools that take their time: progress, log messages, cancellation.

use std::time::Duration;

use rmcp::model::LoggingLevel;
use schemars::JsonSchema;
use serde::Deserialize;

use super::text;
use crate::showcase::{
    catalogue::{Entry, Nothing},
    exchange::{Exchange, Outcome, Stop},
};

/// Longest a call of `slow` may take, and of `progress` per step, in seconds.
const MAX_SECONDS: f64 = 3600.0;
/// Most steps of one call of `progress`.
const MAX_STEPS: u32 = 1000;

const LEVELS: [LoggingLevel; 8] = [
    LoggingLevel::Debug,
    LoggingLevel::Info,
    LoggingLevel::Notice,
    LoggingLevel::Warning,
    LoggingLevel::Error,
    LoggingLevel::Critical,
    LoggingLevel::Alert,
    LoggingLevel::Emergency,
];

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::new::<Steps>(
            "progress",
            "Works step by step and reports progress",
            |exchange| Box::pin(progress(exchange)),
        )
        .titled("Progress")
        .read_only(),
        Entry::new::<Slow>("slow", "Waits; cancel it to see that it stops", |exchange| {
            Box::pin(slow(exchange))
        })
        .titled("Slow")
        .read_only(),
        Entry::new::<Nothing>("log", "Logs one message at each level", |exchange| {
            Box::pin(log(exchange))
        })
        .titled("Log")
        .read_only(),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Steps {
    /// How many steps, 1 to 1000.
    #[serde(default = "five")]
    steps: u32,
    /// Duration of a step in milliseconds, up to 3600000.
    #[serde(default = "quarter_second")]
    delay_ms: u64,
}

fn five() -> u32 {
    5
}

fn quarter_second() -> u64 {
    250
}

async fn progress(exchange: Exchange) -> Outcome {
    let Steps { steps, delay_ms } = exchange.arguments()?;
    if !(1..=MAX_STEPS).contains(&steps) {
        return Err(Stop::Failed(format!(
            "`steps` is {steps}; allowed is 1 to {MAX_STEPS}."
        )));
    }
    let delay = duration("delay_ms", delay_ms as f64 / 1000.0)?;
    for step in 1..=steps {
        exchange.sleep(delay).await?;
        exchange
            .progress(
                f64::from(step),
                f64::from(steps),
                format!("step {step} of {steps}"),
            )
            .await;
    }
    Ok(text(format!("Done in {steps} steps.")))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Slow {
    /// How long to wait, in seconds, up to 3600.
    #[serde(default = "ten")]
    seconds: f64,
}

fn ten() -> f64 {
    10.0
}

async fn slow(exchange: Exchange) -> Outcome {
    let Slow { seconds } = exchange.arguments()?;
    let time = duration("seconds", seconds)?;
    if let Err(cancelled) = exchange.sleep(time).await {
        // The caller hears nothing more of this call; the count shows that it arrived here.
        exchange.state().count_cancellation();
        exchange
            .log(LoggingLevel::Notice, "slow: the call was cancelled")
            .await;
        return Err(cancelled);
    }
    Ok(text(format!("Waited {seconds} seconds.")))
}

fn duration(name: &str, seconds: f64) -> Result<Duration, Stop> {
    if !(0.0..=MAX_SECONDS).contains(&seconds) {
        return Err(Stop::Failed(format!(
            "`{name}` is out of range; allowed is up to {MAX_SECONDS} seconds."
        )));
    }
    Ok(Duration::from_secs_f64(seconds))
}

async fn log(exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let mut sent = 0;
    for level in LEVELS {
        sent += u32::from(
            exchange
                .log(level, format!("a message of level {level:?}").to_lowercase())
                .await,
        );
    }
    Ok(text(format!(
        "Logged at {} levels; you asked for {sent} of them.",
        LEVELS.len()
    )))
}
