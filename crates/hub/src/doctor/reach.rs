//! Whether people can be reached: ways out, pages that wait, people on call without a contact.

use wheelhouse_core::catalog::{Catalog, Contact, Target};
use wheelhouse_core::oncall::on_call_at;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_wire::api::Finding;

use super::{count, some};

/// How long a page may wait for a channel to accept it.
const LATE: Duration = Duration::from_minutes(2);

/// A way out.
#[derive(Clone, Debug)]
pub struct WayOut {
    /// Its name.
    pub name: String,
    /// Whether it fails and is left alone for a while.
    pub fails: bool,
    /// How many messages wait for it.
    pub waiting: usize,
    /// What was last heard of it.
    pub answer: Option<String>,
}

/// Who could not be paged now, by the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unready {
    /// People on call without any contact, each with the schedule.
    pub without_contact: Vec<String>,
    /// Schedules with nobody on call now.
    pub empty: Vec<String>,
    /// Whether the fallback's schedule is among them.
    pub fallback_is_empty: bool,
    /// How many contacts are mail addresses.
    pub mail_contacts: usize,
}

/// What was observed of how people can be reached.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The present instant.
    pub now: Timestamp,
    /// The ways out.
    pub ways_out: Vec<WayOut>,
    /// When the page was decided that waits longest.
    pub oldest_page_at: Option<Timestamp>,
    /// How many pages reached nobody since the start.
    pub given_up: u64,
    /// Whether there is a mail server.
    pub sends_mail: bool,
    /// Who could not be paged.
    pub unready: Unready,
}

/// Who could not be paged at an instant.
pub fn unready(catalog: &Catalog, now: Timestamp) -> Unready {
    let mut found = Unready::default();
    for (name, schedule) in &catalog.schedules {
        let Some(shift) = on_call_at(schedule, now) else {
            found.empty.push(name.to_string());
            found.fallback_is_empty |=
                matches!(&catalog.organization.fallback, Target::Schedule(fallback) if fallback == name);
            continue;
        };
        let person = catalog.people.get(&shift.person);
        if person.is_none_or(|person| person.contacts.is_empty()) {
            found.without_contact.push(format!("{} ({name})", shift.person));
        }
    }
    let mail = |contacts: &[Contact]| contacts.iter().filter(|contact| matches!(contact, Contact::Email(_))).count();
    let people = catalog.people.values().map(|person| mail(&person.contacts)).sum::<usize>();
    found.mail_contacts = people + catalog.teams.values().map(|team| mail(&team.contacts)).sum::<usize>();
    found
}

/// What is wrong with how people can be reached.
pub fn reach(seen: &Reach) -> Vec<Finding> {
    vec![channels(seen), pages(seen), on_call(&seen.unready), mail(seen)]
}

fn channels(seen: &Reach) -> Finding {
    let failing: Vec<&WayOut> = seen.ways_out.iter().filter(|way| way.fails).collect();
    if failing.is_empty() {
        return Finding::fine(
            "channels",
            format!("none of {} fails", count(seen.ways_out.len(), "way out").replace("outs", "out")),
        );
    }
    let words = |way: &&WayOut| {
        let answer = way.answer.as_deref().unwrap_or("nothing was heard of it");
        format!("{} ({} wait: {answer})", way.name, way.waiting)
    };
    let names: Vec<String> = failing.iter().map(words).collect();
    let why = "messages for it wait, or go to the next contact of their recipient";
    Finding::warning(
        "channels",
        format!("failing: {}", some(&names)),
        why,
        "`wheelhouse channel list`, then `wheelhouse channel test`",
    )
}

