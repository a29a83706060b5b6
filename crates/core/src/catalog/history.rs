//! Who brought what into a repository: its last commits, who made them, and how each is signed.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// How a commit is signed, as git says it (`%G?` of git-log(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureStatus {
    /// By a key that the hub was told to trust.
    Good,
    /// By a key that the hub was not told to trust.
    Untrusted,
    /// The signature or its key has expired.
    Expired,
    /// By a key that was revoked.
    Revoked,
    /// It could not be checked: the key is not there.
    Unchecked,
    /// It is not the signature of this commit.
    Bad,
    /// There is none.
    Unsigned,
}

/// The signature of a commit. Whose it is, is personal data and not among the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// How good it is.
    pub status: SignatureStatus,
    /// The fingerprint of the key, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A commit that changed runbooks of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The commit's name in hexadecimal digits.
    pub commit: String,
    /// Who made it, in its own words: `Dana Okafor <dana@harbor.example>`.
    pub author: String,
    /// The mail address of whoever made it; a claim, unless the signature proves it.
    pub mail: String,
    /// How it is signed.
    pub signature: Signature,
    /// The mail address that belongs to the key, where the signature is good.
    pub signer: Option<String>,
    /// The runbooks that it changed, by their paths in the whole catalog.
    pub paths: Vec<String>,
}

/// The last commits of the branch that the hub follows. Of a merge only the merge itself is among them: whoever
/// merged brought what it brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The names of the commits as far back as the hub looks, newest first.
    pub commits: Vec<String>,
    /// Those of them that changed runbooks, newest first.
    pub touches: Vec<Touch>,
    /// A commit that was seen to hold what is in force, where the hub saw a newer one than the one it came with.
    pub level: Option<String>,
}

impl SignatureStatus {
    /// Every status, the best one first.
    pub const ALL: [Self; 7] =
        [Self::Good, Self::Untrusted, Self::Expired, Self::Revoked, Self::Unchecked, Self::Bad, Self::Unsigned];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Untrusted => "untrusted",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Unchecked => "unchecked",
            Self::Bad => "bad",
            Self::Unsigned => "unsigned",
        }
    }

    /// What a letter of git's `%G?` stands for. `U` is a good signature by a key that nobody vouched for.
    pub fn of_git(letter: &str) -> Self {
        match letter {
            "G" => Self::Good,
            "U" => Self::Untrusted,
            "X" | "Y" => Self::Expired,
            "R" => Self::Revoked,
            "B" => Self::Bad,
            "N" => Self::Unsigned,
            _ => Self::Unchecked,
        }
    }
}

impl History {
    /// The commits after the version in force, which came with `revision`, that changed the runbook at a path of the
    /// whole catalog, newest first; nothing where that is not among the last commits, so that nobody can say what came
    /// after it.
    pub fn since(&self, revision: &str, path: &str) -> Option<Vec<&Touch>> {
        let in_force = |commit: &String| commit == revision || Some(commit) == self.level.as_ref();
        let place = self.commits.iter().position(in_force)?;
        let newer = self.commits.get(..place)?;
        let touches = self.touches.iter().filter(|touch| newer.contains(&touch.commit));
        Some(touches.filter(|touch| touch.paths.iter().any(|one| one == path)).collect())
    }
}
