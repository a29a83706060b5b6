//! The commands about cases.

use clap::{ArgGroup, Args, Subcommand};
use wheelhouse_core::case::{CaseId, CaseKind, Relation, Role, Severity};

use super::files::{Given, Wanted};
use super::values::{self, Who};
use crate::moment::Moment;

/// Open, find, read and work on cases. Names such as INC-17 may be written in any letter case;
/// a text of `-` is read from standard input.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Report trouble: opens an incident, or joins the open one of the same service.
    Open(Open),
    /// List cases, newest first; those that are not resolved unless told otherwise.
    List(List),
    /// Show a case and its timeline.
    Show {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// Say why the hub decided as it did, and leave no line out.
        #[arg(long)]
        why: bool,
    },
    /// Take a case: nobody else is paged for it.
    #[command(visible_alias = "acknowledge")]
    Ack {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
    },
    /// Write a note on the timeline.
    Note {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// The note, or `-`.
        text: String,
    },
    /// Attach files, such as a screenshot or a log: at most 5 MiB each, 50 files and 100 MiB a case.
    Attach(Attach),
    /// List the files attached to a case.
    Attachments {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
    },
    /// Fetch files attached to a case; never over a file that is there.
    Download(Download),
    /// Say how bad a case is.
    Severity {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// How bad it is.
        #[arg(value_parser = values::severity())]
        severity: Severity,
    },
    /// Give a case to a person, to another team, or to nobody.
    Assign(Assign),
    /// Give a role in handling a case to a person, or lay it down.
    #[command(group(ArgGroup::new("holder").required(true)))]
    Role {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// The role.
        #[arg(value_parser = values::role())]
        role: Role,
        /// Who takes it.
        #[arg(group = "holder")]
        person: Option<String>,
        /// Lay the role down.
        #[arg(long, group = "holder")]
        nobody: bool,
    },
    /// Page somebody who can help.
    Page {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// A team, person or schedule; `team:NAME`, `person:NAME` or `schedule:NAME` where a name
        /// stands for several.
        who: Who,
    },
    /// Show who was told, when and by which path, and who was not and why.
    Told {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
    },
    /// Say that somebody affected was not told, also after the case is over: it counts as a miss, and
    /// where the catalog must say more an action with the lines to commit is opened.
    Missed(Missed),
    /// List actions: what must be done, such as lines that the catalog lacks.
    Actions(Actions),
    /// Tell those affected how it goes.
    Update {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// The update, or `-`.
        text: String,
    },
    /// Say that the harm has stopped.
    Mitigate {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// Since when: now where absent; `10m ago`, `14:05` or RFC 3339.
        #[arg(long, value_name = "INSTANT")]
        at: Option<Moment>,
    },
    /// Link a case to another case or to an address.
    Link(Link),
    /// Take a link away again; a symptom that loses the link to its cause is paged for by itself.
    Unlink {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// The other case, or an http(s) address.
        other: String,
    },
    /// Say that a case is over.
    Resolve {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// How it was solved, or `-`.
        text: Option<String>,
        /// Since when: now where absent; `10m ago`, `14:05` or RFC 3339.
        #[arg(long, value_name = "INSTANT")]
        at: Option<Moment>,
    },
    /// Say that a case was not over.
    Reopen {
        /// The case, such as INC-17.
        #[arg(value_parser = values::case_id)]
        id: CaseId,
        /// Why, or `-`.
        text: Option<String>,
    },
}

/// Report trouble.
#[derive(Debug, Args)]
pub struct Open {
    /// What it is about, in one line.
    pub title: String,
    /// More, if there is more to say, or `-`.
    #[arg(long)]
    pub text: Option<String>,
    /// The service, if known.
    #[arg(long)]
    pub service: Option<String>,
    /// How bad it is; rules and the service's tier say so where absent.
    #[arg(long, value_parser = values::severity())]
    pub severity: Option<Severity>,
    /// For exercise: touches nothing real.
    #[arg(long)]
    pub drill: bool,
}

/// List cases.
#[derive(Debug, Args)]
pub struct List {
    /// In these states only: open, acknowledged, mitigated, resolved; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = ["open", "acknowledged", "mitigated", "resolved"], conflicts_with = "all")]
    pub state: Vec<String>,
    /// Resolved ones as well.
    #[arg(long)]
    pub all: bool,
    /// Of these severities only; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = values::severity())]
    pub severity: Vec<Severity>,
    /// About this service only.
    #[arg(long)]
    pub service: Option<String>,
    /// Of this team only.
    #[arg(long)]
    pub team: Option<String>,
    /// Of these kinds only; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = values::case_kind())]
    pub kind: Vec<CaseKind>,
    /// Only those made for exercise.
    #[arg(long, conflicts_with = "real")]
    pub drill: bool,
    /// Only those not made for exercise.
    #[arg(long)]
    pub real: bool,
    /// With this text in their titles only.
    #[arg(long)]
    pub text: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// Attach files to a case.
#[derive(Debug, Args)]
pub struct Attach {
    /// The case, such as INC-17.
    #[arg(value_parser = values::case_id)]
    pub id: CaseId,
    /// The files.
    #[command(flatten)]
    pub given: Given,
}

/// Fetch files attached to a case.
#[derive(Debug, Args)]
pub struct Download {
    /// The case, such as INC-17.
    #[arg(value_parser = values::case_id)]
    pub id: CaseId,
    /// Which, and where they are to lie.
    #[command(flatten)]
    pub wanted: Wanted,
}

/// Give a case to somebody else.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("to").required(true)))]
pub struct Assign {
    /// The case, such as INC-17.
    #[arg(value_parser = values::case_id)]
    pub id: CaseId,
    /// A person or a team (which is paged); `person:NAME` or `team:NAME` where a name stands for both.
    #[arg(group = "to")]
    pub who: Option<Who>,
    /// The owner lays it down.
    #[arg(long, group = "to")]
    pub nobody: bool,
    /// With a team: the service that the case turned out to be about.
    #[arg(long, conflicts_with = "nobody")]
    pub service: Option<String>,
}

/// Say that somebody affected was not told.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whom").required(true)))]
pub struct Missed {
    /// The case, such as INC-17.
    #[arg(value_parser = values::case_id)]
    pub id: CaseId,
    /// The team that was affected and not told.
    #[arg(long, group = "whom")]
    pub team: Option<String>,
    /// The audience that should have been told.
    #[arg(long, group = "whom")]
    pub audience: Option<String>,
    /// The service through which they were affected.
    #[arg(long)]
    pub service: Option<String>,
    /// What there is to say about it, or `-`.
    #[arg(long)]
    pub note: Option<String>,
}

/// List actions.
#[derive(Debug, Args)]
pub struct Actions {
    /// Those that are done as well.
    #[arg(long)]
    pub all: bool,
    /// Of this team only.
    #[arg(long)]
    pub team: Option<String>,
}

/// Link a case to something.
#[derive(Debug, Args)]
pub struct Link {
    /// The case, such as INC-17.
    #[arg(value_parser = values::case_id)]
    pub id: CaseId,
    /// The other case, or an http(s) address.
    pub other: String,
    /// How the other one belongs to this one.
    #[arg(long = "as", default_value = "related", value_parser = values::relation())]
    pub relation: Relation,
}
