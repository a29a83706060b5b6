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
pub async fn in_force<T, E, F>(app: &App, attempt: impl FnMut(Arc<Published>) -> F) -> Result<T, E>
where
    E: MayBeStale,
    F: Future<Output = Result<T, E>>,
{
    again(|| app.published(), attempt).await
}

async fn again<S, T, E, F>(state: impl Fn() -> S, mut attempt: impl FnMut(S) -> F) -> Result<T, E>
where
    E: MayBeStale,
    F: Future<Output = Result<T, E>>,
{
    let mut left = MOST_JUDGEMENTS;
    loop {
        left -= 1;
        match attempt(state()).await {
            Err(failure) if failure.is_stale() && left > 0 => {}
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::cell::Cell;

    use super::*;

    /// What comes of an attempt that is stale as long as fewer than `good_from` states were looked at.
    async fn attempted(good_from: usize) -> (Result<usize, Fault>, usize) {
        let looks = Cell::new(0);
        let state = || {
            looks.set(looks.get() + 1);
            looks.get()
        };
        let attempt = async |seen| if seen < good_from { Err(Fault::Refused(Refusal::Stale)) } else { Ok(seen) };
        (again(state, attempt).await, looks.get())
    }

    #[tokio::test]
    async fn what_is_stale_is_judged_again_under_the_state_of_then_and_not_for_ever() {
        assert_eq!(attempted(1).await.0.unwrap(), 1);
        assert_eq!(attempted(4).await.0.unwrap(), 4);
        let (answer, looks) = attempted(usize::MAX).await;
        assert!(matches!(answer, Err(Fault::Refused(Refusal::Stale))), "{answer:?}");
        assert_eq!(looks, MOST_JUDGEMENTS);
    }

    #[tokio::test]
    async fn whatever_else_goes_wrong_is_not_attempted_again() {
        let attempts = Cell::new(0);
        let attempt = async |()| {
            attempts.set(attempts.get() + 1);
            Err::<(), Failure>(Refusal::NoCatalog.into())
        };
        assert!(again(|| (), attempt).await.is_err());
        assert_eq!(attempts.get(), 1);
        assert!(Failure::from(Refusal::Stale).is_stale() && !Failure::from(Refusal::NoCatalog).is_stale());
    }
}
