//! Calls that clippy cannot ban, or not everywhere.

use super::finding::Finding;
use super::source::Source;

/// A row of tokens that has no place here.
struct Ban {
    tokens: &'static [&'static str],
    /// Whether tests must do without it too.
    tests: bool,
    /// Below these folders it may stand.
    except: &'static [&'static str],
    help: &'static str,
}

const TALKERS: &[&str] = &["crates/cli/", "crates/sim/", "xtask/"];
const FINISH: &str = "finish it, or leave it out and say so in CHANGELOG.md";
const SPEAK: &str = "use `tracing`: only the command line, the simulator and xtask speak to a terminal";
const HANDLE: &str = "return the error, or say why it cannot happen: `expect(\"reason\")`";

const BANS: &[Ban] = &[
    Ban { tokens: &["todo", "!"], tests: true, except: &[], help: FINISH },
    Ban { tokens: &["unimplemented", "!"], tests: true, except: &[], help: FINISH },
    Ban { tokens: &["dbg", "!"], tests: true, except: &[], help: "remove it" },
    Ban { tokens: &["#", "[", "ignore"], tests: true, except: &[], help: "a test that is not run tests nothing" },
    Ban { tokens: &[".", "unwrap", "("], tests: false, except: &[], help: HANDLE },
    Ban { tokens: &[".", "unwrap_err", "("], tests: false, except: &[], help: HANDLE },
    Ban { tokens: &["println", "!"], tests: false, except: TALKERS, help: SPEAK },
    Ban { tokens: &["print", "!"], tests: false, except: TALKERS, help: SPEAK },
    Ban { tokens: &["eprintln", "!"], tests: false, except: TALKERS, help: SPEAK },
    Ban { tokens: &["eprint", "!"], tests: false, except: TALKERS, help: SPEAK },
];

/// Finds banned calls in one file; `test` says that only tests compile all of it.
pub fn banned(file: &str, source: &Source, test: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ban in BANS.iter().filter(|ban| !ban.except.iter().any(|folder| file.starts_with(folder))) {
        for token in source.find(ban.tokens).filter(|token| ban.tests || !(test || token.test)) {
            let what = format!("`{}` is banned here", ban.tokens.concat());
            findings.push(Finding::new(file, token.line, what, ban.help));
        }
    }
    findings
}
