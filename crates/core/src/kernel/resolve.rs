//! How cases end, and how they turn out not to have ended.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Draft;
use crate::escalation;
use crate::notify::{self, Stage};
use crate::record::{Body, Entry, Fact, SignalChange, Why};
use crate::signal::{Adapter, SignalNumber};
use crate::time::Timestamp;

/// Resolves a case because its last signal ended or fell silent.
pub(super) fn by_itself(draft: &mut Draft<'_>, at: Timestamp, why: Why) {
    draft.note(Fact::Resolved { at, recheck_at: None }, Some(why), None);
    wind_up(draft);
}

/// Resolves a case by a person's word; where signals still fire it is looked at again later.
pub(super) fn by_person(draft: &mut Draft<'_>, at: Timestamp, text: Option<&str>) {
    end_reports(draft);
    let again = draft.cx.now + draft.catalog.organization.reopen_within;
    let recheck_at = (draft.case.firing > 0).then_some(again);
    let body = text.map(|text| Body::from([(String::from("text"), String::from(text))]));
    draft.act(Fact::Resolved { at, recheck_at }, None, body);
    wind_up(draft);
}

/// Looks again at a case that a person resolved while signals still fired.
pub(super) fn recheck(draft: &mut Draft<'_>) {
    let signals = draft.case.firing;
    if signals == 0 {
        draft.note(Fact::Rechecked, Some(Why::AllClear), None);
        return;
    }
    draft.note(Fact::CaseReopened, Some(Why::StillFiring { signals }), None);
    escalation::begin(draft, Stage::Reopened);
    notify::tell(draft, Stage::Reopened);
}

/// Withdraws pages that are no longer wanted and tells whoever was told before.
fn wind_up(draft: &mut Draft<'_>) {
    withdraw_pages(draft, &Why::CaseResolved);
    notify::tell(draft, Stage::Resolved);
    escalation::inform_team(draft, Stage::Resolved);
}

/// Withdraws the pages of the case that no channel has accepted yet.
pub(super) fn withdraw_pages(draft: &mut Draft<'_>, why: &Why) {
    escalation::withdraw_pages(draft, why, |_| true);
}

/// People's reports end with their case; nobody would tell their end otherwise.
pub(super) fn end_reports(draft: &mut Draft<'_>) {
    let reports: Vec<(SignalNumber, _)> = draft
        .world
        .signals()
        .of_case(draft.case.id)
        .filter(|(_, active)| active.signal.adapter == Adapter::Report)
        .map(|(number, active)| (number, Arc::clone(&active.signal)))
        .collect();
    for (number, signal) in reports {
        let change = SignalChange::Resolved { number, case: Some(draft.case.id), ended_at: draft.cx.now };
        draft.attach(Entry::of_signal(draft.cx.now, draft.actor().clone(), change, signal));
    }
}
