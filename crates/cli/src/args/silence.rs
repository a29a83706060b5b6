//! `silence` and `change`.

use std::str::FromStr;

use clap::{Args, Subcommand};
use wheelhouse_core::change::ChangeKind;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_wire::api::MatcherView;

use super::values;
use crate::moment::{Length, Moment};

/// Hold back what is known and shall page nobody for a while.
#[derive(Debug, Subcommand)]
pub enum SilenceCommand {
    /// Silence signals: they open no case until it ends, and page then if they still fire.
    Add(SilenceAdd),
    /// Show what a silence would cover now, and make none.
    Preview(SilencePreview),
    /// List silences.
    List {
        /// Those that are over as well.
        #[arg(long)]
        all: bool,
    },
    /// End silences now.
    Expire {
        /// The silences, such as SIL-3.
        #[arg(required = true, value_parser = silence_id)]
        ids: Vec<SilenceId>,
    },
}

/// Silence signals.
#[derive(Debug, Args)]
pub struct SilenceAdd {
    /// What it covers: `service=ledger`, `severity!=critical`, `instance=~web.*`; all of them must fit.
    #[arg(required = true, value_name = "MATCHER")]
    pub matchers: Vec<Written>,
    /// For how long, at most 30 days.
    #[arg(long = "for", value_name = "LENGTH", default_value = "1h", conflicts_with = "until")]
    pub length: Length,
    /// Until when.
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<Moment>,
    /// From when on; now where absent.
    #[arg(long, value_name = "INSTANT")]
    pub from: Option<Moment>,
    /// What it is for, so that others know.
    #[arg(long, short = 'm')]
    pub comment: String,
    /// Change this silence instead: extend it, cut it short, or let it cover something else.
    #[arg(long, value_name = "SILENCE", value_parser = silence_id)]
    pub change: Option<SilenceId>,
    /// For exercise: covers drills, and nothing real.
    #[arg(long)]
    pub drill: bool,
}

/// Show what a silence would cover now.
#[derive(Debug, Args)]
pub struct SilencePreview {
    /// What it would cover; all of them must fit.
    #[arg(required = true, value_name = "MATCHER")]
    pub matchers: Vec<Written>,
    /// Drills, and nothing real.
    #[arg(long)]
    pub drill: bool,
}

/// Tell of changes, and see them.
#[derive(Debug, Subcommand)]
pub enum ChangeCommand {
    /// Tell that something was changed, so that a case that follows names it.
    Report(ChangeReport),
    /// List changes, the latest done first.
    List {
        /// Only of this service.
        #[arg(long)]
        service: Option<String>,
        /// Only those done by then.
        #[arg(long, value_name = "INSTANT")]
        before: Option<Moment>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// Tell of a change.
#[derive(Debug, Args)]
pub struct ChangeReport {
    /// The service it was made to.
    #[arg(long)]
    pub service: String,
    /// What was done, in one line.
    pub title: String,
    /// What kind of change it is.
    #[arg(long, default_value = "deployment", value_parser = values::change_kind())]
    pub kind: ChangeKind,
    /// Which version came into service.
    #[arg(long = "to-version", value_name = "VERSION")]
    pub version: Option<String>,
    /// Who or what did it; whose token it is where absent.
    #[arg(long)]
    pub by: Option<String>,
    /// Where it is explained.
    #[arg(long)]
    pub link: Option<String>,
    /// When it was done; now where absent.
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Moment>,
    /// What tells it apart: told again under the same key, such as a build's number, it is the same change.
    #[arg(long)]
    pub key: Option<String>,
    /// For exercise.
    #[arg(long)]
    pub drill: bool,
}

/// A matcher as it is written on a command line: with or without quotes around the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(pub MatcherView);

impl FromStr for Written {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected LABEL=VALUE, LABEL!=VALUE, LABEL=~REGEX or LABEL!~REGEX".to_owned();
        let at = text.find(['=', '!']).filter(|at| *at > 0).ok_or_else(expected)?;
        let (name, rest) = text.split_at_checked(at).ok_or_else(expected)?;
        let forms = [("=~", true, false), ("!~", true, true), ("!=", false, true), ("=", false, false)];
        let form = forms
            .into_iter()
            .find_map(|(operator, regex, negated)| rest.strip_prefix(operator).map(|value| (value, regex, negated)));
        let (value, regex, negated) = form.ok_or_else(expected)?;
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Ok(Self(MatcherView {
            name: name.trim().to_owned(),
            value: quoted.unwrap_or(value).to_owned(),
            regex,
            negated,
        }))
    }
}

fn silence_id(text: &str) -> Result<SilenceId, String> {
    SilenceId::parse(text).ok_or_else(|| "expected the name of a silence, such as SIL-3".to_owned())
}
