//! Reading the front matter of a runbook.

use std::collections::BTreeMap;

use serde_json::Value;
use wheelhouse_core::catalog::{At, Code, Finding, Place, nearest};
use wheelhouse_core::name::{RoleName, ServiceName, TeamName};
use wheelhouse_core::runbook::{FrontMatter, Parameter, ParameterKind, Roles, Schedule, Trigger, check_pattern};

use super::decode::{decode, json};
use super::format::{Plain, RunbookFields, length_of, names_of};
use super::tree::{self, Content, Node, shown};

/// The most parameters of one runbook, and the most choices of one parameter.
const MOST_PARAMETERS: usize = 100;
/// What steps find in their environment beside parameters, without the `WH_` in front.
const TAKEN: [&str; 13] = [
    "OUTPUT",
    "STEP",
    "STEP_",
    "SECRET_",
    "RUN",
    "CASE",
    "DRILL",
    "DRY_RUN",
    "KEEPER",
    "TOKEN",
    "URL",
    "ITEM",
    "ITEM_INDEX",
];
/// The longest name of a parameter, in bytes.
const LONGEST_NAME: usize = 50;

/// What a file's front matter says, each name with its place.
#[derive(Default)]
pub(crate) struct Front {
    /// What it says.
    pub matter: FrontMatter,
    /// What the runbook is called.
    pub id: Option<At<String>>,
    /// The teams that keep it.
    pub owners: Vec<At<TeamName>>,
    /// The services that it is about.
    pub services: Vec<At<ServiceName>>,
    /// Every role.
    pub roles: Vec<At<RoleName>>,
    /// Whether parts of it could not be read.
    pub partial: bool,
    /// Where the Markdown begins.
    pub body: usize,
}

/// Reads the front matter of a file, if it begins with one.
pub(crate) fn front_matter(file: u32, text: &str, findings: &mut Vec<Finding>) -> Front {
    let Some((start, end, body)) = cut(text, "---") else {
        let toml = cut(text, "+++");
        if let Some((..)) = toml {
            let place = Place { file, start: 0, end: 3 };
            findings.push(
                Finding::warning(Code::Syntax, place, "this front matter is TOML, which is passed over")
                    .label("nothing in it counts")
                    .help("write it as YAML, between two lines `---`"),
            );
        }
        return Front { body: toml.map_or(0, |(.., body)| body), ..Front::default() };
    };
    let yaml = text.get(start..end).unwrap_or_default();
    if yaml.trim().is_empty() {
        return Front { body, ..Front::default() };
    }
    if !seems_yaml(yaml) {
        // Two rules with a text between them.
        return Front::default();
    }
    let before = findings.len();
    let base = u32::try_from(start).unwrap_or(u32::MAX);
    let nodes = tree::parse(yaml, file, base, findings);
    let mut front = match nodes.as_slice() {
        [node] => of_node(node, findings),
        _ => Front { partial: true, ..Front::default() },
    };
    front.partial |= findings.len() > before
        && findings.iter().skip(before).any(|finding| finding.level == wheelhouse_core::catalog::Level::Error);
    front.body = body;
    front
}

/// Where the text between two marks begins and ends, and where what follows begins. Only at the very beginning.
fn cut(text: &str, mark: &str) -> Option<(usize, usize, usize)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == mark && line.ends_with('\n'))?;
    let start = first.len();
    let mut offset = start;
    for line in lines {
        if line.trim_end() == mark {
            return Some((start, offset, offset + line.len()));
        }
        offset += line.len();
    }
    None
}

/// Whether the first line that says something begins with a key.
fn seems_yaml(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let key = first.and_then(|line| line.split_once(':')).map(|(key, _)| key.trim_matches(['"', '\'']));
    first.is_none() || key.is_some_and(|key| !key.is_empty() && !key.contains(' '))
}

fn of_node(node: &Node, findings: &mut Vec<Finding>) -> Front {
    let Content::Map(_) = node.content else {
        return Front::default();
    };
    unknown(node, findings);
    // Nothing was read before.
    let nothing = Node { id: u32::MAX, place: node.place, content: Content::Null };
    let decoded = decode::<RunbookFields>(node, &nothing, findings);
    let Some(fields) = decoded.fields else { return Front { partial: true, ..Front::default() } };
    let owners = fields.owners.plain();
    let services = fields.services.plain();
    let (edit, run, approve) = (fields.roles.edit.plain(), fields.roles.run.plain(), fields.roles.approve.plain());
    let matter = FrontMatter {
        id: None,
        title: fields.title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty()),
        owners: names_of(&owners),
        services: names_of(&services),
        parameters: parameters(fields.parameters.0.into_iter().map(|(name, one)| (name, one.0)).collect(), findings),
        triggers: fields.triggers.map(|trigger| Trigger { when: trigger.when.plain().value }),
        roles: Roles { edit: names_of(&edit), run: names_of(&run), approve: names_of(&approve) },
        controls: fields.controls.plain(),
        drill_every: length_of(fields.drill_every),
        schedule: None,
        version_note: fields.version_note,
        other: others(node),
    };
    let schedule = fields.schedule.and_then(|said| schedule(&said.0, &matter.parameters, findings));
    let matter = FrontMatter { schedule, ..matter };
    let id = fields.id.or(fields.name).map(|id| id.0);
    let matter = FrontMatter { id: id.as_ref().map(|id| id.value.clone()), ..matter };
    let roles = [edit, run, approve].concat();
    Front { matter, id, owners, services, roles, partial: decoded.partial, body: 0 }
}

