//! `record`: verifying the record, and fetching what others need to verify it.

mod keeping;
mod offline;
mod online;
mod proofs;

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use wheelhouse_core::record::{Hash, VerifierKey, checkpoint, verify_inclusion};
use wheelhouse_wire::api::Checkpoint;

use super::{Answer, Context};
use crate::args::RecordCommand;
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::output::Look;

/// Verifies the record, or fetches what others need to verify it.
pub fn run(command: &RecordCommand, context: &Context<'_>) -> Result<Answer, Failure> {
    match command {
        RecordCommand::Verify { data, against, key } => {
            let against = against.as_deref().map(note).transpose()?;
            let key = key.as_deref().map(verifier_key).transpose()?;
            match data {
                Some(data) => offline::verify(data, key.as_ref(), against.as_deref(), &context.look),
                None => online::verify(key.as_ref(), against.as_deref(), context),
            }
        }
        RecordCommand::Checkpoint => fetch_checkpoint(context),
        RecordCommand::Proof { seq } => proof(*seq, context),
        RecordCommand::Prove { seq, since, to } => proofs::prove(*seq, since.as_deref(), to.as_deref(), context),
        RecordCommand::CheckProof { file, key, against } => proofs::check(file, key, against.as_deref(), context),
        RecordCommand::Erase { case, run, reason } => keeping::erase(case.as_deref(), run.as_deref(), reason, context),
        RecordCommand::Hold(command) => keeping::hold(command, context),
    }
}

/// What a verification found.
struct Verdict {
    /// How many entries were looked at.
    entries: u64,
    /// What is wrong, in words.
    problems: Vec<String>,
    /// What was erased by authority.
    erased: Erased,
    /// What the verdict rests on, and what it does not show.
    notes: Vec<String>,
}

/// What was erased by authority: no finding, but counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Erased {
    /// Texts of entries.
    bodies: u64,
    /// Signals without their texts.
    signals: u64,
    /// Commits without their journal.
    journals: u64,
    /// Attached files.
    #[serde(default)]
    files: u64,
}

impl Erased {
    fn line(self) -> String {
        let Self { bodies, signals, journals, files } = self;
        if bodies + signals + journals + files == 0 {
            return String::new();
        }
        let files = if files == 0 { String::new() } else { format!(", {files} attached files") };
        format!("erased by authority: {bodies} texts, the texts of {signals} signals, {journals} journals{files}\n")
    }
}

impl Verdict {
    fn answer(self, look: &Look) -> Answer {
        let (ok, count) = (self.problems.is_empty(), self.problems.len());
        let mut answer = if look.json() {
            Answer::json(&json!({"ok": ok, "entries": self.entries, "problems": self.problems, "erased": self.erased}))
        } else if ok {
            Answer::text(format!(
                "the record verifies: {} entries, nothing is wrong\n{}",
                self.entries,
                self.erased.line()
            ))
        } else {
            let list: String =
                self.problems.iter().map(|problem| format!("  - {}\n", crate::output::clean(problem))).collect();
            Answer::text(format!("the record does NOT verify: {} entries, {count} wrong\n{list}", self.entries))
        };
        answer.notes = self.notes;
        answer.exit(if ok { Exit::Ok } else { Exit::Refused })
    }
}

fn fetch_checkpoint(context: &Context<'_>) -> Result<Answer, Failure> {
    let note = context.client()?.text(&["record", "checkpoint"])?;
    let parsed = Checkpoint::parse(&note)
        .map_err(|error| Failure::new(Exit::Refused, format!("the hub's checkpoint is none: {error}")))?;
    if context.look.json() {
        return Ok(Answer::json(&json!(parsed)));
    }
    Ok(Answer::text(note))
}

/// That an entry is in the record, as the hub says it.
#[derive(Deserialize)]
struct Proof {
    index: u64,
    size: u64,
    leaf: Hash,
    path: Vec<Hash>,
    checkpoint: String,
}

/// The proof is checked before it is shown: its path must lead from the entry to the signed root.
fn proof(seq: u64, context: &Context<'_>) -> Result<Answer, Failure> {
    let value = context.client()?.get(&["record", "entries", &seq.to_string(), "proof"], &[])?;
    let proof: Proof = read(value.clone())?;
    let wrong = |why: String| {
        Failure::new(Exit::Refused, format!("the proof of entry {seq} does not hold: {why}"))
            .help("fetch it again; if it stays so, run `wheelhouse record verify --data DIR` where the hub runs")
    };
    let (signed, _) = checkpoint::parse(proof.checkpoint.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    if proof.index != seq {
        return Err(wrong(format!("it is about entry {}", proof.index)));
    }
    if signed.size() != proof.size {
        return Err(wrong(format!("it is for {} entries, its checkpoint for {}", proof.size, signed.size())));
    }
    verify_inclusion(seq, proof.size, proof.leaf, &proof.path, signed.root())
        .map_err(|error| wrong(error.to_string()))?;
    if context.look.json() {
        return Ok(Answer::json(&value));
    }
    let path: String = proof.path.iter().map(|hash| format!("  {hash}\n")).collect();
    let text = format!(
        "entry {seq} is among the {} entries of this checkpoint\n\nleaf\n  {}\npath\n{path}\n{}",
        proof.size, proof.leaf, proof.checkpoint
    );
    Ok(Answer::text(text).note("the signature was not checked; `record verify --against FILE --key VKEY` does that"))
}

/// Reads a checkpoint that was kept elsewhere. A file may hold several, one after another, as the
/// hub writes them: the last one counts, because it vouches for all before it.
fn note(path: &Path) -> Result<String, Failure> {
    let failed = |why: String| {
        Failure::cannot_run(format!("cannot use the checkpoint in {}: {why}", path.display()))
            .help("expected what `wheelhouse record checkpoint` prints")
    };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let note = last_note(&text);
    checkpoint::parse(note.as_bytes()).map_err(|error| failed(error.to_string()))?;
    Ok(note)
}

/// The last signed note of a text: from the line after the signatures of the one before.
fn last_note(text: &str) -> String {
    let (mut start, mut offset, mut signed) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let is_signature = line.starts_with("\u{2014} ");
        if signed && !is_signature && !line.trim().is_empty() {
            start = offset;
        }
        signed = is_signature || (signed && line.trim().is_empty());
        offset += line.len();
    }
    let note = text.get(start..).unwrap_or(text);
    format!("{}\n", note.trim_end())
}

/// Reads a verifier key, given itself or as a file.
fn verifier_key(given: &str) -> Result<VerifierKey, Failure> {
    if let Ok(key) = given.trim().parse() {
        return Ok(key);
    }
    let failed = |why: String| {
        Failure::cannot_run(format!("`{given}` is neither a verifier key nor a file with one: {why}"))
            .help("expected NAME+HASH+KEY, as the hub serves it at /api/v1/record/key")
    };
    let text = fs::read_to_string(given).map_err(|error| failed(error.to_string()))?;
    text.trim().parse().map_err(|error: wheelhouse_core::record::BadCheckpoint| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::last_note;

    #[test]
    fn of_several_checkpoints_the_last_counts() {
        let one = "o\n1\nAAAA\n\n\u{2014} o sig1\n";
        let two = "o\n2\nBBBB\n\n\u{2014} o sig2\n\u{2014} w sig3\n";
        assert_eq!(last_note(one), one);
        assert_eq!(last_note(&format!("{one}{two}")), two);
        assert_eq!(last_note(&format!("{one}\n{two}\n")), two);
    }
}
