//! What becomes of children when the thread or the program that asked for them ends.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::{GRACE, LIMIT, spawn};
use pontoon_testkit::{eventually, is_running};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "multi_thread")]
async fn a_child_outlives_the_thread_that_asked_for_it() {
    let runtime = tokio::runtime::Handle::current();
    let asking = std::thread::spawn(move || runtime.block_on(spawn(&[])));
    let joined = tokio::task::spawn_blocking(|| asking.join());
    let mut process = joined.await.expect("no panic").expect("no panic");
    let mut stdin = process.take_stdin().expect("not taken yet");
    stdin
        .write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n")
        .await
        .expect("the child reads");
    let mut answer = [0; 8];
    let mut stdout = process.take_stdout().expect("not taken yet");
    let answered = tokio::time::timeout(LIMIT, stdout.read_exact(&mut answer)).await;
    answered.expect("the child lives").expect("and answers");
    drop(stdin);
    process.stop(&GRACE).await;
}

#[test]
fn a_child_dies_with_the_program_that_started_it() {
    let own = std::env::current_exe().expect("a test knows its own path");
    let mut program = Command::new(own)
        .args([
            "--exact",
            "parent_death::stand_in_for_the_program",
            "--ignored",
            "--nocapture",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test runs itself");
    let output = BufReader::new(program.stdout.take().expect("piped"));
    let mut lines = output.lines().map_while(Result::ok);
    let child = lines
        .find_map(|line| line.split_once("child ")?.1.parse().ok())
        .expect("it says its child's pid");
    assert!(is_running(child));
    program.kill().expect("ours");
    program.wait().expect("ours");
    assert!(eventually(LIMIT, || !is_running(child)), "the child is an orphan");
}

#[tokio::test]
#[ignore = "run by the test above, which kills it"]
async fn stand_in_for_the_program() {
    let process = spawn(&["--ignore-eof", "--ignore-term"]).await;
    println!("child {}", process.pid());
    std::future::pending::<()>().await;
}
