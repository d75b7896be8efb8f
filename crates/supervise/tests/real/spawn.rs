//! What a child is given and why it may not start.

use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};

use crate::common::{GRACE, LIMIT, child, outer, spawn, try_spawn, until};
use pontoon_supervise::{CommandSpec, Process, SpawnError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Asks a child with `--dump-env` for its surroundings.
async fn surroundings(mut process: Process) -> serde_json::Value {
    let mut stdin = process.take_stdin().expect("not taken yet");
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}"#;
    stdin
        .write_all(&[&call[..], b"\n"].concat())
        .await
        .expect("the child reads");
    drop(stdin);
    let mut answer = String::new();
    let mut stdout = process.take_stdout().expect("not taken yet");
    let read = tokio::time::timeout(LIMIT, stdout.read_to_string(&mut answer)).await;
    read.expect("the child answers").expect("and ends");
    process.stop(&GRACE).await;
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    serde_json::from_str(text).expect("JSON in a text")
}

#[tokio::test]
async fn a_child_sees_only_allowed_variables_and_its_own() {
    let spec = child(&["--dump-env"])
        .env("API_KEY", "for this child")
        .cwd("/tmp");
    let seen = surroundings(try_spawn(&spec).await.expect("it starts")).await;
    let names: Vec<_> = seen["env"]
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["API_KEY", "HOME", "PATH", "PONTOON_CHILD"]);
    assert_eq!(seen["cwd"], "/tmp");
}

#[tokio::test]
async fn a_child_inherits_no_descriptor_beyond_the_three_streams() {
    // One that does not close on exec, as a careless parent of ours or a C library may leave open.
    // SAFETY: dup makes a new descriptor that nobody else owns.
    let leaky = unsafe { OwnedFd::from_raw_fd(libc::dup(0)) };
    let seen = surroundings(spawn(&["--dump-env"]).await).await;
    drop(leaky);
    let fds = seen["fds"].as_object().expect("an object");
    assert_eq!(fds.keys().collect::<Vec<_>>(), ["0", "1", "2"], "{fds:?}");
    assert!(
        fds.values()
            .all(|target| target.as_str().is_some_and(|t| t.starts_with("pipe:"))),
        "{fds:?}"
    );
}

#[tokio::test]
async fn a_child_leads_its_own_session_and_group() {
    let seen = surroundings(spawn(&["--dump-env"]).await).await;
    assert_eq!(seen["pid"], seen["sid"]);
    assert_eq!(seen["pid"], seen["pgid"]);
}

#[tokio::test]
async fn every_reason_not_to_start_has_its_own_error() {
    let failure = async |spec: CommandSpec| try_spawn(&spec).await.expect_err("it cannot start");
    let missing = failure(CommandSpec::new("no-such-program-anywhere")).await;
    assert!(matches!(missing, SpawnError::NotFound { .. }), "{missing}");
    assert!(missing.to_string().contains("install it"), "{missing}");
    let no_file = failure(CommandSpec::new("/no/such/file")).await;
    assert!(matches!(no_file, SpawnError::NoSuchFile { .. }), "{no_file}");
    let no_right = failure(CommandSpec::new("/etc/passwd")).await;
    assert!(matches!(no_right, SpawnError::NotExecutable { .. }), "{no_right}");
    let directory = failure(child(&[]).cwd("/no/such/directory")).await;
    assert!(matches!(directory, SpawnError::Directory { .. }), "{directory}");
    let file_as_directory = failure(child(&[]).cwd("/etc/passwd")).await;
    assert!(
        matches!(file_as_directory, SpawnError::Directory { .. }),
        "{file_as_directory}"
    );
    let nul = failure(child(&["a\0b"])).await;
    assert!(matches!(nul, SpawnError::NulByte { .. }), "{nul}");
    let long = failure(child(&[&"x".repeat(4 << 20)])).await;
    assert!(matches!(long, SpawnError::TooLong { .. }), "{long}");
}

#[tokio::test]
async fn a_script_without_its_interpreter_is_told_from_a_missing_program() {
    let path = std::env::temp_dir().join(format!("pontoon-script-{}", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a temporary file");
    file.write_all(b"#!/no/such/interpreter\n").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    file.set_permissions(mode).expect("ours");
    drop(file);
    let error = try_spawn(&CommandSpec::new(&path))
        .await
        .expect_err("it cannot start");
    std::fs::remove_file(&path).expect("ours");
    assert!(matches!(error, SpawnError::NoInterpreter { .. }), "{error}");
}

#[tokio::test]
async fn a_spawn_nobody_waits_for_leaves_nothing_behind() {
    let marker = format!("--abandoned-{}", std::process::id());
    let spec = CommandSpec::new("sh").args(["-c", "exec sleep 3600", &marker]);
    let outer = outer();
    let spawning = Process::spawn(
        &spec,
        &outer,
        "test".into(),
        pontoon_supervise::ChildToken::new(1),
    );
    tokio::select! {
        biased;
        _ = spawning => panic!("forking takes longer than a poll"),
        () = std::future::ready(()) => {}
    }
    // A second child is started after the first on the same thread, so the first was started by now.
    spawn(&[]).await.stop(&GRACE).await;
    until("the abandoned child's end", move || {
        !command_lines().any(|line| line.contains(&marker))
    })
    .await;
}

fn command_lines() -> impl Iterator<Item = String> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    processes.filter_map(|process| {
        let mut line = String::new();
        std::fs::File::open(process.path().join("cmdline"))
            .ok()?
            .read_to_string(&mut line)
            .ok()?;
        Some(line)
    })
}

#[tokio::test]
async fn standard_error_is_kept_in_part_and_never_blocks_the_child() {
    let mut process = spawn(&["--stderr-flood"]).await;
    let mut stdin = process.take_stdin().expect("not taken yet");
    stdin
        .write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n")
        .await
        .expect("the child reads");
    let mut stdout = process.take_stdout().expect("not taken yet");
    let mut answer = [0; 8];
    let answered = tokio::time::timeout(LIMIT, stdout.read_exact(&mut answer)).await;
    answered
        .expect("the flood does not block the child")
        .expect("it answers");
    drop(stdin);
    process.stop(&GRACE).await;
    assert!(process.stderr_tail().text().len() <= 8 * 1024 + 50);
}

#[tokio::test]
async fn the_last_words_of_a_child_that_exits_at_once_are_kept_without_its_secrets() {
    let spec = child(&["--stderr", "my key is hunter2-hunter2", "--exit-on-start", "3"]);
    let spec = spec.env("API_KEY", "hunter2-hunter2");
    let mut process = try_spawn(&spec).await.expect("it starts");
    let status = tokio::time::timeout(LIMIT, process.wait())
        .await
        .expect("it exits");
    assert_eq!(status.and_then(|status| status.code()), Some(3));
    let text = process.stderr_tail().text();
    assert!(text.contains("cannot start"), "{text}");
    assert!(
        text.contains("my key is [API_KEY]") && !text.contains("hunter2"),
        "{text}"
    );
    process.stop(&GRACE).await;
}
