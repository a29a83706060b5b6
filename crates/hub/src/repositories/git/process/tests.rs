//! The real `git` against servers that are silent, protocols that run things, and settings of the machine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::TcpListener;
use std::time::Instant;

use super::*;

fn git(folder: &Path, protocol: &str) -> Git {
    Git { mirror: folder.to_owned(), protocol: protocol.to_owned(), environment: Vec::new(), signers: None }
}

const QUICK: Limits = Limits { patience: Duration::from_millis(700), most: 1 << 20 };
const PATIENT: Limits = Limits { patience: Duration::from_secs(30), most: 1 << 20 };

/// Whether any process has this text on its command line.
fn is_running(text: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.filter(|line| !line.is_empty()).any(|line| String::from_utf8_lossy(&line).replace('\0', " ").contains(text))
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_with_every_helper() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/silent.git", server.local_addr().unwrap().port());
    let folder = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let started = Instant::now();
    let error = git(folder.path(), "http").run(&["ls-remote", "--", &url, "HEAD"], None, QUICK).await.unwrap_err();
    assert!(matches!(error, GitError::TooSlow { .. }), "{error}");
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let took = started.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    for _ in 0..100 {
        if !is_running(&url) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("git-remote-http still runs");
}

#[tokio::test]
async fn only_the_one_protocol_is_spoken_and_nothing_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let witness = folder.path().join("witness");
    let evil = format!("ext::sh -c touch% {}", witness.display());
    let error = git(folder.path(), "https").run(&["ls-remote", "--", &evil], None, PATIENT).await.unwrap_err();
    assert!(error.to_string().contains("not allowed"), "{error}");
    assert!(!witness.exists());
    let error = git(folder.path(), "https").run(&["ls-remote", "--", "file:///tmp"], None, PATIENT).await.unwrap_err();
    assert!(error.to_string().contains("not allowed"), "{error}");
}

#[tokio::test]
async fn what_says_too_much_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let git = git(folder.path(), "file");
    git.run(&["init", "--quiet", "--bare", "--template="], None, PATIENT).await.unwrap();
    let limits = Limits { most: 10, ..PATIENT };
    let error = git.run(&["config", "--list"], None, limits).await.unwrap_err();
    assert!(matches!(error, GitError::TooMuch { .. }), "{error}");
}

#[tokio::test]
async fn input_and_output_do_not_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let git = git(folder.path(), "file");
    git.run(&["init", "--quiet", "--bare", "--template="], None, PATIENT).await.unwrap();
    // Each line is answered by another one; neither fits into a pipe as a whole.
    let input = "0000000000000000000000000000000000000001\n".repeat(20_000);
    let limits = Limits { most: 8 << 20, ..PATIENT };
    let output = git.run(&["cat-file", "--batch"], Some(input.into_bytes()), limits).await.unwrap();
    assert_eq!(String::from_utf8(output).unwrap().lines().filter(|line| line.ends_with(" missing")).count(), 20_000);
}

#[tokio::test]
async fn no_setting_of_the_machine_or_of_the_copy_counts() {
    let folder = tempfile::tempdir().unwrap();
    let git = git(folder.path(), "file");
    git.run(&["init", "--quiet", "--bare", "--template="], None, PATIENT).await.unwrap();
    std::fs::write(folder.path().join(".gitconfig"), "[user]\n\tname = Eve\n").unwrap();
    git.run(&["config", "core.hooksPath", "/tmp/hooks"], None, PATIENT).await.unwrap();
    let list = git.run(&["config", "--get", "core.hooksPath"], None, PATIENT).await.unwrap();
    assert_eq!(String::from_utf8(list).unwrap(), "/dev/null\n");
    let user = git.run(&["config", "--get", "user.name"], None, PATIENT).await;
    assert!(matches!(user, Err(GitError::Failed { code: Some(1), .. })), "{user:?}");
}
