//! The programs that the demo runs: where they are, or what to install.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::layout::Layout;
use super::trouble::{Result, Trouble};

/// The `wheelhouse` binary: the given one, or one that cargo builds now.
pub fn wheelhouse(layout: &Layout, given: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = given {
        return path.canonicalize().map_err(|error| Trouble::file("use", path, &error));
    }
    // What the tests build too: a newcomer waits for it once.
    build(&layout.repo, "dev")
}

/// Builds `wheelhouse` with a profile of the workspace; returns where it is.
pub fn build(repo: &Path, profile: &str) -> Result<PathBuf> {
    println!("Building wheelhouse (the first time takes some minutes) …");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(&cargo)
        .args([
            "build",
            "--locked",
            "--profile",
            profile,
            "-p",
            "wheelhouse-cli",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(repo)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Trouble::new(format!("cannot start cargo: {error}"), "install Rust, see README.md"))?;
    if !output.status.success() {
        return Err(Trouble::new("wheelhouse does not build", "see cargo's messages above"));
    }
    executable(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| Trouble::new("cargo built no program from wheelhouse-cli", "check crates/cli/Cargo.toml"))
}

/// A Python 3 that can import aiosmtpd: `$WHEELHOUSE_PYTHON`, `python3` or Debian's own.
pub fn python() -> Result<PathBuf> {
    let asked = std::env::var("WHEELHOUSE_PYTHON").ok();
    asked.as_deref().into_iter().chain(["python3", "/usr/bin/python3"]).find_map(python_with_aiosmtpd).ok_or_else(
        || {
            Trouble::new(
                "no Python 3 with aiosmtpd was found (the mail catcher needs it)",
                "run `make deps`, or set WHEELHOUSE_PYTHON to an interpreter that has it",
            )
        },
    )
}

/// Refuses where Prometheus is not installed.
pub fn check_prometheus() -> Result<()> {
    let found = Command::new("prometheus").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Trouble::new("prometheus is not installed", "run `make deps`")),
    }
}

fn python_with_aiosmtpd(candidate: &str) -> Option<PathBuf> {
    let output = Command::new(candidate)
        .args(["-c", "import aiosmtpd.smtp, sys; print(sys.executable)"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !path.trim().is_empty()).then(|| path.trim().into())
}

/// The last program among cargo's messages, one JSON object a line.
fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").and_then(Value::as_str) == Some("compiler-artifact"))
        .filter_map(|message| message.get("executable").and_then(Value::as_str).map(PathBuf::from))
        .next_back()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn the_program_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"core"},"executable":null}"#,
            "\n",
            "a line that is no message\n",
            r#"{"reason":"compiler-artifact","target":{"name":"wheelhouse"},"executable":"/t/demo/wheelhouse"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        assert_eq!(executable(messages), Some(PathBuf::from("/t/demo/wheelhouse")));
        assert_eq!(executable(""), None);
    }
}
