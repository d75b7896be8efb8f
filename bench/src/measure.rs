//! What is measured.

pub(crate) mod connect;
pub(crate) mod cost;
pub(crate) mod idle;
pub(crate) mod pipe;
pub(crate) mod startup;

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies in nanoseconds, exact to a thousandth.
pub(crate) type Latencies = Histogram<u64>;

/// An empty histogram that grows as it needs to.
pub(crate) fn latencies() -> Latencies {
    Histogram::new(3).expect("three significant digits are among those allowed")
}

/// Adds one.
pub(crate) fn note(latencies: &mut Latencies, latency: Duration) {
    let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
    latencies
        .record(nanos)
        .expect("a histogram without bounds takes every value");
}

/// The middle one, of which there must be one.
pub(crate) fn median<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable_by(|one, other| one.partial_cmp(other).expect("measurements are numbers"));
    values[values.len() / 2]
}
