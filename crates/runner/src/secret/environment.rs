//! Secrets in the runner's own environment.

use std::collections::BTreeMap;

use super::{Secret, SecretError, SecretSource};

/// Secrets that were in the environment under a prefix: `db-password` in `WH_SECRET_DB_PASSWORD`.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentSecrets {
    values: BTreeMap<String, Secret>,
}

impl EnvironmentSecrets {
    /// The prefix of their names.
    pub const PREFIX: &str = "WH_SECRET_";

    /// Takes them out of an environment, such as `std::env::vars()`.
    #[must_use]
    pub fn from(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let named =
            |(name, value): (String, String)| Some((name.strip_prefix(Self::PREFIX)?.to_owned(), Secret::new(value)));
        Self { values: environment.into_iter().filter_map(named).collect() }
    }
}

impl SecretSource for EnvironmentSecrets {
    fn find(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let variable = name.to_ascii_uppercase().replace(['-', '.'], "_");
        Ok(self.values.get(&variable).cloned())
    }
}