fn pages(seen: &Reach) -> Finding {
    let waits = seen.oldest_page_at.map(|at| seen.now.since(at)).filter(|waits| *waits > LATE);
    let to_do = "call whoever is on call (`wheelhouse oncall`), then see `wheelhouse case told CASE`";
    if let Some(waits) = waits {
        return Finding::broken("pages", format!("a page has waited for {waits}"), "no channel has accepted it", to_do);
    }
    if seen.given_up > 0 {
        let what = format!(
            "{} reached nobody since the start",
            count(usize::try_from(seen.given_up).unwrap_or(usize::MAX), "page")
        );
        return Finding::warning(
            "pages",
            what,
            "every contact of their recipient refused them; the fallback was paged",
            to_do,
        );
    }
    Finding::fine("pages", "none is late, none reached nobody")
}

fn on_call(unready: &Unready) -> Finding {
    if !unready.without_contact.is_empty() {
        return Finding::broken(
            "on call",
            format!("on call without a contact: {}", some(&unready.without_contact)),
            "their pages reach nobody, and the fallback is paged minutes later",
            "give them contacts in the catalog, or let somebody else take over (an override)",
        );
    }
    if unready.empty.is_empty() {
        return Finding::fine("on call", "every schedule has somebody, and everybody on call a contact");
    }
    let what = format!("nobody is on call: {}", some(&unready.empty));
    let to_do = "add a layer or an override to the schedule, unless it is meant to rest now";
    if unready.fallback_is_empty {
        return Finding::broken("on call", what, "the organisation's fallback is among them: it pages nobody", to_do);
    }
    Finding::warning("on call", what, "whoever escalates there is passed over", to_do)
}

fn mail(seen: &Reach) -> Finding {
    match (seen.sends_mail, seen.unready.mail_contacts) {
        (false, contacts) if contacts > 0 => Finding::broken(
            "mail",
            format!(
                "there is no mail server, and {} of people and teams are mail addresses",
                count(contacts, "contact")
            ),
            "every message to one of them fails",
            "start the hub with `--smtp HOST:PORT`",
        ),
        (false, _) => Finding::fine("mail", "no mail server, and nobody needs one"),
        (true, contacts) => Finding::fine("mail", format!("a mail server for {}", count(contacts, "contact"))),
    }
}

#[cfg(test)]
mod tests {
    use wheelhouse_wire::api::Health;

    use super::*;

    #[test]
    fn each_thing_that_is_wrong_is_found_and_nothing_else() {
        let now = Timestamp::from_seconds(1_795_472_045);
        let way =
            |fails| WayOut { name: "mail.example.org:25".into(), fails, waiting: 3, answer: Some("refused".into()) };
        let unready = Unready { mail_contacts: 4, ..Unready::default() };
        let well = Reach {
            now,
            ways_out: vec![way(false)],
            oldest_page_at: Some(now),
            given_up: 0,
            sends_mail: true,
            unready,
        };
        let found = |change: &dyn Fn(&mut Reach)| {
            let mut seen = well.clone();
            change(&mut seen);
            let bad = reach(&seen).into_iter().filter(|finding| finding.health > Health::Fine);
            bad.map(|finding| (finding.check, finding.health)).collect::<Vec<_>>()
        };
        let one = |check: &str, health| vec![(check.to_owned(), health)];
        assert_eq!(found(&|_| ()), []);
        assert_eq!(found(&|seen| seen.ways_out.push(way(true))), one("channels", Health::Warning));
        assert_eq!(
            found(&|seen| seen.oldest_page_at = Some(now - Duration::from_minutes(3))),
            one("pages", Health::Broken)
        );
        assert_eq!(found(&|seen| seen.given_up = 1), one("pages", Health::Warning));
        assert_eq!(found(&|seen| seen.sends_mail = false), one("mail", Health::Broken));
        assert_eq!(
            found(&|seen| seen.unready.without_contact = vec!["dana (payments)".into()]),
            one("on call", Health::Broken)
        );
        assert_eq!(found(&|seen| seen.unready.empty = vec!["payments".into()]), one("on call", Health::Warning));
        let fallback =
            |seen: &mut Reach| (seen.unready.empty, seen.unready.fallback_is_empty) = (vec!["noc".into()], true);
        assert_eq!(found(&fallback), one("on call", Health::Broken));
    }
}
