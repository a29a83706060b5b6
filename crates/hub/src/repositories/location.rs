//! Where a repository is: folders, or a git address, as options name it.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use wheelhouse_core::catalog::FOLDERS;
use wheelhouse_core::name::{RepositoryName, is_name};

use crate::delivery::Secret;

/// How often a git repository is looked at unless said otherwise.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(60);
/// How often folders are looked at unless said otherwise.
pub const DEFAULT_FOLDERS_EVERY: Duration = Duration::from_secs(2);
/// The longest address, in bytes.
const LONGEST_ADDRESS: usize = 2_000;

/// A repository of the catalog, as the hub is told of it.
#[derive(Clone, Debug)]
pub struct RepositorySettings {
    /// Its name.
    pub name: RepositoryName,
    /// Where it is.
    pub location: Location,
    /// How often it is looked at.
    pub every: Duration,
    /// The secret by which a push is announced at `/in/git/NAME`; without it that door is closed.
    pub webhook_secret: Option<Secret>,
}

/// Where a repository is.
#[derive(Clone, Debug)]
pub enum Location {
    /// Folders on this machine.
    Folders(Vec<PathBuf>),
    /// A git repository.
    Git(Box<GitLocation>),
}

/// A git repository, and which part of it counts.
#[derive(Clone, Debug)]
pub struct GitLocation {
    /// Its address, without credentials: `https`, `http`, `ssh`, `git` or `file`.
    pub url: Url,
    /// The branch; the repository's own choice where absent.
    pub branch: Option<String>,
    /// The folder within, without a slash at either end; empty for all of it.
    pub folder: String,
    /// How the hub says who it is.
    pub credential: Credential,
    /// The file with the SSH keys that are trusted to sign commits, as ssh-keygen(1) reads it; none where absent.
    pub signers: Option<PathBuf>,
}

/// How the hub says who it is to a git server.
#[derive(Clone, Debug, Default)]
pub struct Credential {
    /// The user name for HTTP; `git` where absent, which servers that know tokens ignore.
    pub username: Option<String>,
    /// Where the token or password for HTTP is kept.
    pub token: Option<TokenPlace>,
    /// The file with the private key for SSH; the user's own keys where absent.
    pub ssh_key: Option<PathBuf>,
    /// The file with the known hosts for SSH; the user's own where absent.
    pub known_hosts: Option<PathBuf>,
}

/// Where a token is kept. It is read whenever it is used, so that a new one counts at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

/// Why an option names no repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` {why}")]
pub struct BadLocation {
    /// What was given, as far as it may be shown.
    pub shown: String,
    /// What is wrong with it, and what is expected.
    pub why: String,
}

impl Location {
    /// Reads `FOLDER`, `NAME=FOLDER`, `URL` or `NAME=URL`; to a URL `#BRANCH`, `#BRANCH:FOLDER` or
    /// `#:FOLDER` may be added. Gives the name if there is one, or if a URL suggests one.
    ///
    /// # Errors
    /// Says what is wrong with an address; a password in it is not repeated.
    pub fn parse(text: &str) -> Result<(Option<RepositoryName>, Self), BadLocation> {
        let (name, place) = match text.split_once('=') {
            Some((name, place)) if is_name(name) && !place.is_empty() => (RepositoryName::new(name).ok(), place),
            _ => (None, text),
        };
        match git_address(place)? {
            None if place.is_empty() => Err(bad(text, "names no folder; expected a folder or a git address")),
            None => Ok((name, Self::Folders(vec![PathBuf::from(place)]))),
            Some(location) => {
                let name = name.or_else(|| suggested(&location.url));
                Ok((name, Self::Git(Box::new(location))))
            }
        }
    }

    /// The address or the folders, for people.
    pub fn shown(&self) -> String {
        match self {
            Self::Folders(folders) => {
                folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
            }
            Self::Git(git) => match (&git.branch, git.folder.as_str()) {
                (None, "") => git.url.to_string(),
                (branch, "") => format!("{}#{}", git.url, branch.as_deref().unwrap_or("")),
                (branch, folder) => format!("{}#{}:{folder}", git.url, branch.as_deref().unwrap_or("")),
            },
        }
    }
}

