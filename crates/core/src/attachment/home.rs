//! Where files hang.

use core::fmt;

use crate::case::CaseId;
use crate::run::RunId;

/// What a file hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// A case.
    Case(CaseId),
    /// A step of a run that is for no case; the files of all its steps are counted together.
    Run(RunId),
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(case) => case.fmt(f),
            Self::Run(run) => run.fmt(f),
        }
    }
}
