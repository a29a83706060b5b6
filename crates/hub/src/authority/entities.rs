//! The catalog as Cedar entities: made once, cut to what one request needs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use wheelhouse_core::access::Owner;
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::name::{PersonName, RunnerName, ServiceName, SourceName, TeamName};

use super::request::{CaseFacts, Resource, RunbookFacts};
use super::{Action, Policies};

/// Everything that policies may ask about, ready for use.
pub(super) struct World {
    kinds: Kinds,
    catalog: Arc<Catalog>,
    organization: EntityUid,
    people: BTreeMap<PersonName, Entity>,
    sources: BTreeMap<SourceName, Entity>,
    runners: BTreeMap<RunnerName, Entity>,
    services: BTreeMap<ServiceName, Entity>,
    actions: BTreeMap<Action, Entity>,
    /// What every request gets: the organisation, and what policies name by a literal.
    always: Vec<Entity>,
}

/// What one request is decided upon.
pub(super) struct Slice {
    /// Who asks.
    pub(super) principal: EntityUid,
    /// To do what.
    pub(super) action: EntityUid,
    /// To what.
    pub(super) resource: EntityUid,
    /// All that policies can reach from there.
    pub(super) entities: Entities,
}

struct Kinds {
    team: EntityTypeName,
    person: EntityTypeName,
    source: EntityTypeName,
    runner: EntityTypeName,
    bootstrap: EntityTypeName,
    organization: EntityTypeName,
    service: EntityTypeName,
    case: EntityTypeName,
    token: EntityTypeName,
    silence: EntityTypeName,
    contacts: EntityTypeName,
    automation: EntityTypeName,
    drill: EntityTypeName,
    runbook: EntityTypeName,
    action: EntityTypeName,
}

impl World {
    /// Makes the entities of a catalog.
    pub(super) fn new(catalog: Arc<Catalog>, policies: &Policies) -> Self {
        let kinds = Kinds::new();
        let organization = uid(&kinds.organization, &catalog.organization.name);
        let people = people(&kinds, &catalog);
        let sources = sources(&kinds, &catalog);
        let runners = runners(&kinds, &catalog);
        let services = services(&kinds, &catalog);
        let actions = actions(&kinds, policies);
        let default_team = uid(&kinds.team, catalog.organization.default_team.as_str());
        let mut always = vec![entity(organization.clone(), [("default_team", link(default_team))])];
        let literals: BTreeSet<EntityUid> =
            policies.set.policies().flat_map(|policy| policy.entity_literals()).collect();
        let known = people.values().chain(sources.values()).chain(runners.values()).chain(services.values());
        always.extend(known.filter(|entity| literals.contains(&entity.uid())).cloned());
        Self { kinds, catalog, organization, people, sources, runners, services, actions, always }
    }

    /// Everything that policies can reach from a request, or what the catalog lacks.
    pub(super) fn slice(&self, principal: &Owner, action: Action, resource: &Resource) -> Result<Slice, String> {
        let mut entities = self.always.clone();
        let principal = self.principal(principal, &mut entities)?;
        let resource = self.resource(resource, &mut entities)?;
        let action = self.actions.get(&action).ok_or_else(|| format!("no policy can speak of `{action}`"))?;
        entities.push(action.clone());
        let action = action.uid();
        let entities = Entities::from_entities(entities, None).map_err(|error| error.to_string())?;
        Ok(Slice { principal, action, resource, entities })
    }

    fn principal(&self, principal: &Owner, into: &mut Vec<Entity>) -> Result<EntityUid, String> {
        let known = match principal {
            Owner::Bootstrap => return Ok(uid(&self.kinds.bootstrap, "first-start")),
            Owner::Person(name) => self.people.get(name),
            Owner::Source(name) => self.sources.get(name),
            Owner::Runner(name) => self.runners.get(name),
        };
        let known = known
            .ok_or_else(|| format!("the catalog no longer has {}, so the token opens nothing", named(principal)))?;
        into.push(known.clone());
        Ok(known.uid())
    }

