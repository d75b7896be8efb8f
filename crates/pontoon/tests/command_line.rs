//! The real binary, as a script sees it: exit codes and what is written where.

use std::process::{Command, Output};

fn pontoon(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pontoon"));
    command
        .args(arguments)
        .env_clear()
        .output()
        .expect("the binary runs")
}

fn code_and_stderr(arguments: &[&str]) -> (Option<i32>, String) {
    let output = pontoon(arguments);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "standard output is for results"
    );
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn help_goes_to_standard_output_and_succeeds() {
    let output = pontoon(&["serve", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        help.contains("pontoon serve -- npx -y @modelcontextprotocol/server-everything"),
        "{help}"
    );
}

#[test]
fn a_misunderstood_command_line_is_code_2() {
    for arguments in [
        &["serve", "--colour"] as &[_],
        &["bridge"],
        &[],
        &["serve", "--log", "!!"],
    ] {
        let (code, stderr) = code_and_stderr(arguments);
        assert_eq!(code, Some(2), "{arguments:?}\n{stderr}");
    }
}

#[test]
fn a_refused_configuration_is_code_3_and_says_where() {
    let path = std::env::temp_dir().join(format!("pontoon-{}-refused.toml", std::process::id()));
    std::fs::write(&path, "listen = \"127.0.0.1:0\"\nlimit = 5\n")
        .expect("the temporary directory can be written");
    let path_text = path.to_str().expect("it is UTF-8");
    let (code, stderr) = code_and_stderr(&["serve", "--config", path_text]);
    std::fs::remove_file(&path).expect("it was there");
    assert_eq!(code, Some(3), "{stderr}");
    assert!(
        stderr.starts_with(&format!("{path_text}:2:1: unknown key `limit`\n")),
        "{stderr}"
    );
    assert!(stderr.contains("did you mean `limits`?"), "{stderr}");

    let (code, stderr) = code_and_stderr(&["serve", "--config", "/no/such/file.toml"]);
    assert_eq!(code, Some(3), "{stderr}");
    assert_eq!(
        stderr,
        "/no/such/file.toml: cannot read the configuration: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_wildcard_address_without_permission_is_code_3() {
    let (code, stderr) = code_and_stderr(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("--allow-wildcard"), "{stderr}");
}
