//! With the program as the parent of orphans. A test program of its own: the setting is for the whole process.

#[expect(dead_code, reason = "a part of it is enough here")]
#[path = "../real/common.rs"]
mod common;

use common::{GRACE, offspring, spawn, until};
use pontoon_testkit::{is_running, is_zombie};

#[tokio::test]
async fn orphans_are_adopted_and_their_zombies_reaped() {
    pontoon_supervise::become_subreaper().expect("any current kernel can");

    let mut process = spawn(&["--double-fork"]).await;
    let daemon = offspring(&process).await;
    let own = std::process::id();
    until("adoption", move || parent(daemon) == Some(own)).await;
    assert_eq!(process.stop(&GRACE).await.left, 0);
    assert!(
        !is_running(daemon) && !is_zombie(daemon),
        "an adopted process was killed but not reaped"
    );

    // One that ends by itself is reaped while its leader lives on.
    let mut process = spawn(&["--double-fork", "--orphan-exits"]).await;
    let orphan = offspring(&process).await;
    until("the orphan's end", move || !is_running(orphan)).await;
    until("its burial", move || !is_zombie(orphan)).await;
    assert_eq!(process.stop(&GRACE).await.left, 0);
}

fn parent(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}
