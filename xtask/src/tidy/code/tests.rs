use std::path::PathBuf;

use super::check;
use crate::tidy::source::{Place, Source};

fn breaches(path: &str, place: Place, code: &str) -> Vec<String> {
    let source = Source::parse(PathBuf::from(path), place, code).expect("it is Rust");
    check(&source)
        .into_iter()
        .map(|breach| format!("{}: {}", breach.line, breach.what))
        .collect()
}

/// In production code on `floor`.
fn on_floor(floor: u8, code: &str) -> usize {
    breaches("crates/room/src/lib.rs", Place::Floor(floor), code).len()
}

#[test]
fn each_absence_is_seen() {
    for code in [
        "fn f() { g().unwrap(); }",
        "fn f() { println!(\"{}\", g().unwrap()); }",
        "fn f() { todo!() }",
        "fn f() { unimplemented!(\"later\") }",
        "#[allow(dead_code)] fn f() {}",
        "#![allow(dead_code)]",
        "#[derive(Deserialize)] #[serde(untagged)] enum E { A }",
        "#[derive(Deserialize)] struct S { #[serde(flatten, default)] a: A }",
        "fn is_modern(&self) -> bool { true }",
        "struct S { is_legacy: bool }",
        "fn f(modern: bool) {}",
        "pub fn f(flag: bool) {}",
        "impl S { pub fn f(&self, flag: bool) {} }",
        "fn f() { std::env::var(\"X\"); }",
        "use std::env; fn f() { env::var_os(\"X\"); }",
        "use std::{env::{self, vars}, io}; fn f() { vars(); }",
    ] {
        assert_eq!(on_floor(5, code), 1, "{code}");
    }
}

#[test]
fn what_only_looks_like_one_is_left_alone() {
    for code in [
        "fn f() { g().unwrap_or_default(); g().expect(\"reason\"); }",
        "#[expect(dead_code, reason = \"soon\")] fn f() {}",
        "#[cfg(test)] mod tests { fn f() { g().unwrap(); std::env::var(\"X\"); } }",
        "#[test] fn f() { g().unwrap(); }",
        "pub(crate) fn f(flag: bool) {}",
        "pub fn boolean(value: bool) -> Raw { value.into() }",
        "impl Trait for S { fn f(&self, flag: bool) {} }",
        "fn f() { std::env::args(); }",
        "struct Modern { legacy: Legacy }",
    ] {
        assert_eq!(on_floor(5, code), 0, "{code}");
    }
    assert_eq!(
        breaches(
            "crates/config/src/lib.rs",
            Place::Floor(6),
            "fn f() { std::env::var(\"X\"); }"
        )
        .len(),
        0
    );
    assert_eq!(
        breaches("bench/src/main.rs", Place::Beside, "fn f() { g().unwrap(); }").len(),
        0
    );
}

#[test]
fn low_floors_know_neither_clock_nor_io() {
    let clock = "use std::time::Instant; fn f() { Instant::now(); }";
    assert_eq!((on_floor(3, clock), on_floor(4, clock)), (1, 0));
    assert_eq!(
        on_floor(3, "use tokio::time::Instant; fn f() { Instant::now(); }"),
        0
    );
    let file = "fn f() { std::fs::read(\"x\"); }";
    assert_eq!((on_floor(2, file), on_floor(3, file)), (1, 0));
}

#[test]
fn tests_do_not_sleep() {
    let in_tests = |code| breaches("crates/room/tests/it.rs", Place::Floor(4), code).len();
    for code in [
        "#[test] fn f() { std::thread::sleep(D); }",
        "use tokio::time::sleep; #[tokio::test] async fn f() { sleep(D).await; }",
        "fn helper() { std::thread::sleep(D); }",
        "use tokio::time; #[tokio::test] async fn f() { time::sleep(D).await; } #[tokio::test(start_paused = true)] async fn g() {}",
    ] {
        assert_eq!(in_tests(code), 1, "{code}");
    }
    for code in [
        "#[test] fn f() { while !ready() { std::thread::sleep(D); } }",
        "#[tokio::test] async fn f() { loop { tokio::time::sleep(D).await; } }",
        "#[tokio::test(start_paused = true)] async fn f() { tokio::time::sleep(D).await; }",
        "async fn slow() { tokio::time::sleep(D).await; } #[tokio::test(start_paused = true)] async fn f() { slow().await; }",
    ] {
        assert_eq!(in_tests(code), 0, "{code}");
    }
    assert_eq!(on_floor(4, "async fn f() { tokio::time::sleep(D).await; }"), 0);
}

#[test]
fn lines_are_those_of_the_file() {
    let code = "fn f() {\n    g();\n    h().unwrap();\n}\n";
    let expected = "3: `unwrap` outside of tests; `expect` states the invariant";
    assert_eq!(
        breaches("crates/room/src/lib.rs", Place::Floor(5), code),
        [expected]
    );
}