    fn resource(&self, resource: &Resource, into: &mut Vec<Entity>) -> Result<EntityUid, String> {
        match resource {
            Resource::Organization => Ok(self.organization.clone()),
            Resource::Case(case) => Ok(self.case(case, into)),
            Resource::Token { owner } => Ok(self.token(owner, into)),
            Resource::Contacts { name, person, team } => {
                let person = person.as_ref().map(|name| ("person", link(uid(&self.kinds.person, name.as_str()))));
                let team = team.as_ref().map(|name| ("team", link(uid(&self.kinds.team, name.as_str()))));
                let organization = ("organization", link(self.organization.clone()));
                let attributes = std::iter::once(organization).chain(person).chain(team);
                let contacts = entity(uid(&self.kinds.contacts, name), attributes);
                let name = contacts.uid();
                into.push(contacts);
                Ok(name)
            }
            Resource::Automation { name, team } => {
                let keeper = link(uid(&self.kinds.team, team.as_str()));
                let attributes = [("keeper", keeper), ("organization", link(self.organization.clone()))];
                let automation = entity(uid(&self.kinds.automation, name.as_str()), attributes);
                let name = automation.uid();
                into.push(automation);
                Ok(name)
            }
            Resource::Drill { name, team } => {
                let keeper = link(uid(&self.kinds.team, team.as_str()));
                let organization = link(self.organization.clone());
                let attributes = [("keeper", keeper), ("organization", organization)];
                let drill = entity(uid(&self.kinds.drill, name.as_str()), attributes);
                let name = drill.uid();
                into.push(drill);
                Ok(name)
            }
            Resource::Runbook(runbook) => Ok(self.runbook(runbook, into)),
            Resource::Silence(silence) => {
                let author =
                    silence.author.as_ref().map(|name| ("author", link(uid(&self.kinds.person, name.as_str()))));
                let service = silence.service.as_ref().and_then(|name| self.services.get(name));
                if let Some(service) = service {
                    into.push(service.clone());
                }
                let service = service.map(|service| ("service", link(service.uid())));
                let own = [
                    ("organization", link(self.organization.clone())),
                    ("drill", RestrictedExpression::new_bool(silence.drill)),
                ];
                let name = silence.id.map_or_else(|| "new".to_owned(), |id| id.to_string());
                let made = entity(uid(&self.kinds.silence, &name), own.into_iter().chain(author).chain(service));
                let name = made.uid();
                into.push(made);
                Ok(name)
            }
            Resource::Source(name) => {
                let known = self.sources.get(name).ok_or_else(|| {
                    format!("the catalog has no source `{name}`; add a document of `kind: Source` with that name")
                })?;
                into.push(known.clone());
                Ok(known.uid())
            }
            Resource::Runner(name) => {
                let known = self.runners.get(name).ok_or_else(|| {
                    format!("the catalog has no runner `{name}`; add a document of `kind: Runner` with that name")
                })?;
                into.push(known.clone());
                Ok(known.uid())
            }
        }
    }

    fn case(&self, case: &CaseFacts, into: &mut Vec<Entity>) -> EntityUid {
        let kinds = &self.kinds;
        let involved = case.involved.iter().map(|name| link(uid(&kinds.person, name.as_str())));
        let mut attributes = vec![
            ("organization", link(self.organization.clone())),
            ("team", link(uid(&kinds.team, case.team.as_str()))),
            ("drill", RestrictedExpression::new_bool(case.drill)),
            ("involved", RestrictedExpression::new_set(involved)),
        ];
        if let Some(service) = case.service.as_ref().and_then(|name| self.services.get(name)) {
            attributes.push(("service", link(service.uid())));
            into.push(service.clone());
        }
        if let Some(owner) = &case.owner {
            attributes.push(("owner", link(uid(&kinds.person, owner.as_str()))));
            into.extend(self.people.get(owner).cloned());
        }
        let case = entity(uid(&kinds.case, &case.id.to_string()), attributes);
        let name = case.uid();
        into.push(case);
        name
    }

    fn runbook(&self, runbook: &RunbookFacts, into: &mut Vec<Entity>) -> EntityUid {
        let keepers = runbook.keepers.iter().map(|name| link(uid(&self.kinds.team, name.as_str())));
        let mut attributes = vec![
            ("organization", link(self.organization.clone())),
            ("keepers", RestrictedExpression::new_set(keepers)),
        ];
        if let Some(case) = &runbook.case {
            attributes.push(("case", link(self.case(case, into))));
        }
        let runbook = entity(uid(&self.kinds.runbook, &runbook.name.to_string()), attributes);
        let name = runbook.uid();
        into.push(runbook);
        name
    }

    fn token(&self, owner: &Owner, into: &mut Vec<Entity>) -> EntityUid {
        let mut attributes = vec![("bootstrap", RestrictedExpression::new_bool(matches!(owner, Owner::Bootstrap)))];
        match owner {
            Owner::Bootstrap => {}
            Owner::Person(name) => {
                attributes.push(("person", link(uid(&self.kinds.person, name.as_str()))));
                into.extend(self.people.get(name).cloned());
            }
            Owner::Source(name) => {
                attributes.push(("source", link(uid(&self.kinds.source, name.as_str()))));
                if let (Some(source), Some(known)) = (self.catalog.sources.get(name), self.sources.get(name)) {
                    attributes.push(("keeper", link(uid(&self.kinds.team, source.team.as_str()))));
                    into.push(known.clone());
                }
            }
            Owner::Runner(name) => {
                attributes.push(("runner", link(uid(&self.kinds.runner, name.as_str()))));
                if let (Some(runner), Some(known)) = (self.catalog.runners.get(name), self.runners.get(name)) {
                    attributes.push(("keeper", link(uid(&self.kinds.team, runner.team.as_str()))));
                    into.push(known.clone());
                }
            }
        }
        let token = entity(uid(&self.kinds.token, &named(owner)), attributes);
        let name = token.uid();
        into.push(token);
        name
    }
}

