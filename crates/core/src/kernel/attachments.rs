//! Attaching files to cases, and to steps of runs that are for no case.

use alloc::format;
use alloc::sync::Arc;

use super::{Draft, Refusal};
use crate::attachment::{
    Attachment, Attachments, Home, LARGEST, LONGEST_DESCRIPTION, LONGEST_TEXT, MOST, MOST_KIB, room,
};
use crate::record::{Attached, Fact, FileAttached};

/// Attaches a file to a case.
pub(super) fn attach(draft: &mut Draft<'_>, attachment: &Attachment) -> Result<(), Refusal> {
    let so_far = draft.case.attachments;
    let kib = fitting(Home::Case(draft.case.id), so_far, attachment)?;
    let fact = Fact::FileAttached(FileAttached { number: so_far.last + 1, kib });
    draft.act_attaching(fact, Some(attachment.body()), Attached::File(Arc::clone(&attachment.blob)));
    Ok(())
}

/// How much room a file takes, in KiB, where it is within the limits of a file and of what it is to hang on.
pub(super) fn fitting(home: Home, so_far: Attachments, attachment: &Attachment) -> Result<u64, Refusal> {
    let bytes = attachment.blob.bytes().len();
    let kib = room(bytes);
    if bytes == 0 {
        return Err(Refusal::Invalid { field: "file", expected: "one that is not empty".into() });
    }
    if bytes > LARGEST {
        let expected = format!("at most {} MiB, and it has {bytes} bytes", LARGEST >> 20);
        return Err(Refusal::Invalid { field: "file", expected });
    }
    let line = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST_DESCRIPTION && !text.contains('\n');
    if attachment.description.as_deref().is_some_and(|text| !line(text)) {
        let expected = format!("one line of 1 to {LONGEST_DESCRIPTION} bytes");
        return Err(Refusal::Invalid { field: "description", expected });
    }
    let fits = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST_TEXT;
    if attachment.text.as_deref().is_some_and(|text| !fits(text)) {
        let expected = format!("a text of 1 to {LONGEST_TEXT} bytes; write a longer one as a note of its own");
        return Err(Refusal::Invalid { field: "text", expected });
    }
    if so_far.kept >= MOST {
        return Err(match home {
            Home::Case(case) => Refusal::Full { case, what: "files attached", most: MOST as usize },
            Home::Run(run) => Refusal::RunFull { run, what: "files attached", most: MOST as usize },
        });
    }
    if so_far.kib + kib > MOST_KIB {
        let left = MOST_KIB.saturating_sub(so_far.kib);
        let expected = format!(
            "at most {left} KiB, which is what {home} has left of {} MiB; keep large files elsewhere and link them",
            MOST_KIB >> 10
        );
        return Err(Refusal::Invalid { field: "file", expected });
    }
    Ok(kib)
}
