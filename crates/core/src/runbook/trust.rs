//! Which versions of a runbook may run: who may change it, what is doubted about a version, and where it stands.
//!
//! A version is trusted where everybody who changed it since the last trusted one might do so, *by the words of that
//! trusted version*: a change cannot hand out the right to make it. What is not trusted is quarantined: everybody
//! sees it and nobody can run it, until somebody approves it who may and who had no part in what is doubted.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::holders::{holders, keepers, owners};
use super::id::RunbookHash;
use super::model::Runbook;
use super::name::RunbookName;
use crate::catalog::{Catalog, SignatureStatus, short_revision};
use crate::name::{PersonName, RepositoryName, RoleName};
use crate::record::{Actor, Entry, Fact};
use crate::time::Timestamp;

/// Who may change a runbook and approve changes of others, as its last trusted version says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandate {
    /// That version; absent where there was none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<RunbookHash>,
    /// Who may change it: its `roles.edit`, else the teams that keep it.
    pub edit: Vec<RoleName>,
    /// Who may approve a change: its `roles.approve`, else whoever may change it.
    pub approve: Vec<RoleName>,
    /// Whether the version itself says who may change it.
    pub said: bool,
}

/// What is doubted about a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Doubt {
    /// What.
    pub what: Doubted,
    /// Who changed it, as far as the catalog knows them: they cannot approve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
    /// The commit; absent where no single one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// What can be doubted about a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubted {
    /// Whoever changed it may not.
    NotEditor,
    /// The catalog has nobody with the mail address of whoever changed it.
    UnknownAuthor,
    /// It changed in a folder, which tells nobody who did it, and it says who may.
    NoAuthor,
    /// The history does not lead from the version in force to this one.
    UnknownHistory,
    /// Signatures are wanted, and this is how it is signed.
    Signature(SignatureStatus),
    /// It is well signed, by a key whose mail address nobody in the catalog has.
    UnknownSigner,
}

/// Why a version is trusted without anybody's approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Everybody who changed it might.
    Editors,
    /// It changed in a folder, and nobody said who may change it: whoever may write there is trusted.
    Unattributed,
    /// It is the last trusted version again.
    Restored,
}

/// What the hub holds of a version of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "judged")]
pub enum Judgement {
    /// It may run.
    Trusted {
        /// Why.
        how: Trust,
        /// Who changed it, in order of name; the body has an `author` where a commit names one.
        by: Vec<PersonName>,
    },
    /// It is shown and may not run; the body has an `author` where a commit names one.
    Quarantined {
        /// What is doubted; at least one thing.
        doubts: Vec<Doubt>,
        /// By whose word.
        mandate: Mandate,
    },
    /// Somebody who may has approved it; the body has a `text` where there is one.
    Approved {
        /// What was doubted.
        doubts: Vec<Doubt>,
    },
    /// The runbook left the catalog.
    Gone {
        /// Who might change it, should it come back.
        mandate: Mandate,
    },
}

/// Where the newest version of a runbook stands. A runbook that never changed since its repository was first read
/// has none, and may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The runbook.
    pub runbook: RunbookName,
    /// The version.
    pub version: RunbookHash,
    /// Since when.
    pub at: Timestamp,
    /// Who judged it: the hub, or whoever approved it.
    pub by: Actor,
    /// What the judgement is.
    pub judgement: Judgement,
    /// Who changed it, in the commit's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What whoever approved it had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A version that may not run, with what somebody needs to know to change that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The runbook.
    pub runbook: RunbookName,
    /// The version.
    pub version: RunbookHash,
    /// What is doubted.
    pub doubts: Vec<Doubt>,
    /// Whoever holds one of these can approve it.
    pub approvers: Vec<RoleName>,
}

impl Mandate {
    /// What a trusted version of a runbook says, in its catalog.
    pub fn of(catalog: &Catalog, runbook: &Runbook) -> Self {
        let roles = &runbook.front.roles;
        let said = !roles.edit.is_empty();
        let edit = if said { roles.edit.clone() } else { as_roles(catalog, owners(catalog, runbook)) };
        let approve = if roles.approve.is_empty() { edit.clone() } else { roles.approve.clone() };
        Self { version: Some(runbook.hash.clone()), edit, approve, said }
    }

    /// What holds for a runbook that was not there before: the teams keep it whose repository it is in.
    pub fn of_new(catalog: &Catalog, repository: &RepositoryName) -> Self {
        let edit = as_roles(catalog, keepers(catalog, repository));
        Self { version: None, approve: edit.clone(), edit, said: false }
    }

    /// Whether a person may change the runbook.
    pub fn lets_edit(&self, catalog: &Catalog, person: &PersonName, at: Timestamp) -> bool {
        self.edit.iter().any(|role| holders(catalog, role, at).contains(person))
    }

    /// The roles whose holders can approve a version about which this is doubted. Where nobody holds them who had no
    /// part in it, that is the organisation's default team.
    pub fn approvers(&self, catalog: &Catalog, doubts: &[Doubt], at: Timestamp) -> Vec<RoleName> {
        let others = |role: &RoleName| holders(catalog, role, at).iter().any(|person| !had_part(doubts, person));
        if self.approve.iter().any(others) { self.approve.clone() } else { default_team(catalog) }
    }
}

