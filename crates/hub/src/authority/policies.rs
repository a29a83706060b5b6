//! Policy texts to one validated policy set, or everything that is wrong with them.

use std::collections::BTreeMap;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use wheelhouse_core::name::is_name;

use super::bad_policies::{BadPolicies, BadPolicy};

/// What policies can speak of.
pub(super) const SCHEMA: &str = include_str!("../../policies/schema.cedarschema");
/// The policies that every organisation starts with.
pub(super) const DEFAULT: (&str, &str) = ("default.cedar", include_str!("../../policies/default.cedar"));
/// The most policies of one organisation.
const MOST_POLICIES: usize = 1_000;
/// The most bytes of one policy file.
const LARGEST_FILE_BYTES: usize = 1 << 20;

/// Policies that were checked against the schema, under their own names.
pub(super) struct Policies {
    /// The schema.
    pub(super) schema: Schema,
    /// The policies, by the names that `@id` gives them.
    pub(super) set: PolicySet,
}

/// One policy file: where it lies and what it says.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

/// Where a policy stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    text: &'a str,
    offset: Option<usize>,
}

impl Policies {
    /// Reads the default policies and `custom` ones (path, text), and checks all of them.
    pub(super) fn load(custom: &[(String, String)]) -> Result<Self, BadPolicies> {
        let mut bad = BadPolicies::default();
        let schema = read_schema(&mut bad);
        let mut set = PolicySet::new();
        let mut places = BTreeMap::new();
        let own = File { path: DEFAULT.0, text: DEFAULT.1 };
        let files = custom.iter().map(|(path, text)| File { path, text });
        for file in std::iter::once(own).chain(files) {
            read_file(&file, &mut set, &mut places, &mut bad);
        }
        if let (Some(schema), true) = (schema, bad.is_empty()) {
            validate(&schema, &set, &places, &mut bad);
            if bad.is_empty() {
                return Ok(Self { schema, set });
            }
        }
        Err(bad)
    }

    /// Whether a policy forbids.
    pub(super) fn forbids(&self, id: &PolicyId) -> bool {
        self.set.policy(id).is_some_and(|policy| policy.effect() == Effect::Forbid)
    }
}

fn read_schema(bad: &mut BadPolicies) -> Option<Schema> {
    match Schema::from_cedarschema_str(SCHEMA) {
        Ok((schema, _)) => Some(schema),
        Err(error) => {
            bad.push(BadPolicy::from_cedar("schema.cedarschema", SCHEMA, None, &DetailedError::from(&error)));
            None
        }
    }
}

fn read_file<'a>(
    file: &File<'a>,
    set: &mut PolicySet,
    places: &mut BTreeMap<String, Place<'a>>,
    bad: &mut BadPolicies,
) {
    let File { path, text } = *file;
    let mut refuse = |offset, message: String, help: &str| {
        bad.push(BadPolicy::at(path, text, offset, message, Some(help.to_owned())));
    };
    if text.len() > LARGEST_FILE_BYTES {
        let message = format!("the file has {} bytes, more than {LARGEST_FILE_BYTES}", text.len());
        return refuse(None, message, "split it");
    }
    let parsed = match text.parse::<PolicySet>() {
        Ok(parsed) => parsed,
        Err(errors) => {
            for error in errors.iter() {
                bad.push(BadPolicy::from_cedar(path, text, None, &DetailedError::from(error)));
            }
            return;
        }
    };
    if parsed.templates().next().is_some() {
        return refuse(
            text.find("?principal").or_else(|| text.find("?resource")),
            "policy templates are not supported".to_owned(),
            "write a policy that names its principal and resource",
        );
    }
    for (policy, offset) in in_order(&parsed, text) {
        match name_of(policy, places) {
            Err((message, help)) => refuse(offset, message, &help),
            Ok(_) if places.len() >= MOST_POLICIES => {
                return refuse(offset, format!("there are more than {MOST_POLICIES} policies"), "merge some of them");
            }
            Ok(name) => {
                if let Err(error) = set.add(policy.new_id(PolicyId::new(&name))) {
                    refuse(offset, error.to_string(), "give the policy another `@id`");
                }
                places.insert(name, Place { path, text, offset });
            }
        }
    }
}

/// The policies of a file in the order in which they stand, each with where it starts.
fn in_order<'a>(parsed: &'a PolicySet, text: &str) -> Vec<(&'a Policy, Option<usize>)> {
    let number = |policy: &Policy| policy.id().to_string().trim_start_matches("policy").parse::<usize>().ok();
    let mut policies: Vec<_> = parsed.policies().collect();
    policies.sort_by_key(|policy| number(policy));
    let mut from = 0;
    policies
        .into_iter()
        .map(|policy| {
            let source = policy.to_string();
            let start = text.get(from..).and_then(|rest| rest.find(&source)).map(|found| from + found);
            from = start.map_or(from, |start| start + source.len());
            (policy, start)
        })
        .collect()
}

/// The name that a policy has in the record, or what is wrong with it and what to do.
fn name_of(policy: &Policy, places: &BTreeMap<String, Place<'_>>) -> Result<String, (String, String)> {
    let Some(name) = policy.annotation("id") else {
        let help = "write `@id(\"a-short-name\")` in front of it: the record names policies by it".to_owned();
        return Err(("the policy has no name".to_owned(), help));
    };
    if !is_name(name) {
        let help = "use 1 to 63 characters of a–z, 0–9, `-`, `_` or `.`, starting with a letter or digit".to_owned();
        return Err((format!("`{}` is not a name for a policy", name.escape_debug()), help));
    }
    match places.get(name) {
        Some(other) => {
            Err((format!("a policy named `{name}` stands in {} already", other.path), "choose another name".to_owned()))
        }
        None => Ok(name.to_owned()),
    }
}

/// Checks every policy against the schema. What Cedar only warns of, such as a policy that can
/// never apply, is a mistake in a text that decides who may do what, and refused as well.
fn validate(schema: &Schema, set: &PolicySet, places: &BTreeMap<String, Place<'_>>, bad: &mut BadPolicies) {
    let found = Validator::new(schema.clone()).validate(set, ValidationMode::Strict);
    let errors = found.validation_errors().map(|error| (error.policy_id(), DetailedError::from(error)));
    let warnings = found.validation_warnings().map(|warning| (warning.policy_id(), DetailedError::from(warning)));
    for (id, error) in errors.chain(warnings) {
        let id: &str = id.as_ref();
        match places.get(id) {
            Some(place) => bad.push(BadPolicy::from_cedar(place.path, place.text, place.offset, &error)),
            None => bad.push(BadPolicy::from_cedar(id, "", None, &error)),
        }
    }
}
