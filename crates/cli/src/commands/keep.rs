//! `backup` and `restore`: the hub's own data, kept and got back.

use std::error::Error;
use std::path::Path;

use serde_json::{Value, json};
use wheelhouse_hub::backup::{
    About, BackupError, Drilled, Made, Renewed, RestoreOf, Restored, Stored, Wanted, backup, drill, renew_in_place,
    restore,
};

use super::files::size;
use super::{Answer, Context};
use crate::args::{Backup, Restore};
use crate::failure::{Exit, Failure};
use crate::output::clean;

/// The most of what is wrong with a record that is listed.
const MOST_PROBLEMS: usize = 20;

/// Makes a backup.
pub fn run_backup(options: &Backup, context: &Context<'_>) -> Result<Answer, Failure> {
    let keep = options.keep.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    let (data, to) = (options.data.clone(), options.to.clone());
    if keep.is_some() && !to.is_dir() {
        return Err(Failure::cannot_run(format!("--keep needs a folder, and {} is none", to.display()))
            .help("make the folder first, and give it as --to"));
    }
    let made = backup(&Wanted { data, to, keep, keys: !options.without_keys }).map_err(|error| failure(&error))?;
    let mut answer = if context.look.json() { Answer::json(&made_json(&made)) } else { Answer::text(made_text(&made)) };
    if options.without_keys {
        answer = answer.note("without keys: a restore needs record.key and link.key from elsewhere (`--keys`)");
    }
    if let Some(why) = &made.unnoted {
        answer = answer.note(format!(
            "the backup is good, but the data folder could not be told of it ({why}), so `doctor` does not know of it"
        ));
    }
    Ok(answer)
}

/// Restores a backup, tries it, or lets a record go on in its place.
pub fn run_restore(options: &Restore, context: &Context<'_>) -> Result<Answer, Failure> {
    if let (true, Some(data)) = (options.in_place, &options.data) {
        let renewed = renew_in_place(data, &options.against).map_err(|error| failure(&error))?;
        let value = json!({"renewed": renewed.as_ref().map(renewed_json)});
        let text = renewed.as_ref().map_or_else(|| "the record is empty: nothing to do\n".to_owned(), renewed_text);
        return Ok(if context.look.json() { Answer::json(&value) } else { Answer::text(text) });
    }
    let from = options.from.clone().ok_or_else(|| Failure::cannot_run("--from is missing"))?;
    let of = RestoreOf { from, against: options.against.clone(), keys: options.keys.clone() };
    if options.drill {
        let place = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let drilled = drill(&of, &place).map_err(|error| failure(&error))?;
        let answer = if context.look.json() {
            Answer::json(&drilled_json(&drilled))
        } else {
            Answer::text(drilled_text(&drilled))
        };
        return Ok(if of.against.is_empty() {
            answer.note("held against itself only: give checkpoints kept elsewhere (--against FILE) to see whether it is the record that was signed")
        } else {
            answer
        });
    }
    let data = options.data.as_deref().ok_or_else(|| Failure::cannot_run("--data is missing"))?;
    let restored = restore(&of, data).map_err(|error| failure(&error))?;
    let text = restored_text(&restored, data);
    Ok(if context.look.json() { Answer::json(&restored_json(&restored)) } else { Answer::text(text) })
}

/// What is in a backup, in a few lines.
fn about_text(about: &About, files: &[Stored]) -> String {
    let total: u64 = files.iter().map(|file| file.size).sum();
    let outputs = files.iter().filter(|file| file.path.starts_with("outputs/")).count();
    let keys = if about.keys { "with the hub's keys" } else { "without keys" };
    let log = about.head().map_or_else(String::new, |head| format!(" of {}", clean(head.origin())));
    format!(
        "  made       {} by release {}, schema {}\n  record     {} entries{log}, commit {}\n  contents   {} unpacked, {keys}, outputs of {outputs} steps\n",
        about.made_at.0.to_jiff().strftime("%Y-%m-%d %H:%M:%S UTC"),
        clean(&about.program),
        about.schema,
        about.entries,
        about.commit,
        size(total),
    )
}

fn made_text(made: &Made) -> String {
    let removed: String = made.removed.iter().map(|path| format!("removed {}\n", path.display())).collect();
    let about = about_text(&made.about, &made.files);
    format!("backed up to {}, {}\n{about}{removed}", made.path.display(), size(made.bytes))
}

fn restored_text(restored: &Restored, data: &Path) -> String {
    let about = about_text(&restored.about, &restored.files);
    let renewed = restored.renewed.as_ref().map(renewed_text).unwrap_or_default();
    format!("restored into {}\n{about}{renewed}", data.display())
}

fn renewed_text(renewed: &Renewed) -> String {
    let restored = &renewed.restored;
    let lost = match &restored.lost {
        Some(lost) if lost.origin == restored.from.origin => {
            format!(
                "  lost       entries {} to {}, by a checkpoint kept elsewhere\n",
                restored.from.size,
                lost.size - 1
            )
        }
        Some(lost) => format!(
            "  lost       the log {} of {} entries, by a checkpoint kept elsewhere\n",
            clean(&lost.origin),
            lost.size
        ),
        None => String::new(),
    };
    let under_way = match renewed.under_way {
        0 => String::new(),
        count => format!("  messages   {count} under way; each is sent again, marked as a repeat\n"),
    };
    format!(
        "  log        goes on as {}\n  after      {} entries of {}\n{lost}{under_way}  key        {}\n",
        restored.origin,
        restored.from.size,
        clean(&restored.from.origin),
        renewed.key
    )
}

fn drilled_text(drilled: &Drilled) -> String {
    let lost = match drilled.lost {
        0 => String::new(),
        count => format!("  lost       {count} entries, which a checkpoint kept elsewhere knows\n"),
    };
    let about = about_text(&drilled.about, &drilled.files);
    let seconds = drilled.took.as_secs_f64();
    format!(
        "the backup can be restored: {} entries verify, nothing is wrong\n{about}{lost}  took       {seconds:.1} s to unpack and verify\n",
        drilled.entries
    )
}

fn made_json(made: &Made) -> Value {
    json!({"path": made.path, "bytes": made.bytes, "about": made.about, "files": made.files, "removed": made.removed})
}

fn restored_json(restored: &Restored) -> Value {
    json!({"about": restored.about, "files": restored.files, "renewed": restored.renewed.as_ref().map(renewed_json)})
}

fn renewed_json(renewed: &Renewed) -> Value {
    json!({"restored": renewed.restored, "key": renewed.key, "messages_under_way": renewed.under_way})
}

fn drilled_json(drilled: &Drilled) -> Value {
    json!({
        "about": drilled.about, "files": drilled.files, "entries": drilled.entries, "lost": drilled.lost,
        "seconds": drilled.took.as_secs_f64(),
    })
}

/// What went wrong: a finding about the backup or the record, or something here.
fn failure(error: &BackupError) -> Failure {
    let finding =
        matches!(error, BackupError::Damaged { .. } | BackupError::Unsound { .. } | BackupError::Contradicted { .. });
    let exit = if finding { Exit::Refused } else { Exit::CannotRun };
    let mut failure = Failure::new(exit, error.to_string());
    if let BackupError::Unsound { problems, .. } = error {
        failure.details = problems.iter().take(MOST_PROBLEMS).cloned().collect();
    }
    // The causes that the message does not have yet.
    let mut cause = match error {
        BackupError::Store(error) => error.source(),
        _ => None,
    };
    while let Some(inner) = cause {
        failure = failure.detail(inner.to_string());
        cause = inner.source();
    }
    failure
}
