//! Authority between repositories: the organisation's own may define everything, every other one what
//! belongs to its teams and what the organisation lets it define for everybody.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wheelhouse_patterns::{Domain, Pattern};

use super::super::draft::{ActionDraft, CharterDraft, Document, Drafts, RuleDraft};
use super::super::finding::{Code, Finding, Level};
use super::super::kind::Kind;
use super::super::known::nearest;
use super::super::place::{At, Place};
use super::super::repository::Charter;
use super::names::{Names, listed};
use super::taking::{self, Charters};
use super::values;
use crate::name::TeamName;

/// The most entries of `repositories`.
const MOST_CHARTERS: usize = 5_000;

/// Checks what the organisation says of its repositories, and that each file keeps to it. `of` names
/// the repository of each file; where all are of one, nothing more is asked.
pub fn check(drafts: &Drafts, of: &[String], names: &Names<'_>, findings: &mut Vec<Finding>) {
    let Some(organization) = drafts.organizations.first() else { return };
    charters(&organization.body.repositories, names, findings);
    let at = |place: Place| usize::try_from(place.file).ok().and_then(|file| of.get(file)).map(String::as_str);
    let Some(home) = at(organization.name.place) else { return };
    if of.iter().all(|repository| repository == home) {
        return;
    }
    let charters = organization.body.repositories.iter();
    let charters: Charters<'_> = charters.map(|entry| (entry.value.repository.value.as_str(), entry)).collect();
    let guest = |place: Place| at(place).filter(|repository| *repository != home);
    taking::secrets(drafts, &charters, &guest, findings);
    taking::signals(drafts, &charters, &guest, findings);
    let mut judge = Judge { drafts, home: organization.name.place, charters, findings };
    for (kind, name, team) in documents(drafts) {
        if let Some(repository) = at(name.place).filter(|repository| *repository != home) {
            judge.document(repository, kind, name, team);
        }
    }
    for team in &drafts.teams {
        if let (Some(repository), Some(role)) =
            (at(team.name.place).filter(|name| *name != home), team.body.roles.first())
        {
            judge.roles(repository, role);
        }
    }
    for rule in &drafts.rules {
        if let Some(repository) = at(rule.name.place).filter(|repository| *repository != home) {
            judge.rule(repository, rule);
        }
    }
}

/// What an entry of `repositories` stands for; kinds that do not exist are left out.
pub fn charter(says: CharterDraft) -> Charter {
    Charter {
        repository: says.repository.value,
        teams: says.teams.into_iter().map(|team| team.value).collect(),
        kinds: says.kinds.iter().filter_map(|kind| Kind::parse(&kind.value)).collect(),
        policies: says.policies,
        signed_runbooks: says.signed_runbooks,
    }
}

/// Checks the entries of `repositories` themselves.
fn charters(entries: &[At<CharterDraft>], names: &Names<'_>, findings: &mut Vec<Finding>) {
    let Some(first) = entries.first() else { return };
    values::check_count("entries", entries.len(), MOST_CHARTERS, first.place, findings);
    values::check_once(entries.iter().map(|entry| &entry.value.repository), findings);
    for entry in entries {
        for team in &entry.value.teams {
            let mut unresolved = Vec::new();
            names.resolve(Kind::Team, team.value.as_str(), team.place, &mut unresolved);
            // A team comes with its repository, which may be on its way; nothing relies on it until then.
            findings.extend(unresolved.into_iter().map(|finding| Finding { level: Level::Warning, ..finding }));
        }
        for kind in &entry.value.kinds {
            let known = Kind::parse(&kind.value);
            if known.is_some_and(|kind| kind != Kind::Organization) {
                continue;
            }
            let all = || Kind::ALL.iter().filter(|kind| **kind != Kind::Organization).map(|kind| kind.as_str());
            let help = match nearest(&kind.value, all()) {
                Some(meant) if known.is_none() => format!("did you mean `{meant}`?"),
                _ => format!("the kinds are {}", listed(&all().collect::<Vec<_>>())),
            };
            let message = match known {
                Some(_) => "only one repository defines the organization".to_string(),
                None => format!("there is no kind `{}`", values::shown(&kind.value)),
            };
            findings.push(
                Finding::error(Code::UnknownKind, kind.place, message).label("not a kind to be let out").help(help),
            );
        }
    }
}