/// When the runbook is run by itself; nobody is there then to give its parameters values.
fn schedule(said: &At<String>, parameters: &[Parameter], findings: &mut Vec<Finding>) -> Option<Schedule> {
    if let Some(missing) = parameters.iter().find(|parameter| parameter.required && parameter.default.is_none()) {
        let message = format!("nobody is there to give `{}` a value", shown(&missing.name));
        findings.push(
            Finding::error(Code::Conflict, said.place, message)
                .label("it would be run by itself")
                .help("give the parameter a default"),
        );
    }
    let wrong = |expected| {
        let message = format!("`schedule` cannot be `{}`", shown(&said.value));
        Finding::error(Code::BadValue, said.place, message).label(format!("expected {expected}"))
    };
    Schedule::parse(&said.value).map_err(|expected| findings.push(wrong(expected))).ok()
}

/// Keys of other programs are kept. One that is nearly ours is probably meant as ours.
fn unknown(node: &Node, findings: &mut Vec<Finding>) {
    for entry in node.fields() {
        let key = entry.key.as_str();
        if RunbookFields::KEYS.contains(&key) {
            continue;
        }
        if let Some(meant) = nearest(key, RunbookFields::KEYS.into_iter().filter(|key| key.len() > 4)) {
            let message = format!("`{}` means nothing in a runbook", shown(key));
            findings.push(
                Finding::warning(Code::UnknownField, entry.place, message)
                    .label("kept, and passed over")
                    .help(format!("did you mean `{meant}`?")),
            );
        }
    }
}

fn others(node: &Node) -> BTreeMap<String, Value> {
    let others = node.fields().iter().filter(|entry| !RunbookFields::KEYS.contains(&entry.key.as_str()));
    others.map(|entry| (entry.key.clone(), json(&entry.value))).collect()
}

type Fields = super::format::ParameterFields;

fn parameters(named: Vec<(String, At<Fields>)>, findings: &mut Vec<Finding>) -> Vec<Parameter> {
    if let Some((_, excess)) = named.get(MOST_PARAMETERS) {
        findings.push(
            Finding::error(Code::TooMany, excess.place, format!("more than {MOST_PARAMETERS} parameters"))
                .help("split the runbook"),
        );
    }
    let mut parameters: Vec<Parameter> = Vec::new();
    for (name, At { value, place }) in named.into_iter().take(MOST_PARAMETERS) {
        let parameter = value.named(name);
        wrong(&parameter, &parameters, place, findings);
        parameters.push(parameter);
    }
    parameters
}

/// Whether what would have this name in the environment of a step is something else already.
pub(crate) fn is_taken(name: &str) -> bool {
    let upper = name.to_ascii_uppercase().replace(['-', '.'], "_");
    TAKEN.iter().any(|taken| upper == *taken || (taken.ends_with('_') && upper.starts_with(taken)))
}

/// What is wrong with a parameter.
fn wrong(parameter: &Parameter, before: &[Parameter], place: Place, findings: &mut Vec<Finding>) {
    let name = shown(&parameter.name);
    let is_name = parameter.name.len() <= LONGEST_NAME
        && parameter.name.starts_with(|c: char| c.is_ascii_alphabetic())
        && parameter.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        findings.push(
            Finding::error(Code::BadName, place, format!("`{name}` is no name of a parameter"))
                .label("becomes part of a variable's name")
                .help(format!("letters, digits and `_`, at most {LONGEST_NAME}, starting with a letter")),
        );
    }
    if before.iter().any(|other| other.variable() == parameter.variable()) {
        let message = format!("two parameters are `{}` in the environment", parameter.variable());
        findings.push(Finding::error(Code::DuplicateName, place, message).help("rename one of them"));
    }
    if is_taken(&parameter.name) {
        let message = format!("`{}` is already something else in the environment of a step", parameter.variable());
        findings.push(Finding::error(Code::BadName, place, message).help("choose another name for the parameter"));
    }
    let mut bad = |what: String, help: &str| {
        let message = format!("parameter `{name}`: {what}");
        findings.push(Finding::error(Code::BadValue, place, message).help(help));
    };
    let allowed = &parameter.allowed;
    let texts = matches!(parameter.kind, ParameterKind::String | ParameterKind::List);
    if let Some(Err(why)) = allowed.pattern.as_deref().map(check_pattern) {
        bad(format!("`pattern` cannot be read: {}", shown(&why)), "correct the regular expression");
    }
    if !texts && (allowed.pattern.is_some() || allowed.min_length.is_some() || allowed.max_length.is_some()) {
        bad("`pattern`, `minLength` and `maxLength` are about texts".into(), "take them away, or say `type: string`");
    }
    if parameter.kind != ParameterKind::Integer && (allowed.minimum.is_some() || allowed.maximum.is_some()) {
        bad("`minimum` and `maximum` are about whole numbers".into(), "take them away, or say `type: integer`");
    }
    if allowed.minimum.zip(allowed.maximum).is_some_and(|(least, most)| least > most)
        || allowed.min_length.zip(allowed.max_length).is_some_and(|(least, most)| least > most)
    {
        bad("nothing lies between its bounds".into(), "swap them");
    }
    if allowed.choices.len() > MOST_PARAMETERS {
        bad(format!("more than {MOST_PARAMETERS} values"), "use a `pattern`");
    }
    let item = |value: &Value| match parameter.kind {
        ParameterKind::List => Value::Array(vec![value.clone()]),
        _ => value.clone(),
    };
    if let Some(Err(wrong)) = allowed.choices.iter().map(|choice| parameter.check(&item(choice))).find(Result::is_err) {
        bad(format!("`enum` has a value that it does not take; expected {}", wrong.expected), "correct `enum`");
    }
    if let Some(Err(wrong)) = parameter.default.as_ref().map(|value| parameter.check(value)) {
        bad(format!("it does not take its `default`; expected {}", wrong.expected), "correct `default`");
    }
}