/// Whether a person had a part in what is doubted.
pub fn had_part(doubts: &[Doubt], person: &PersonName) -> bool {
    doubts.iter().any(|doubt| doubt.person.as_ref() == Some(person))
}

/// The person with a mail address: one of the catalog's whose contacts have it, in whatever letters.
pub fn person_of_mail<'c>(catalog: &'c Catalog, mail: &str) -> Option<&'c PersonName> {
    let has = |contact: &crate::catalog::Contact| match contact {
        crate::catalog::Contact::Email(address) => address.eq_ignore_ascii_case(mail),
        _ => false,
    };
    catalog.people.values().find(|person| person.contacts.iter().any(has)).map(|person| &person.name)
}

/// The same doubts, each person's and kind's once, those given first before others.
pub fn merged(doubts: impl IntoIterator<Item = Doubt>) -> Vec<Doubt> {
    let (mut known, mut merged) = (BTreeSet::new(), Vec::new());
    for doubt in doubts {
        if known.insert((doubt.what, doubt.person.clone())) {
            merged.push(doubt);
        }
    }
    merged
}

impl Standing {
    /// Where an entry says that a version stands; nothing where it says no such thing.
    pub fn of(entry: &Entry) -> Option<Self> {
        let Fact::RunbookVersion(part) = &entry.fact else { return None };
        let text = |field: &str| entry.body.as_ref().and_then(|body| body.get(field)).cloned();
        Some(Self {
            runbook: part.runbook.clone(),
            version: part.version.clone(),
            at: entry.at,
            by: entry.actor.clone(),
            judgement: part.judgement.clone(),
            author: text("author"),
            text: text("text"),
        })
    }

    /// What is doubted about a version, and by whose word, while it may not run.
    pub fn quarantine(&self) -> Option<(&[Doubt], &Mandate)> {
        match &self.judgement {
            Judgement::Quarantined { doubts, mandate } => Some((doubts, mandate)),
            Judgement::Trusted { .. } | Judgement::Approved { .. } | Judgement::Gone { .. } => None,
        }
    }
}

/// Teams as roles: whoever is a member holds it. The default team stands in where there are none.
fn as_roles(catalog: &Catalog, teams: Vec<crate::name::TeamName>) -> Vec<RoleName> {
    let roles: Vec<RoleName> = teams.iter().filter_map(|team| RoleName::new(team.as_str()).ok()).collect();
    if roles.is_empty() { default_team(catalog) } else { roles }
}

fn default_team(catalog: &Catalog) -> Vec<RoleName> {
    RoleName::new(catalog.organization.default_team.as_str()).into_iter().collect()
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = self.commit.as_deref().map(short_revision);
        let it = Commit(commit);
        match (self.what, &self.person) {
            (Doubted::NotEditor, Some(person)) => write!(f, "{it} is by {person}, who may not change it"),
            (Doubted::NotEditor, None) => write!(f, "{it} is by somebody who may not change it"),
            (Doubted::UnknownAuthor, _) => {
                write!(f, "{it} is by somebody whose mail address nobody in the catalog has")
            }
            (Doubted::NoAuthor, _) => f.write_str("it changed in a folder, which does not tell who did it"),
            (Doubted::UnknownHistory, _) => {
                f.write_str("the history does not tell who changed it since the version before")
            }
            (Doubted::UnknownSigner, _) => {
                write!(f, "{it} is signed by somebody whose mail address nobody in the catalog has")
            }
            (Doubted::Signature(status), _) => match status {
                SignatureStatus::Good => write!(f, "{it} is well signed"),
                SignatureStatus::Unsigned => write!(f, "{it} is not signed"),
                SignatureStatus::Bad => write!(f, "{it} has a signature that is not its own"),
                SignatureStatus::Untrusted => write!(f, "{it} is signed with a key that the hub does not trust"),
                SignatureStatus::Expired => write!(f, "{it} is signed with a key that has expired"),
                SignatureStatus::Revoked => write!(f, "{it} is signed with a key that was revoked"),
                SignatureStatus::Unchecked => write!(f, "{it} has a signature that could not be checked"),
            },
        }
    }
}

/// A commit in a sentence; `it` where there is none to name.
struct Commit<'a>(Option<&'a str>);

impl fmt::Display for Commit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(commit) => write!(f, "commit {commit}"),
            None => f.write_str("it"),
        }
    }
}

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} of {} is quarantined and cannot be run: ", self.version.short(), self.runbook)?;
        for (index, doubt) in self.doubts.iter().enumerate() {
            write!(f, "{}{doubt}", if index > 0 { "; " } else { "" })?;
        }
        f.write_str("; whoever holds ")?;
        for (index, role) in self.approvers.iter().enumerate() {
            write!(f, "{}`{role}`", if index > 0 { " or " } else { "" })?;
        }
        write!(f, " and had no part in it can approve it: `wheelhouse runbook approve {}`", self.runbook)
    }
}
