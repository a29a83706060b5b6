//! A runbook as its file alone says it, each name with its place.

use alloc::string::String;
use alloc::vec::Vec;

use super::RunbookName;
use super::model::Runbook;
use crate::catalog::{At, Place};
use crate::name::{RoleName, ServiceName, TeamName};

/// A runbook before it was held against the rest of the catalog.
#[derive(Clone, Debug)]
pub struct RunbookDraft {
    /// What the file says; without findings.
    pub runbook: Runbook,
    /// Where its name is said: the `id`, else the first line.
    pub place: Place,
    /// The owners that its front matter names.
    pub owners: Vec<At<TeamName>>,
    /// The services that its front matter names.
    pub services: Vec<At<ServiceName>>,
    /// Every role that front matter or steps name.
    pub roles: Vec<At<RoleName>>,
    /// What the runner of a step must reach, for each step that says so.
    pub reaches: Vec<At<Vec<String>>>,
    /// Links to files of the catalog, as paths of the whole catalog.
    pub links: Vec<At<String>>,
    /// The runbooks that its steps run.
    pub runs: Vec<At<RunbookName>>,
    /// Whether parts of it could not be understood; a catalog with such a runbook is refused.
    pub partial: bool,
}
