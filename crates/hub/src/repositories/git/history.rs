//! Who changed which runbook: the last commits of the branch, and how each is signed.

use std::collections::BTreeSet;

use wheelhouse_core::catalog::{History, Signature, SignatureStatus, Touch, path_in};
use wheelhouse_core::name::RepositoryName;
use wheelhouse_wire::catalog::is_runbook_file;

use super::super::snapshot::LookError;
use super::process::Git;
use super::{LISTING, clipped, failed, is_commit};

/// How many commits of the branch are fetched and looked through. Who changed a runbook further back than that, while
/// the hub did not look, it does not know.
pub(super) const DEPTH: usize = 200;
/// What stands ahead of a commit's name in a listing, which no path and no field has there.
const MARK: char = '\u{1}';
/// What is listed of each commit: its name, author, mail address, signature, signer, key.
const FORMAT: &str = "--format=%x01%H%x00%an%x00%ae%x00%G?%x00%GS%x00%GF";
/// How many fields these are.
const FIELDS: usize = 6;

/// Reads the last commits up to `commit`. Only merges themselves count, not what they bring: whoever merged brought it.
pub(super) async fn read(git: &Git, name: &RepositoryName, commit: &str) -> Result<History, LookError> {
    let most = format!("--max-count={DEPTH}");
    let list = ["rev-list", "--first-parent", &most, commit];
    let listed = git.run(&list, None, LISTING).await.map_err(failed)?;
    let commits: Vec<String> =
        String::from_utf8_lossy(&listed).lines().filter(|line| is_commit(line)).map(str::to_owned).collect();
    let log = ["log", "--first-parent", &most, "-z", "--name-only", "--no-renames", "--encoding=UTF-8", FORMAT, commit];
    let log = [&log[..], &["--", ":(glob)**/runbooks/**"]].concat();
    let listed = git.run(&log, None, LISTING).await.map_err(failed)?;
    Ok(History { touches: touches(&String::from_utf8_lossy(&listed), name, &commits), commits, level: None })
}

/// The signature of one commit and the mail address of whoever signed it.
pub(super) fn signature(letter: &str, signer: &str, key: &str) -> (Signature, Option<String>) {
    let status = SignatureStatus::of_git(letter);
    let key = Some(clipped(key)).filter(|key| !key.is_empty());
    let signer = Some(mail_of(&clipped(signer)).to_owned()).filter(|mail| !mail.is_empty());
    (Signature { status, key }, signer.filter(|_| status == SignatureStatus::Good))
}

/// The commits of a listing that changed runbooks. The oldest one that was fetched has no parent here and would seem to
/// have brought everything; it is the last of `commits` and asked about by nobody, since nothing is older.
fn touches(listing: &str, name: &RepositoryName, commits: &[String]) -> Vec<Touch> {
    let known: BTreeSet<&str> = commits.iter().map(String::as_str).collect();
    let start = |field: &str| field.strip_prefix(MARK).filter(|commit| known.contains(commit)).map(str::to_owned);
    let mut fields = listing.split('\0').peekable();
    let mut touches = Vec::new();
    while let Some(field) = fields.next() {
        let Some(commit) = start(field) else { continue };
        let said: Vec<&str> = fields.by_ref().take(FIELDS - 1).collect();
        let [author, mail, letter, signer, key] = said.as_slice() else { break };
        let (signature, signer) = signature(letter, signer, key);
        let mut paths = Vec::new();
        while let Some(path) = fields.next_if(|field| start(field).is_none()) {
            let path = path.strip_prefix('\n').unwrap_or(path);
            if is_runbook_file(path) {
                paths.push(path_in(name.as_str(), path));
            }
        }
        if !paths.is_empty() {
            let (author, mail) = (clipped(author), clipped(mail));
            let author = super::words_of(&author, &mail).unwrap_or_default();
            touches.push(Touch { commit, author, mail, signature, signer, paths });
        }
    }
    touches
}

/// The address in `Dana Okafor <dana@harbor.example>`, or the text itself.
fn mail_of(signer: &str) -> &str {
    let inside = signer.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(signer, |(mail, _)| mail).trim()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    const NEW: &str = "9c4122e355d206081bb6a86d686dc97651ff1013";
    const OLD: &str = "cf1257ffe448bc62333f8decda1902bd7ce815db";

    #[test]
    fn a_listing_is_read_whatever_authors_and_paths_are_called() {
        let evil = format!("\u{1}{OLD}");
        let listing = format!(
            "\u{1}{NEW}\0{evil}x\0eve@x\0N\0\0\0\nops/runbooks/c d.md\0README.md\0\u{1}{OLD}\0Dana\0dana@x\0G\0Dana O. <dana@x>\0SHA256:abc\0\nops/runbooks/b.md\0"
        );
        let name = RepositoryName::new("payments").unwrap();
        let found = touches(&listing, &name, &[NEW.to_owned(), OLD.to_owned()]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].commit.as_str(), found[0].mail.as_str()), (NEW, "eve@x"));
        assert_eq!(found[0].paths, ["payments:ops/runbooks/c d.md"]);
        assert_eq!(found[0].signature.status, SignatureStatus::Unsigned);
        assert_eq!((found[1].signature.status, found[1].signer.as_deref()), (SignatureStatus::Good, Some("dana@x")));
        assert_eq!(found[1].signature.key.as_deref(), Some("SHA256:abc"));
        assert_eq!(found[1].author, "Dana <dana@x>");
    }
}
