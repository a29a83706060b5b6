//! Proofs as files: made by the hub, checked offline.

use std::fs;
use std::path::Path;

use serde_json::json;
use wheelhouse_core::record::{Canonical, Checkpoint, Claim, ProofFile, SignatureLine, VerifierKey, checkpoint};
use wheelhouse_hub::signature_holds;

use super::{note, verifier_key};
use crate::commands::{Answer, Context};
use crate::failure::{Exit, Failure};

/// Fetches a proof, checks it, and writes it to a file or to standard output.
pub(super) fn prove(
    seq: Option<u64>,
    since: Option<&Path>,
    to: Option<&Path>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let older = since.map(head).transpose()?;
    let client = context.client()?;
    let text = match (seq, &older) {
        (Some(seq), _) => client.text(&["record", "entries", &seq.to_string(), "tlog-proof"])?,
        (None, Some(older)) => client.text_of(&["record", "consistency"], &[("from", older.size().to_string())])?,
        (None, None) => return Err(Failure::cannot_run("expected the index of an entry, or --since FILE")),
    };
    let refused = |why: String| Failure::new(Exit::Refused, format!("the hub's proof does not hold: {why}"));
    let proof = ProofFile::parse(text.as_bytes()).map_err(|error| refused(error.to_string()))?;
    let (signed, _) = proof.check(older.as_ref()).map_err(|error| refused(error.to_string()))?;
    if let (Claim::Included { index, .. }, Some(seq)) = (&proof.claim, seq)
        && *index != seq
    {
        return Err(refused(format!("it is about entry {index}")));
    }
    let Some(path) = to else { return Ok(Answer::text(text)) };
    fs::write(path, &text).map_err(|error| Failure::cannot_run(format!("cannot write {}: {error}", path.display())))?;
    let said = format!("{}, in {}\n", claimed(&proof.claim, signed.size()), path.display());
    let answer = if context.look.json() {
        Answer::json(&json!({"file": path, "size": signed.size()}))
    } else {
        Answer::text(said)
    };
    Ok(answer.note("signatures are checked by `wheelhouse record check-proof FILE --key VKEY`, which needs no hub"))
}

/// Checks a proof with nothing but the file, the key, and the older checkpoint where it needs one.
pub(super) fn check(file: &Path, key: &str, against: Option<&Path>, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = verifier_key(key)?;
    let bytes =
        fs::read(file).map_err(|error| Failure::cannot_run(format!("cannot read {}: {error}", file.display())))?;
    let wrong = |why: String| Failure::new(Exit::Refused, format!("{} proves nothing: {why}", file.display()));
    let proof = ProofFile::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
    let older = against.map(|path| Ok::<_, Failure>((head(path)?, signatures(path)?))).transpose()?;
    if let Some((older, lines)) = &older {
        signed_by(&key, older, lines).map_err(|why| wrong(format!("the older checkpoint: {why}")))?;
    }
    let (head, lines) =
        proof.check(older.as_ref().map(|(older, _)| older)).map_err(|error| wrong(error.to_string()))?;
    signed_by(&key, &head, &lines).map_err(wrong)?;
    let claim = claimed(&proof.claim, head.size());
    let entry = match &proof.claim {
        Claim::Included { entry, .. } => Some(entry),
        Claim::Grown { .. } => None,
    };
    let text = entry.map(|entry| String::from_utf8_lossy(entry).into_owned());
    if context.look.json() {
        let entry = entry.and_then(|entry| Canonical::parse(entry).ok());
        return Ok(Answer::json(&json!({"ok": true, "size": head.size(), "origin": head.origin(), "entry": entry})));
    }
    let shown = text.map_or_else(String::new, |text| format!("\n{}\n", crate::output::clean(&text)));
    Ok(Answer::text(format!("{claim}, signed by {}\n{shown}", key.name())))
}

fn claimed(claim: &Claim, size: u64) -> String {
    match claim {
        Claim::Included { index, .. } => format!("entry {index} is among the {size} entries of the record"),
        Claim::Grown { old } => {
            format!("the record of {size} entries grew from the one of {old}, and nothing else changed")
        }
    }
}

/// The last checkpoint of a file.
fn head(path: &Path) -> Result<Checkpoint, Failure> {
    parsed(path).map(|(head, _)| head)
}

fn signatures(path: &Path) -> Result<Vec<SignatureLine>, Failure> {
    parsed(path).map(|(_, lines)| lines)
}

fn parsed(path: &Path) -> Result<(Checkpoint, Vec<SignatureLine>), Failure> {
    checkpoint::parse(note(path)?.as_bytes()).map_err(|error| Failure::cannot_run(error.to_string()))
}

fn signed_by(key: &VerifierKey, head: &Checkpoint, lines: &[SignatureLine]) -> Result<(), String> {
    let body = head.body();
    let ours = lines.iter().filter(|line| line.name() == key.name() && line.key_hash() == key.key_hash());
    let mut holding = ours.filter(|line| signature_holds(key, body.as_bytes(), line.signature()));
    holding.next().map(|_| ()).ok_or_else(|| format!("no valid signature by {key} is under its checkpoint"))
}