/// Every document with the team that owns it, where it names one. What is not listed belongs to nobody
/// but the organisation.
fn documents(drafts: &Drafts) -> Vec<(Kind, &At<String>, Option<&TeamName>)> {
    let mut all: Vec<(Kind, &At<String>, Option<&TeamName>)> = Vec::new();
    macro_rules! owned {
        ($($kind:ident $shelf:ident)*) => {$(
            all.extend(drafts.$shelf.iter().map(|one| (Kind::$kind, &one.name, Some(&one.body.team.value))));
        )*};
    }
    owned! { Service services Schedule schedules Escalation escalations Rule rules Source sources Drill drills Channel channels
    Automation automations }
    let owned: BTreeSet<Kind> = all.iter().map(|(kind, _, _)| *kind).collect();
    all.extend(drafts.names().filter(|(kind, _)| !owned.contains(kind)).map(|(kind, name)| (kind, name, None)));
    all
}

struct Judge<'d, 'f> {
    drafts: &'d Drafts,
    /// Where the organisation is defined.
    home: Place,
    charters: Charters<'d>,
    findings: &'f mut Vec<Finding>,
}

impl<'d> Judge<'d, '_> {
    fn document(&mut self, repository: &str, kind: Kind, name: &At<String>, team: Option<&TeamName>) {
        let what = format!("{} `{}`", kind.noun(1), name.value);
        let Some(charter) = self.charter(repository, name.place, &what) else { return };
        if kind == Kind::Organization || may_define_all(charter, kind) {
            return;
        }
        let owners: Vec<&str> = match (kind, team) {
            (_, Some(team)) => [team.as_str()].into(),
            (Kind::Team, None) => [name.value.as_str()].into(),
            (Kind::Person, None) => self.teams_of(&name.value),
            (_, None) => Vec::new(),
        };
        if charter.value.teams.iter().any(|team| owners.contains(&team.value.as_str())) {
            return;
        }
        let label = match (kind, owners.as_slice()) {
            (Kind::Team, _) => "is the team of another repository".to_string(),
            (Kind::Person, []) => "is in no team".to_string(),
            (_, []) => format!("{} belong to the whole organisation", kind.noun(2)),
            (_, owners) => format!("belongs to team {}", listed(owners)),
        };
        self.refuse(
            repository,
            charter,
            name.place,
            format!("repository `{repository}` may not define {what}"),
            label,
            kind,
        );
    }

    /// Roles open doors beyond a team's own work: the organisation gives them.
    fn roles(&mut self, repository: &str, role: &At<String>) {
        let Some(charter) = self.charters.get(repository).filter(|charter| !may_define_all(charter, Kind::Team)) else {
            return;
        };
        let finding =
            Finding::error(Code::NotYours, role.place, format!("repository `{repository}` may not give roles"))
                .label("this role reaches beyond the team")
                .related(charter.place, "what the organisation lets it define")
                .help("leave `roles` out, and let the organisation's repository define the team that has them");
        self.findings.push(finding);
    }

    /// A rule decides about signals before anybody else sees them: it must ask for what is its own.
    fn rule(&mut self, repository: &str, rule: &Document<RuleDraft>) {
        let Some(charter) = self.charters.get(repository).filter(|charter| !may_define_all(charter, Kind::Rule)) else {
            return;
        };
        let (place, teams) = (charter.place, &charter.value.teams);
        let is_own = |team: &TeamName| teams.iter().any(|own| own.value == *team);
        let (drafts, when) = (self.drafts, &rule.body.when);
        let services = drafts.services.iter().filter(|one| is_own(&one.body.team.value)).map(|one| &*one.name.value);
        let sources = drafts.sources.iter().filter(|one| is_own(&one.body.team.value)).map(|one| &*one.name.value);
        let asks_for_own =
            asks_only_for("service", services, &when.value) || asks_only_for("source", sources, &when.value);
        if !asks_for_own {
            let name = &rule.name.value;
            let message = format!("rule `{name}` of repository `{repository}` may decide about signals of others");
            let finding = Finding::error(Code::NotYours, when.place, message)
                .label("neither asks for a service nor for a source of its own")
                .related(place, "what the organisation lets it define")
                .help("ask for them: `when: {service: [NAME]}` or `when: {source: [NAME]}`");
            self.findings.push(finding);
        }
        if let ActionDraft::Incident { service: Some(service), .. } = &rule.body.then {
            let owner = drafts.services.iter().find(|one| one.name.value == service.value.as_str());
            if let Some(owner) = owner.filter(|owner| !is_own(&owner.body.team.value)) {
                let message = format!("repository `{repository}` may not send signals to service `{}`", service.value);
                let finding = Finding::error(Code::NotYours, service.place, message)
                    .label(format!("belongs to team `{}`", owner.body.team.value))
                    .related(place, "what the organisation lets it define")
                    .help("name a service of its own, or let the organisation's repository keep this rule");
                self.findings.push(finding);
            }
        }
    }

    /// What the organisation says of a repository; said to be missing where it says nothing.
    fn charter(&mut self, repository: &str, place: Place, what: &str) -> Option<&'d At<CharterDraft>> {
        if let Some(charter) = self.charters.get(repository) {
            return Some(charter);
        }
        let message = format!("repository `{repository}` may not define {what}");
        let finding = Finding::error(Code::NotYours, place, message)
            .label("the organisation does not say whose this repository is")
            .related(self.home, "it would say so here")
            .help(format!("add `repositories: [{{repository: {repository}, teams: [NAME]}}]` to the organization"));
        self.findings.push(finding);
        None
    }

    fn refuse(
        &mut self,
        repository: &str,
        charter: &At<CharterDraft>,
        place: Place,
        message: String,
        label: String,
        kind: Kind,
    ) {
        let teams: Vec<&str> = charter.value.teams.iter().map(|team| team.value.as_str()).collect();
        let whose = match teams.as_slice() {
            [] => format!("repository `{repository}` is no team's"),
            teams => format!("repository `{repository}` is that of {}", listed(teams)),
        };
        let finding = Finding::error(Code::NotYours, place, message)
            .label(label)
            .related(charter.place, whose)
            .help(format!(
                "move it to the repository whose it is, or let the organisation add to this entry: `teams`, or `kinds: [{kind}]`"
            ));
        self.findings.push(finding);
    }

    /// The teams that name a person as a member.
    fn teams_of(&self, person: &str) -> Vec<&'d str> {
        let teams = self.drafts.teams.iter();
        let of = teams.filter(|team| team.body.members.value.iter().any(|member| member.value.as_str() == person));
        of.map(|team| team.name.value.as_str()).collect()
    }
}

fn may_define_all(charter: &At<CharterDraft>, kind: Kind) -> bool {
    charter.value.kinds.iter().any(|word| Kind::parse(&word.value) == Some(kind))
}

/// Whether a pattern matches nothing but signals that have one of these words in a field.
fn asks_only_for<'n>(field: &str, words: impl Iterator<Item = &'n str>, pattern: &Pattern) -> bool {
    let words: Vec<&str> = words.collect();
    let scope = Pattern::parse(&serde_json::json!({ field: words }));
    scope.is_ok_and(|scope| scope.covers(pattern, &|_| Domain::Text { optional: true }))
}
