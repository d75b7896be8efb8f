//! libFuzzer's entry: one program for all targets, told which by `PONTOON_FUZZ_TARGET`.
#![no_main]

use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("PONTOON_FUZZ_TARGET").expect("PONTOON_FUZZ_TARGET names a target");
        pontoon_fuzz::target(&name).unwrap_or_else(|| panic!("there is no target {name:?}"))
    });
    target(data);
});