fn named(owner: &Owner) -> String {
    match owner {
        Owner::Person(name) => format!("person `{name}`"),
        Owner::Source(name) => format!("source `{name}`"),
        Owner::Runner(name) => format!("runner `{name}`"),
        Owner::Bootstrap => "first-start".to_owned(),
    }
}

fn people(kinds: &Kinds, catalog: &Catalog) -> BTreeMap<PersonName, Entity> {
    let mut teams: BTreeMap<&PersonName, BTreeSet<&TeamName>> = BTreeMap::new();
    let mut roles: BTreeMap<&PersonName, BTreeSet<&str>> = BTreeMap::new();
    for team in catalog.teams.values() {
        for member in &team.members {
            teams.entry(member).or_default().insert(&team.name);
            roles.entry(member).or_default().extend(team.roles.iter().map(String::as_str));
        }
    }
    let person = |name: &PersonName| {
        let of = roles.get(name).into_iter().flatten();
        let of = RestrictedExpression::new_set(of.map(|role| RestrictedExpression::new_string((*role).to_owned())));
        let parents = teams.get(name).into_iter().flatten().map(|team| uid(&kinds.team, team.as_str()));
        let attributes = HashMap::from([("roles".to_owned(), of)]);
        Entity::new(uid(&kinds.person, name.as_str()), attributes, parents.collect())
            .expect("a set of strings is a value that needs no evaluation")
    };
    catalog.people.keys().map(|name| (name.clone(), person(name))).collect()
}

fn sources(kinds: &Kinds, catalog: &Catalog) -> BTreeMap<SourceName, Entity> {
    let made = catalog.sources.values().map(|source| {
        let team = uid(&kinds.team, source.team.as_str());
        (source.name.clone(), entity(uid(&kinds.source, source.name.as_str()), [("team", link(team))]))
    });
    made.collect()
}

fn runners(kinds: &Kinds, catalog: &Catalog) -> BTreeMap<RunnerName, Entity> {
    let made = catalog.runners.values().map(|runner| {
        let team = uid(&kinds.team, runner.team.as_str());
        (runner.name.clone(), entity(uid(&kinds.runner, runner.name.as_str()), [("team", link(team))]))
    });
    made.collect()
}

fn services(kinds: &Kinds, catalog: &Catalog) -> BTreeMap<ServiceName, Entity> {
    let made = catalog.services.values().map(|service| {
        let team = link(uid(&kinds.team, service.team.as_str()));
        let tier = RestrictedExpression::new_long(i64::from(service.tier));
        (service.name.clone(), entity(uid(&kinds.service, service.name.as_str()), [("team", team), ("tier", tier)]))
    });
    made.collect()
}

/// The actions as the schema groups them. An action that the schema lacks is left out, and thus denied.
fn actions(kinds: &Kinds, policies: &Policies) -> BTreeMap<Action, Entity> {
    let known = policies.schema.action_entities().unwrap_or_else(|_| Entities::empty());
    let find = |action: &Action| Some((*action, known.get(&uid(&kinds.action, action.as_str()))?.clone()));
    Action::ALL.iter().filter_map(find).collect()
}

fn entity<'a>(name: EntityUid, attributes: impl IntoIterator<Item = (&'a str, RestrictedExpression)>) -> Entity {
    let attributes = attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Entity::new(name, attributes, HashSet::new()).expect("references, numbers and truth values need no evaluation")
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn link(to: EntityUid) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(to)
}

impl Kinds {
    fn new() -> Self {
        let kind = |name: &str| name.parse().expect("a plain word is an entity type");
        Self {
            team: kind("Team"),
            person: kind("Person"),
            source: kind("Source"),
            runner: kind("Runner"),
            bootstrap: kind("Bootstrap"),
            organization: kind("Organization"),
            service: kind("Service"),
            case: kind("Case"),
            token: kind("Token"),
            silence: kind("Silence"),
            contacts: kind("Contacts"),
            automation: kind("Automation"),
            drill: kind("Drill"),
            runbook: kind("Runbook"),
            action: kind("Action"),
        }
    }
}
