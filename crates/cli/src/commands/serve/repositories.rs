//! The repositories of the catalog as options name them: texts of `--ops`, and mappings in the file of
//! `--config`, which say more.

use std::path::{Path, PathBuf};
use std::time::Duration;

use wheelhouse_core::catalog::nearest;
use wheelhouse_core::name::{RepositoryName, SecretName};
use wheelhouse_hub::delivery::Secret;
use wheelhouse_hub::repositories::{Credential, GitLocation, Location, RepositorySettings, TokenPlace, arrange};

use super::file::Setting;
use crate::args::Serve;
use crate::failure::Failure;
use crate::moment::Length;

/// The least and the most time between two looks at a repository.
const EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(24 * 60 * 60));
/// What a mapping may say.
const FIELDS: [&str; 14] = [
    "name",
    "url",
    "path",
    "branch",
    "folder",
    "every",
    "username",
    "token",
    "token-file",
    "token-env",
    "ssh-key-file",
    "known-hosts-file",
    "webhook-secret-file",
    "signers-file",
];

/// A repository as a mapping in the file of `--config` gives it. Paths are complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryOption {
    name: Option<String>,
    url: Option<String>,
    path: Option<PathBuf>,
    branch: Option<String>,
    folder: Option<String>,
    every: Option<Duration>,
    username: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    token_env: Option<String>,
    ssh_key_file: Option<PathBuf>,
    known_hosts_file: Option<PathBuf>,
    webhook_secret_file: Option<PathBuf>,
    signers_file: Option<PathBuf>,
}

/// All repositories that the options name.
///
/// # Errors
/// Names the one that cannot be used.
pub(super) fn settings(options: &Serve) -> Result<Vec<RepositorySettings>, Failure> {
    let failed = |error: wheelhouse_hub::repositories::BadLocation| {
        Failure::cannot_run(format!("--ops: {error}"))
            .help("expected folders, or git addresses such as https://git.example.org/payments.git#main:ops")
    };
    let mut given = Vec::new();
    for text in &options.ops {
        given.push(Location::parse(text).map_err(failed)?);
    }
    let detailed = options.repositories.iter();
    let secrets = options.secrets.as_deref();
    for (option, location) in detailed.clone().zip(detailed.map(|option| option.location(secrets))) {
        let (suggested, location) = location.map_err(failed)?;
        option.check_token(secrets)?;
        let name = option.name.as_deref().map(RepositoryName::new).transpose();
        let name = name.map_err(|error| Failure::cannot_run(format!("--ops: {error}")))?;
        given.push((name.or(suggested), location));
    }
    let names: Vec<Option<RepositoryName>> = given.iter().map(|(name, _)| name.clone()).collect();
    let mut all = arrange(given).map_err(failed)?;
    let announced = options.git_webhook_secret_file.as_deref();
    let common = announced.map(|path| secret("--git-webhook-secret-file", path)).transpose()?;
    for one in &mut all {
        one.webhook_secret.clone_from(&common);
    }
    for (option, name) in options.repositories.iter().zip(names.iter().skip(options.ops.len())) {
        let Some(one) = all.iter_mut().find(|one| Some(&one.name) == name.as_ref()) else { continue };
        one.every = option.every.unwrap_or(one.every);
        if let Some(path) = &option.webhook_secret_file {
            one.webhook_secret = Some(secret("webhook-secret-file", path)?);
        }
    }
    Ok(all)
}

/// A text of `ops` in a file: folders are relative to the file's own.
pub(super) fn relative_to(folder: &Path, text: &str) -> String {
    match Location::parse(text) {
        Ok((name, Location::Folders(folders))) => {
            let path: PathBuf = folders.iter().map(|path| folder.join(path)).collect();
            let prefix = name.map(|name| format!("{name}=")).unwrap_or_default();
            format!("{prefix}{}", path.display())
        }
        _ => text.to_owned(),
    }
}

