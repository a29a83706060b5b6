//! What a step came to, by what its guard saw.

use crate::guard::{Ended, Stop};
use crate::outcome::{End, Exit, Proof};
use crate::outputs;
use crate::runner::Done;
use crate::step::{Action, Leftovers, Step};

use super::unknown;

/// Judges by what the guard, or its keeper, reported.
pub(crate) fn ended(ended: Ended, told: Option<Stop>, started_at_us: Option<i64>, step: &Step) -> Done {
    let left_on_purpose = matches!(&step.action, Action::Process(process) if process.leftovers == Leftovers::Leave)
        && ended.stop.is_none();
    let end = if !ended.proof.empty && !left_on_purpose {
        still_there(&ended.proof)
    } else {
        match ended.stop {
            // Nothing of its own ran before it was asked to end.
            Some(Stop::Cancelled) => End::Cancelled,
            Some(Stop::TimedOut | Stop::HardLimit) if started_at_us.is_none() => End::NotStarted {
                why: "the runner is too busy: the step's own code did not begin to run in time".to_owned(),
            },
            Some(Stop::TimedOut | Stop::HardLimit) => End::TimedOut,
            Some(Stop::TooManyProcesses) => {
                End::Failed { why: "it became more processes than it may; all of them were ended".to_owned() }
            }
            Some(Stop::GuardGone) => {
                unknown("the step's guard was killed, so nobody saw how the step ended; all of it was ended then")
            }
            Some(Stop::KeeperGone) => unknown("the step's keeper was killed, so the step was ended"),
            Some(Stop::Told) => unknown("somebody told the step's guard to end, so the step was ended"),
            // It is heard only if the runner comes back to life after it seemed gone.
            Some(Stop::RunnerGone) => unknown("the runner seemed gone, so the step was ended"),
            None => by_exit(ended.exit, ended.out_of_memory),
        }
    };
    let end = if told == Some(Stop::Cancelled) && matches!(end, End::NotStarted { .. }) { End::Cancelled } else { end };
    Done {
        end,
        exit: ended.exit,
        started_at_us,
        outputs: ended.outputs.and_then(|text| outputs::parse(&text)),
        proof: Some(ended.proof),
        confined: None,
        usage: ended.usage,
    }
}

/// Judges where keeper and guard were both killed, after the runner has ended what bears the step's mark.
pub(crate) fn nothing_said(proof: Proof, told: Option<Stop>, started_at_us: Option<i64>) -> Done {
    let end = match (started_at_us, told) {
        (None, Some(Stop::Cancelled)) if proof.empty => End::Cancelled,
        _ => unknown(format!(
            "the step's guard and keeper were both killed, so nobody saw how the step ended; {} processes that bore its mark were ended",
            proof.killed
        )),
    };
    Done { started_at_us, proof: Some(proof), ..Done::of(end) }
}

fn by_exit(exit: Option<Exit>, out_of_memory: bool) -> End {
    match exit {
        Some(Exit::Code(0)) => End::Succeeded,
        _ if out_of_memory => {
            End::Failed { why: "it used more memory than it may, and the kernel ended it".to_owned() }
        }
        Some(Exit::Code(code)) => End::Failed { why: format!("it ended with code {code}") },
        Some(Exit::Signal(signal)) => End::Failed { why: format!("it was ended by signal {signal}{}", known(signal)) },
        None => unknown("nobody saw how the step ended"),
    }
}

fn known(signal: i32) -> &'static str {
    match signal {
        2 => " (SIGINT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL): somebody killed it, or the machine was out of memory",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        24 => " (SIGXCPU)",
        25 => " (SIGXFSZ): it wrote a larger file than it may",
        _ => "",
    }
}

fn still_there(proof: &Proof) -> End {
    let named: Vec<String> =
        proof.remaining.iter().map(|process| format!("{} ({})", process.pid, process.name)).collect();
    let named = if named.is_empty() { "unnamed ones in its cgroup".to_owned() } else { named.join(", ") };
    unknown(format!(
        "processes of the step cannot be ended: {named}\n  = help: look whether they wait for a device, or run as somebody whom the runner may not end"
    ))
}
