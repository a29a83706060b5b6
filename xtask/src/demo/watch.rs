//! The interactive demo: says what ends, brings back what is asked for, ends on Ctrl-C.

use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

use super::announce;
use super::fix;
use super::script::{Role, Script};
use super::stage::Stage;
use super::trouble::Result;

/// Watches over the parts until somebody interrupts; then ends them all.
pub fn until_interrupted(mut stage: Stage) -> Result<()> {
    for name in fix::requests(&stage.layout) {
        fix::done(&stage.layout, name);
    }
    while !stage.interrupt.arrived() {
        for (script, status, last_lines) in stage.ended() {
            println!("{}", farewell(&script, status, &last_lines));
        }
        for name in fix::requests(&stage.layout) {
            let outcome = stage.fix(name);
            fix::done(&stage.layout, name);
            match outcome {
                Ok(()) => println!("{name} is up."),
                Err(trouble) => eprintln!("{trouble}"),
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
    println!("\nEnding …");
    drop(stage);
    println!("Everything has ended. `make run` continues where this stopped; `make clean-run` forgets it.");
    Ok(())
}

/// What is said about a part that ended: a service is there to be broken, the rest is not.
fn farewell(script: &Script, status: ExitStatus, last_lines: &str) -> String {
    let (name, command) = (script.name, announce::fix_command(script.name));
    match script.role {
        Role::Service => format!("{name} is down (you broke it?). Bring it back: {command}"),
        Role::Hub | Role::Stagehand => {
            format!(
                "{name} ended ({status}), and nobody asked the demo for it. Its last lines:\n{last_lines}\nBring it back: {command}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_broken_service_is_expected_and_a_dead_hub_is_not() {
        let mut script =
            Script { name: "ledger", program: "x".into(), args: vec![], ready: (0, "/"), role: Role::Service };
        let killed = ExitStatus::from_raw(9);
        assert_eq!(
            farewell(&script, killed, ""),
            "ledger is down (you broke it?). Bring it back: make fix SERVICE=ledger"
        );
        (script.name, script.role) = ("hub", Role::Hub);
        let text = farewell(&script, killed, "  | out of memory");
        assert!(text.contains("signal: 9") && text.contains("  | out of memory"), "{text}");
    }
}
