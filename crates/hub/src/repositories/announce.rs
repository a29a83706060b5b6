//! Announced pushes: whether whoever calls knows the repository's secret, as the forges prove it.

use axum::http::HeaderMap;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::{Location, Watched};
use crate::delivery::Secret;

/// Headers with an HMAC-SHA-256 of the body in hexadecimal digits: GitHub's (with `sha256=` before it),
/// which Gitea and Forgejo send too, and their own.
const SIGNED: [&str; 4] = ["x-hub-signature-256", "x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"];
/// The header in which GitLab sends the secret itself.
const GITLAB_TOKEN: &str = "x-gitlab-token";

/// What an announcement comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// The repository is to be looked at.
    Look,
    /// It is about a branch that the hub does not read.
    OtherBranch,
    /// It does not prove that it knows the secret of a repository: it knows another, the repository has none, or
    /// there is no such repository. Whoever announces it learns not which.
    Unproven,
}

/// Judges an announcement for a repository, if there is one, by its headers and the bytes of its body.
pub fn judge(watched: Option<&Watched>, headers: &HeaderMap, body: &[u8]) -> Announcement {
    let secret = watched.and_then(|watched| watched.settings.webhook_secret.as_ref());
    // Proofs are looked at in any case, so that the time it takes tells nothing either.
    let is_proven = is_proven(secret.unwrap_or(&Secret::new([])), headers, body);
    let (Some(watched), true) = (watched.filter(|_| secret.is_some()), is_proven) else {
        return Announcement::Unproven;
    };
    let branch = match &watched.settings.location {
        Location::Git(git) => git.branch.as_deref(),
        Location::Folders(_) => None,
    };
    let pushed = serde_json::from_slice::<Push>(body).ok().and_then(|push| push.reference);
    let pushed = pushed.as_deref().and_then(|reference| reference.strip_prefix("refs/heads/"));
    match (branch, pushed) {
        (Some(branch), Some(pushed)) if branch != pushed => Announcement::OtherBranch,
        _ => Announcement::Look,
    }
}

/// What matters of a push as GitHub, GitLab, Gitea and Forgejo tell it.
#[derive(Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// Whether a signature of the body is right, or the secret itself was sent. Every comparison takes the
/// same time whatever was sent.
fn is_proven(secret: &Secret, headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = SIGNED.iter().find_map(|name| text(name));
    if let Some(signature) = signed {
        let digits = signature.strip_prefix("sha256=").unwrap_or(signature);
        return hex(digits).is_some_and(|signature| mac(secret.expose(), body).verify_slice(&signature).is_ok());
    }
    let bearer = || {
        text("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    };
    let sent = text(GITLAB_TOKEN).or_else(|| bearer().map(|(_, token)| token));
    // Two MACs under one key are equal only if the secrets are, and tell nothing else.
    let same = |sent: &str| {
        let expected = mac(b"announcement", secret.expose()).finalize().into_bytes();
        mac(b"announcement", sent.as_bytes()).verify_slice(&expected).is_ok()
    };
    sent.is_some_and(same)
}

fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests;
