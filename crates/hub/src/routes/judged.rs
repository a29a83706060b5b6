//! What is asked for is judged under the state in force, and judged again where that moved before it was decided.

use std::sync::Arc;

use wheelhouse_core::kernel::Refusal;

use super::App;
use super::auth::Caller;
use super::respond::Failure;
use crate::writer::{Fault, Published};

/// How often something is judged, because the catalog or its case changed under way.
const MOST_JUDGEMENTS: usize = 5;

/// A failure that may only say that something moved in between.
pub trait MayBeStale {
    /// Whether it says so.
    fn is_stale(&self) -> bool;
}

impl MayBeStale for Failure {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == Refusal::Stale.code())
    }
}

impl MayBeStale for Fault {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Refused(Refusal::Stale))
    }
}

/// Attempts what the caller asks for, under the state in force; again where that moved in between.
pub async fn judged<T, E, F>(app: &App, caller: &Caller, mut attempt: impl FnMut(Caller) -> F) -> Result<T, E>
where
    E: MayBeStale,
    F: Future<Output = Result<T, E>>,
{
    in_force(app, |published| attempt(Caller { token: caller.token.clone(), published })).await
}

/// The same for what is not asked for by a token: signals that are routed, the button of a signed link.
pub async fn in_force<T, E, F>(app: &App, mut attempt: impl FnMut(Arc<Published>) -> F) -> Result<T, E>
where
    E: MayBeStale,
    F: Future<Output = Result<T, E>>,
{
    let mut left = MOST_JUDGEMENTS;
    loop {
        left -= 1;
        match attempt(app.published()).await {
            Err(failure) if failure.is_stale() && left > 0 => {}
            answer => return answer,
        }
    }
}
