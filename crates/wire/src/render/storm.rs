//! What a message says of storms: stages told at once, further ways, symptoms, coming and going.

use std::fmt::Write as _;

use wheelhouse_core::affected::Explained;
use wheelhouse_core::case::{Case, Relation};
use wheelhouse_core::notify::{Digest, Stage};

use super::view::MessageView;

/// How many symptoms are named.
const NAMED: usize = 5;

/// How the case stands to others, and whether it comes and goes; empty where there is nothing to say.
pub(super) fn standing(view: &MessageView<'_>) -> String {
    let case = view.case;
    let mut words = String::new();
    if case.state.is_resolved() {
        return words;
    }
    if let Some(flapping) = &case.flapping {
        let since = view.clock(flapping.since);
        let _ = write!(words, " It comes and goes since {since}; it is over once it has been quiet for a while.");
    }
    if let Some(symptom) = &case.symptom {
        let _ = write!(words, " It follows from {}.", symptom.root);
    }
    words + &followers(case)
}

/// ` INC-2, INC-3 and 38 more follow from it.`
fn followers(case: &Case) -> String {
    let followers: Vec<String> = case
        .links
        .iter()
        .filter(|link| link.relation == Relation::Causes)
        .filter_map(|link| Some(link.case?.to_string()))
        .collect();
    let (named, more) = followers.split_at(followers.len().min(NAMED));
    match (named, more.len()) {
        ([], _) => String::new(),
        ([only], 0) => format!(" {only} follows from it."),
        ([first @ .., last], 0) => format!(" {} and {last} follow from it.", first.join(", ")),
        (named, more) => format!(" {} and {more} more follow from it.", named.join(", ")),
    }
}

/// What the stage itself means, where its word alone does not say it.
pub(super) const fn meaning(stage: Stage) -> &'static str {
    match stage {
        Stage::Flapping => {
            "It has ended and begun again several times. You will hear when it has been quiet for a while, and not \
             each time."
        }
        Stage::GoesOn => "It was held to follow from other trouble. It is not over, and stands for itself now.",
        Stage::Joined => "Something new joined it after it was taken. Please look whether that is the same trouble.",
        Stage::Opened
        | Stage::SeverityChanged
        | Stage::Update
        | Stage::Resolved
        | Stage::Reopened
        | Stage::Explains => "",
    }
}

/// All stages that one notice tells, where there is more than one.
pub(super) fn stages(digest: &Digest, stage: Stage) -> String {
    let words: Vec<&str> = digest.stages.iter().chain([&stage]).map(|stage| happened(*stage)).collect();
    match words.as_slice() {
        [] | [_] => String::new(),
        [first @ .., last] => format!("All at once, since it went fast: {}, and {last}.", first.join(", ")),
    }
}

/// Further ways in which the recipient is reached, one a line.
pub(super) fn ways(digest: &Digest) -> String {
    if digest.ways.is_empty() {
        return String::new();
    }
    let mut words = String::from("Also:");
    for way in &digest.ways {
        let _ = write!(words, "\n- {}", Explained { impact: way.impact, path: &way.path });
        if let Some(group) = &way.on_behalf_of {
            let _ = write!(words, " (for {group})");
        }
    }
    if digest.more > 0 {
        let _ = write!(words, "\n- and {} more", digest.more);
    }
    words
}

const fn happened(stage: Stage) -> &'static str {
    match stage {
        Stage::Opened => "it began",
        Stage::SeverityChanged => "its severity changed",
        Stage::Update => "there is an update",
        Stage::Resolved => "it is over",
        Stage::Reopened => "it began again",
        Stage::Flapping => "it comes and goes",
        Stage::GoesOn => "it turned out to stand for itself",
        Stage::Joined => "something new joined",
        Stage::Explains => "it explains what a page was about",
    }
}
