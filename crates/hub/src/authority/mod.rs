//! Authority: who may do what, decided by Cedar policies ahead of the writer.
//!
//! The default policies (`policies/default.cedar`) and the organisation's own ones are checked
//! against one schema. What no policy allows is denied.

mod action;
mod bad_policies;
mod doors;
mod entities;
mod policies;
mod refusal;
mod request;

use std::fmt;
use std::sync::Arc;

use cedar_policy::{AuthorizationError, Authorizer, Context};
use sha2::{Digest, Sha256};
use wheelhouse_core::catalog::Catalog;

pub use action::Action;
pub use bad_policies::{BadPolicies, BadPolicy};
pub use doors::Doors;
pub use request::{CaseFacts, Decision, Request, Resource, RunbookFacts, SilenceFacts};

use entities::World;
use policies::Policies;
use refusal::Explained;

/// The organisation's policies over one version of its catalog.
pub struct Authority {
    policies: Policies,
    world: World,
    explained: Explained,
    authorizer: Authorizer,
    version: Arc<str>,
}

/// Checks policies by themselves, given as path and text of each `*.cedar` file: against the schema, and
/// beside the default policies. No catalog is needed.
///
/// # Errors
/// Says everything that is wrong with them.
pub fn check_policies(custom: &[(String, String)]) -> Result<(), BadPolicies> {
    Policies::load(custom).map(drop)
}

impl Authority {
    /// Builds the authority over a catalog from the default policies and `custom` ones, given as
    /// path and text of each `*.cedar` file. Policies that are in any way wrong are all refused.
    pub fn new(catalog: Arc<Catalog>, custom: &[(String, String)]) -> Result<Self, BadPolicies> {
        let policies = Policies::load(custom)?;
        let version = version(&catalog, custom).into();
        let world = World::new(catalog, &policies);
        let explained = Explained::new(&policies);
        Ok(Self { policies, world, explained, authorizer: Authorizer::new(), version })
    }

    /// Whether something may be done, by which policies, or why not.
    pub fn decide(&self, request: &Request) -> Decision {
        match self.judge(request) {
            Ok(policies) => Decision::Allowed { policies },
            Err(why) => Decision::Denied { why },
        }
    }

    /// Says which catalog and policies this is: the lower-case hexadecimal SHA-256 over both.
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    fn judge(&self, request: &Request) -> Result<Vec<String>, String> {
        let slice = self
            .world
            .slice(&request.principal, request.action, &request.resource)
            .map_err(|reason| refusal::because(request, &reason))?;
        let asked = cedar_policy::Request::new(
            slice.principal,
            slice.action,
            slice.resource,
            Context::empty(),
            Some(&self.policies.schema),
        );
        // The schema bounds who may ask for what at all; whatever it rules out no policy allows.
        let Ok(asked) = asked else { return Err(self.explained.not_allowed(request)) };
        let answer = self.authorizer.is_authorized(&asked, &self.policies.set, &slice.entities);
        let mut names: Vec<String> = answer.diagnostics().reason().map(ToString::to_string).collect();
        names.sort_unstable();
        // Cedar skips a policy that fails. A prohibition must not vanish that way.
        for error in answer.diagnostics().errors() {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            tracing::error!(policy = %error.policy_id(), %error, "a policy failed");
            if self.policies.forbids(error.policy_id()) {
                let reason = format!("policy `{}` could not be evaluated; correct it", error.policy_id());
                return Err(refusal::because(request, &reason));
            }
        }
        match answer.decision() {
            cedar_policy::Decision::Allow => Ok(names),
            cedar_policy::Decision::Deny if names.is_empty() => Err(self.explained.not_allowed(request)),
            cedar_policy::Decision::Deny => Err(refusal::forbidden(request, &names)),
        }
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("version", &self.version).finish_non_exhaustive()
    }
}

fn version(catalog: &Catalog, custom: &[(String, String)]) -> String {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    };
    add(&catalog.version);
    add(policies::SCHEMA);
    add(policies::DEFAULT.1);
    for (path, text) in custom {
        add(path);
        add(text);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
