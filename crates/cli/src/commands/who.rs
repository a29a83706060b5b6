//! Somebody: as the API names them, as a table shows them, and as a command line means them.

use wheelhouse_core::catalog::nearest;
use wheelhouse_wire::api::{OnCall, Party, PartyKind, Person, Team};

use crate::args::Who;
use crate::client::{Client, read};
use crate::failure::{Exit, Failure};

/// A party in few words: `dana`, `team payments`, `source prometheus`, `the hub`.
pub fn shown(party: &Party) -> String {
    let name = party.name.as_deref().unwrap_or("somebody");
    match party.kind {
        PartyKind::Person => name.to_owned(),
        PartyKind::Team => format!("team {name}"),
        PartyKind::Audience => format!("audience {name}"),
        PartyKind::Schedule => format!("schedule {name}"),
        PartyKind::Source => format!("source {name}"),
        PartyKind::Runner => format!("runner {name}"),
        PartyKind::Bootstrap => "first start".to_owned(),
        PartyKind::Hub => "the hub".to_owned(),
    }
}

/// Finds out who is meant, among the kinds that may be.
///
/// # Errors
/// When nobody or more than one has the name.
pub fn find(client: &Client, who: &Who, kinds: &[PartyKind]) -> Result<Party, Failure> {
    let name = match who {
        Who::Exactly(kind, name) if kinds.contains(kind) => {
            return Ok(Party { kind: *kind, name: Some(name.clone()) });
        }
        Who::Exactly(kind, _) => {
            return Err(Failure::cannot_run(format!(
                "a {} cannot be meant here; expected {}",
                word(*kind),
                list(kinds)
            )));
        }
        Who::Named(name) => name,
    };
    let mut known = Vec::new();
    for kind in kinds {
        known.extend(names(client, *kind)?.into_iter().map(|name| (*kind, name)));
    }
    choose(name, &known, kinds)
}

fn choose(name: &str, known: &[(PartyKind, String)], kinds: &[PartyKind]) -> Result<Party, Failure> {
    let mut matching: Vec<PartyKind> = known.iter().filter(|(_, known)| known == name).map(|(kind, _)| *kind).collect();
    // A team's schedule usually bears the team's name; who names the team means the team.
    if matching.len() > 1 {
        matching.retain(|kind| *kind != PartyKind::Schedule);
    }
    match matching.as_slice() {
        [kind] => Ok(Party { kind: *kind, name: Some(name.to_owned()) }),
        [] => {
            let failure = Failure::new(Exit::Refused, format!("the catalog has no {} `{name}`", list(kinds)));
            Err(match nearest(name, known.iter().map(|(_, known)| known.as_str())) {
                Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                None => failure
                    .help("names are those of the `ops/` folders; `wheelhouse oncall` shows teams and people on call"),
            })
        }
        several => {
            let ways: Vec<String> = several.iter().map(|kind| format!("`{}:{name}`", word(*kind))).collect();
            Err(Failure::cannot_run(format!("`{name}` stands for more than one"))
                .help(format!("write {}", ways.join(" or "))))
        }
    }
}

fn names(client: &Client, kind: PartyKind) -> Result<Vec<String>, Failure> {
    let items = |path| client.list(&[path], &[], usize::MAX).map(|listed| serde_json::Value::Array(listed.items));
    Ok(match kind {
        PartyKind::Team => read::<Vec<Team>>(items("teams")?)?.into_iter().map(|team| team.name).collect(),
        PartyKind::Person => read::<Vec<Person>>(items("people")?)?.into_iter().map(|person| person.name).collect(),
        PartyKind::Schedule => read::<Vec<OnCall>>(items("oncall")?)?.into_iter().map(|shift| shift.schedule).collect(),
        PartyKind::Audience | PartyKind::Source | PartyKind::Runner | PartyKind::Bootstrap | PartyKind::Hub => {
            Vec::new()
        }
    })
}

const fn word(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Person => "person",
        PartyKind::Team => "team",
        PartyKind::Audience => "audience",
        PartyKind::Schedule => "schedule",
        PartyKind::Source => "source",
        PartyKind::Runner => "runner",
        PartyKind::Bootstrap => "first-start token",
        PartyKind::Hub => "hub",
    }
}

fn list(kinds: &[PartyKind]) -> String {
    kinds.iter().map(|kind| word(*kind)).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const KINDS: [PartyKind; 2] = [PartyKind::Team, PartyKind::Person];

    fn known() -> Vec<(PartyKind, String)> {
        [
            (PartyKind::Team, "payments"),
            (PartyKind::Team, "noc"),
            (PartyKind::Person, "noc"),
            (PartyKind::Person, "dana"),
            (PartyKind::Schedule, "payments"),
            (PartyKind::Schedule, "night"),
        ]
        .map(|(kind, name)| (kind, name.to_owned()))
        .into()
    }

    #[test]
    fn a_name_that_only_one_has_is_enough() {
        let party = choose("dana", &known(), &KINDS).unwrap();
        assert_eq!(shown(&party), "dana");
        assert_eq!(shown(&choose("payments", &known(), &KINDS).unwrap()), "team payments");
    }

    #[test]
    fn a_schedule_is_meant_where_nothing_else_has_its_name() {
        let party = choose("night", &known(), &KINDS).unwrap();
        assert_eq!(shown(&party), "schedule night");
        let party = choose("payments", &known(), &KINDS).unwrap();
        assert_eq!(shown(&party), "team payments");
    }

    #[test]
    fn a_name_of_two_asks_which_and_one_of_nobody_asks_who() {
        let failure = choose("noc", &known(), &KINDS).unwrap_err();
        assert_eq!(failure.help, ["write `team:noc` or `person:noc`"]);
        let failure = choose("paymnets", &known(), &KINDS).unwrap_err();
        assert_eq!(failure.message, "the catalog has no team or person `paymnets`");
        assert_eq!(failure.help, ["did you mean `payments`?"]);
    }
}