impl RepositoryOption {
    /// Reads a mapping; paths are relative to `folder`.
    ///
    /// # Errors
    /// Says which field cannot be used.
    pub(super) fn read(fields: Vec<(String, Setting)>, folder: &Path) -> Result<Self, String> {
        let mut option = Self::default();
        for (key, value) in fields {
            if !FIELDS.contains(&key.as_str()) {
                let shown: String = key.chars().take(60).collect();
                return Err(match nearest(&key, FIELDS) {
                    Some(meant) => format!("`ops`: there is no field `{shown}`; did you mean `{meant}`?"),
                    None => format!("`ops`: there is no field `{shown}`; expected one of {}", FIELDS.join(", ")),
                });
            }
            let text = value.one(&key)?;
            let path = || Some(folder.join(&text));
            match key.as_str() {
                "path" => option.path = path(),
                "token-file" => option.token_file = path(),
                "ssh-key-file" => option.ssh_key_file = path(),
                "known-hosts-file" => option.known_hosts_file = path(),
                "webhook-secret-file" => option.webhook_secret_file = path(),
                "signers-file" => option.signers_file = path(),
                "every" => option.every = Some(interval(&text)?),
                "name" => option.name = Some(text),
                "url" => option.url = Some(text),
                "branch" => option.branch = Some(text),
                "folder" => option.folder = Some(text),
                "username" => option.username = Some(text),
                "token" => option.token = Some(text),
                _ => option.token_env = Some(text),
            }
        }
        option.agree().map(|()| option)
    }

    /// Whether the fields go together.
    fn agree(&self) -> Result<(), String> {
        let only_git = self.branch.is_some()
            || self.folder.is_some()
            || self.username.is_some()
            || self.token.is_some()
            || self.token_file.is_some()
            || self.token_env.is_some()
            || self.ssh_key_file.is_some()
            || self.known_hosts_file.is_some()
            || self.signers_file.is_some();
        let tokens = [self.token.is_some(), self.token_file.is_some(), self.token_env.is_some()];
        match (&self.url, &self.path) {
            (None, None) => Err("`ops`: a repository needs a `url`, or the `path` of a folder".to_owned()),
            (Some(_), Some(_)) => Err("`ops`: a repository has a `url` or a `path`, not both".to_owned()),
            (None, Some(_)) if only_git => {
                Err("`ops`: only a repository with a `url` has a branch, a folder within, credentials and signers"
                    .to_owned())
            }
            (None, Some(_)) if self.name.is_none() => {
                Err("`ops`: a folder with settings of its own needs a `name`".to_owned())
            }
            _ if tokens.iter().filter(|given| **given).count() > 1 => {
                Err("`ops`: a token is a kept secret, or in a file, or in a variable; only one of them".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Whether the secret that it names is one that the hub can keep.
    fn check_token(&self, secrets: Option<&Path>) -> Result<(), Failure> {
        let Some(name) = &self.token else { return Ok(()) };
        if let Err(error) = SecretName::new(name) {
            return Err(Failure::cannot_run(format!("--ops: `token`: {error}")));
        }
        if secrets.is_none() {
            return Err(Failure::cannot_run(format!("--ops: the secret `{name}` is named, and the hub keeps none"))
                .help("give the folder with the secrets: --secrets DIR; or name a file: `token-file`"));
        }
        Ok(())
    }

    fn location(
        &self,
        secrets: Option<&Path>,
    ) -> Result<(Option<RepositoryName>, Location), wheelhouse_hub::repositories::BadLocation> {
        let Some(url) = &self.url else { return Ok((None, Location::Folders(self.path.iter().cloned().collect()))) };
        let (suggested, parsed) = Location::parse(url)?;
        let Location::Git(parsed) = parsed else {
            return GitLocation::new(url, None, "").map(|git| (suggested, Location::Git(Box::new(git))));
        };
        let branch = self.branch.as_deref().or(parsed.branch.as_deref());
        let folder = self.folder.as_deref().unwrap_or(&parsed.folder);
        let mut git = GitLocation::new(parsed.url.as_str(), branch, folder)?;
        // A kept secret is a file of its name; `settings` refuses a name where there is no folder for it.
        let kept = self.token.as_ref().and_then(|name| Some(secrets?.join(name)));
        let file = self.token_file.clone().or(kept).map(TokenPlace::File);
        git.credential = Credential {
            username: self.username.clone(),
            token: file.or_else(|| self.token_env.clone().map(TokenPlace::Environment)),
            ssh_key: self.ssh_key_file.clone(),
            known_hosts: self.known_hosts_file.clone(),
        };
        git.signers.clone_from(&self.signers_file);
        Ok((suggested, Location::Git(Box::new(git))))
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let length: Option<Length> = text.parse().ok();
    let micros = length.and_then(|length| u64::try_from(length.0.as_micros()).ok());
    let every = micros.map(Duration::from_micros).filter(|every| (EVERY.0..=EVERY.1).contains(every));
    every.ok_or_else(|| format!("`every`: `{text}` is not an interval; expected one from 1s to 1d, such as `60s`"))
}

fn secret(option: &str, path: &Path) -> Result<Secret, Failure> {
    Secret::from_file(path).map_err(|error| Failure::cannot_run(format!("{option}: {error}")))
}

#[cfg(test)]
mod tests;
