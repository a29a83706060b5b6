//! Announcements as each forge proves them, and those that prove nothing.
#![allow(clippy::unwrap_used, reason = "tests")]

use axum::http::{HeaderName, HeaderValue};

use super::*;
use crate::repositories::{Repositories, arrange};

const BODY: &[u8] = br#"{"ref": "refs/heads/main", "after": "0000"}"#;

fn watched(secret: Option<&str>) -> Repositories {
    let mut all = arrange(vec![Location::parse("team=https://git.example/team.git#main").unwrap()]).unwrap();
    all.first_mut().unwrap().webhook_secret = secret.map(|secret| Secret::new(secret.as_bytes()));
    Repositories::new(&all)
}

fn judged(headers: &[(&str, String)], body: &[u8]) -> Announcement {
    let repositories = watched(Some("s3cret"));
    let headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap()));
    judge(repositories.find("team"), &headers.collect(), body)
}

fn signature(secret: &str, body: &[u8]) -> String {
    let bytes = mac(secret.as_bytes(), body).finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_forge_proves_itself_in_its_own_way() {
    let right = signature("s3cret", BODY);
    for header in [
        ("x-hub-signature-256", format!("sha256={right}")),
        ("x-forgejo-signature", right.clone()),
        ("x-gitea-signature", right.clone()),
        ("x-gitlab-token", "s3cret".to_owned()),
        ("authorization", "Bearer s3cret".to_owned()),
    ] {
        assert_eq!(judged(std::slice::from_ref(&header), BODY), Announcement::Look, "{header:?}");
    }
}

#[test]
fn whoever_does_not_know_the_secret_announces_nothing() {
    let right = signature("s3cret", BODY);
    for headers in [
        vec![],
        vec![("x-hub-signature-256", format!("sha256={}", signature("other", BODY)))],
        vec![("x-hub-signature-256", "sha256=".to_owned())],
        vec![("x-hub-signature-256", "sha256=zz".to_owned() + right.get(2..).unwrap())],
        vec![("x-gitlab-token", "s3cre".to_owned())],
        vec![("x-gitlab-token", String::new())],
        vec![("authorization", "Basic s3cret".to_owned())],
        // A wrong signature is not mended by a right token beside it.
        vec![("x-gitea-signature", signature("other", BODY)), ("x-gitlab-token", "s3cret".to_owned())],
    ] {
        assert_eq!(judged(&headers, BODY), Announcement::Unproven, "{headers:?}");
    }
    assert_eq!(judged(&[("x-gitea-signature", right)], b"{}"), Announcement::Unproven, "another body");
}

#[test]
fn where_there_is_no_secret_nothing_is_proven() {
    let closed = watched(None);
    let proofs = [("x-hub-signature-256", signature("", BODY)), ("x-gitlab-token", String::new())];
    for (name, value) in proofs {
        let headers: HeaderMap =
            [(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap())].into_iter().collect();
        assert_eq!(judge(closed.find("team"), &headers, BODY), Announcement::Unproven, "{name}");
        assert_eq!(judge(closed.find("nobody"), &headers, BODY), Announcement::Unproven, "{name}");
    }
}

#[test]
fn pushes_to_other_branches_are_not_looked_at() {
    let body = br#"{"ref": "refs/heads/feature"}"#;
    let token = [("x-gitlab-token", "s3cret".to_owned())];
    assert_eq!(judged(&token, body), Announcement::OtherBranch);
    assert_eq!(judged(&token, b"no json at all"), Announcement::Look);
}
