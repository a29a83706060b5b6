//! Holding a process to its folders, by Landlock.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus,
};

use crate::outcome::Confined;
use crate::step::Confinement;

/// What programs need in order to start at all.
const READ: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/opt"];
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/fd"];
/// The newest rules that this code knows to ask for; older kernels hold what they can.
const NEWEST: ABI = ABI::V5;

/// Holds the calling process, and all that it will start, to these folders.
pub(crate) fn confine(confinement: &Confinement, private: &Path) -> Result<Confined, String> {
    let confined = try_confine(confinement, private)?;
    match &confined {
        Confined::Not { why } if confinement.required => Err(format!(
            "the step may only run held to its folders, and the kernel cannot do that: {why}\n  = help: run it where \
             Landlock is enabled (Linux 5.13 or newer), or do not require it"
        )),
        Confined::Partly if confinement.required => Err("the step may only run held to its folders, and this kernel \
             holds some kinds of access only\n  = help: run it on a newer kernel, or do not require it"
            .to_owned()),
        _ => Ok(confined),
    }
}

fn try_confine(confinement: &Confinement, private: &Path) -> Result<Confined, String> {
    let failed = |error: landlock::RulesetError| format!("it cannot be held to its folders: {error}");
    let (all, read) = (AccessFs::from_all(NEWEST), AccessFs::from_read(NEWEST));
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)
        .and_then(Ruleset::create)
        .map_err(failed)?;
    for path in READ {
        rules = may(rules, Path::new(path), read, true)?;
    }
    for path in DEVICES {
        rules = may(rules, Path::new(path), all, true)?;
    }
    for path in &confinement.read {
        rules = may(rules, path, read, false)?;
    }
    for path in &confinement.write {
        rules = may(rules, path, all, false)?;
    }
    rules = may(rules, private, all, false)?;
    let status = rules.restrict_self().map_err(failed)?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::FullyEnforced, _) => Confined::Fully,
        (RulesetStatus::PartiallyEnforced, _) => Confined::Partly,
        (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => {
            Confined::Not { why: "Landlock is switched off at boot".to_owned() }
        }
        (RulesetStatus::NotEnforced, _) => Confined::Not { why: "the kernel has no Landlock".to_owned() },
    })
}

/// Allows access below a path. One of the usual ones may be missing; one that the step names may not.
fn may(
    rules: RulesetCreated,
    path: &Path,
    access: landlock::BitFlags<AccessFs>,
    usual: bool,
) -> Result<RulesetCreated, String> {
    let opened = match PathFd::new(path) {
        Ok(opened) => opened,
        Err(_missing) if usual => return Ok(rules),
        Err(error) => {
            return Err(format!("the folder {} of its confinement cannot be opened: {error}", path.display()));
        }
    };
    // What is no folder has fewer kinds of access; asking for the others would be an error.
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(NEWEST) };
    let rule = PathBeneath::new(opened, access);
    rules.add_rule(rule).map_err(|error| format!("it cannot be held to {}: {error}", path.display()))
}
