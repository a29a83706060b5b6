//! Work that waits for the network, under a step's deadline and its switch.

use std::future::Future;

use tokio::net::unix::pipe::Receiver;

use crate::outcome::End;
use crate::runner::Execution;

/// Waits for `work`, at most until the deadline, at most until the step is cancelled. Work that is given up is
/// dropped, which closes its connection.
pub(crate) fn drive<T>(execution: &Execution<'_>, work: impl Future<Output = T>) -> Result<T, End> {
    let failed = |error: std::io::Error| End::NotStarted {
        why: format!("the runner cannot wait for the network: {error}\n  = help: look at its limit of open files"),
    };
    let left = execution.deadline().saturating_sub(execution.elapsed());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let end = runtime.block_on(async {
        let switch = execution.cancel.duplicate().and_then(Receiver::from_owned_fd).map_err(failed)?;
        tokio::select! {
            biased;
            _thrown = switch.readable() => Err(End::Cancelled),
            done = work => Ok(done),
            () = tokio::time::sleep(left) => Err(End::TimedOut),
        }
    });
    // Name look-ups cannot be given up; nobody waits for one that hangs.
    runtime.shutdown_background();
    end
}

/// Says an error with its causes, each once.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = error.source();
    }
    said
}
