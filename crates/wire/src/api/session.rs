//! Sessions: a browser that has shown a token, and who it is for.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::access::Owner;
use wheelhouse_core::catalog::{Catalog, Contact};

use super::{Party, Time};

/// Signs a browser in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The token, `wh_…`.
    pub token: String,
}

/// The token is a secret: what prints a request does not print it.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn { token: … }")
    }
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Who acts.
    pub actor: Party,
    /// The name as people write it; null for a source and the first-start token.
    pub display_name: Option<String>,
    /// The IANA time zone in which the person sees times; null where the catalog names none.
    pub time_zone: Option<String>,
    /// The person's teams.
    pub teams: Vec<String>,
    /// The roles that the teams give.
    pub roles: Vec<String>,
    /// The ways by which the person is reached, in order of preference; never the addresses.
    pub contacts: Vec<ContactWay>,
    /// What they may do that is about no single case, service or drill, as words of the policies. What they may
    /// do to a case stands in the case.
    pub may: Vec<String>,
    /// When the token ends, and the session with it; null where it does not.
    pub expires_at: Option<Time>,
}

/// A way by which somebody is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactWay {
    /// `email`, `webhook` or `channel`.
    pub kind: String,
    /// The channel of the catalog, if it is one.
    pub channel: Option<String>,
}

impl Session {
    /// Who `owner` is under `catalog`; what they may do is for the authority to say.
    pub fn of(owner: &Owner, catalog: &Catalog) -> Self {
        let person = match owner {
            Owner::Person(name) => catalog.people.get(name),
            Owner::Source(_) | Owner::Runner(_) | Owner::Bootstrap => None,
        };
        let is_member = |members: &[_]| person.is_some_and(|person| members.contains(&person.name));
        let teams: Vec<_> = catalog.teams.values().filter(|team| is_member(&team.members)).collect();
        let mut roles: Vec<String> = teams.iter().flat_map(|team| team.roles.clone()).collect();
        roles.sort();
        roles.dedup();
        Self {
            actor: Party::from(owner),
            display_name: person.map(|person| person.display_name.clone()),
            time_zone: person.and_then(|person| person.time_zone.clone()),
            teams: teams.iter().map(|team| team.name.to_string()).collect(),
            roles,
            contacts: person.map(|person| person.contacts.iter().map(ContactWay::from).collect()).unwrap_or_default(),
            may: Vec::new(),
            expires_at: None,
        }
    }
}

impl From<&Contact> for ContactWay {
    fn from(contact: &Contact) -> Self {
        let (kind, channel) = match contact {
            Contact::Email(_) => ("email", None),
            Contact::Webhook(_) => ("webhook", None),
            Contact::Channel { channel, .. } => ("channel", Some(channel.to_string())),
        };
        Self { kind: kind.to_owned(), channel }
    }
}