/// Gives every repository its name: folders without one are one repository together.
///
/// # Errors
/// Says which name is given twice, or cannot be made from an address.
pub fn arrange(given: Vec<(Option<RepositoryName>, Location)>) -> Result<Vec<RepositorySettings>, BadLocation> {
    let mut all: Vec<RepositorySettings> = Vec::new();
    for (name, location) in given {
        let every = match location {
            Location::Folders(_) => DEFAULT_FOLDERS_EVERY,
            Location::Git(_) => DEFAULT_EVERY,
        };
        let name = match (name, &location) {
            (Some(name), _) => name,
            (None, Location::Folders(more)) => {
                let known = all.iter_mut().find(|one| one.name.as_str() == FOLDERS);
                if let Some(RepositorySettings { location: Location::Folders(folders), .. }) = known {
                    folders.extend(more.iter().cloned());
                    continue;
                }
                RepositoryName::new(FOLDERS).expect("`folders` is a name")
            }
            (None, Location::Git(git)) => {
                return Err(bad(git.url.as_str(), "suggests no name; write NAME=URL"));
            }
        };
        if all.iter().any(|one| one.name == name) {
            let why =
                format!("is named `{name}` as another one is; give it a name of its own: NAME={}", location.shown());
            return Err(bad(&location.shown(), &why));
        }
        all.push(RepositorySettings { name, location, every, webhook_secret: None });
    }
    Ok(all)
}

impl GitLocation {
    /// Takes an address, a branch and a folder.
    ///
    /// # Errors
    /// Says which of them cannot be used.
    pub fn new(address: &str, branch: Option<&str>, folder: &str) -> Result<Self, BadLocation> {
        let url = parse_url(address)?;
        let branch = branch.filter(|branch| !branch.is_empty());
        if let Some(branch) = branch.filter(|branch| !is_branch(branch)) {
            return Err(bad(branch, "is not the name of a branch"));
        }
        let folder = folder.trim_matches('/');
        let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control());
        if !folder.is_empty() && !folder.split('/').all(plain) {
            return Err(bad(folder, "is not a folder of a repository; expected one such as `services/payments/ops`"));
        }
        let (branch, folder) = (branch.map(str::to_owned), folder.to_owned());
        Ok(Self { url, branch, folder, credential: Credential::default(), signers: None })
    }
}

/// Reads a git address; nothing where the text is a folder.
fn git_address(text: &str) -> Result<Option<GitLocation>, BadLocation> {
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let is_url = address.contains("://");
    let Some(address) = is_url.then(|| address.to_owned()).or_else(|| short_ssh(address)) else { return Ok(None) };
    let (branch, folder) = fragment.split_once(':').unwrap_or((fragment, ""));
    GitLocation::new(&address, Some(branch), folder).map(Some)
}

/// `git@host:team/ops.git`, as ssh itself has it, written as an address.
fn short_ssh(text: &str) -> Option<String> {
    let (user, rest) = text.split_once('@')?;
    let (host, path) = rest.split_once(':')?;
    let plain = |part: &str| !part.is_empty() && !part.contains(['/', '\\']);
    (plain(user) && plain(host) && !path.is_empty())
        .then(|| format!("ssh://{user}@{host}/{}", path.trim_start_matches('/')))
}

fn parse_url(text: &str) -> Result<Url, BadLocation> {
    let expected = "is not a git address; expected https://…, ssh://…, git://…, http://… or git+file:///…";
    let address = text.strip_prefix("git+").unwrap_or(text);
    if address.len() > LONGEST_ADDRESS {
        return Err(bad("an address", &format!("is longer than {LONGEST_ADDRESS} bytes")));
    }
    let Ok(url) = Url::parse(address) else { return Err(bad(without_password(text).as_str(), expected)) };
    if url.password().is_some() || (url.scheme() != "ssh" && !url.username().is_empty()) {
        let shown = without_password(text);
        return Err(bad(&shown, "holds a user name or password; name a token in the file of --config instead"));
    }
    let is_local = url.scheme() == "file";
    let known = matches!(url.scheme(), "https" | "http" | "ssh" | "git" | "file");
    let has_host = url.host_str().is_some_and(|host| !host.is_empty() && !host.starts_with('-'));
    let names_something = url.path().len() > 1 && !url.username().starts_with('-');
    if !known || is_local == has_host || !names_something || url.query().is_some() {
        return Err(bad(&without_password(text), expected));
    }
    Ok(url)
}

/// The rules of `git check-ref-format` that matter here.
fn is_branch(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    name.len() <= 250
        && !name.starts_with(['-', '/'])
        && !name.ends_with(['/', '.'])
        && !["..", "//", "@{"].iter().any(|part| name.contains(part))
        && !name.contains(forbidden)
        && name.split('/').all(|part| !part.starts_with('.') && !part.ends_with(".lock"))
}

/// The name that an address suggests: its last part, in lower case, without `.git`.
fn suggested(url: &Url) -> Option<RepositoryName> {
    let last = url.path_segments()?.rfind(|part| !part.is_empty())?;
    let last = last.strip_suffix(".git").unwrap_or(last).to_ascii_lowercase();
    RepositoryName::new(&last).ok()
}

fn bad(shown: &str, why: &str) -> BadLocation {
    BadLocation { shown: shown.to_owned(), why: why.to_owned() }
}

/// An address as it may be shown.
fn without_password(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}://…{}", text.get(..scheme).unwrap_or(""), text.get(at..).unwrap_or(""))
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
