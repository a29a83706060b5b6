//! What can be said of a fact from outside: the word for its kind, and the run that it belongs to.

use super::Fact;
use crate::run::RunId;

impl Fact {
    /// The run of a runbook in which it happened.
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Run(part) => Some(part.run),
            Self::RunErased(part) => Some(part.run),
            _ => None,
        }
    }

    /// The word for the kind of fact, as in its canonical form.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::DoorsReady => "doors_ready",
            Self::CatalogAdopted { .. } => "catalog_adopted",
            Self::RepositoryRefused { .. } => "repository_refused",
            Self::RepositoryRestored { .. } => "repository_restored",
            Self::Signal(_) => "signal",
            Self::Signals { .. } => "signals",
            Self::CaseOpened { .. } => "case_opened",
            Self::CaseReopened => "case_reopened",
            Self::SeverityChanged { .. } => "severity_changed",
            Self::Acknowledged { .. } => "acknowledged",
            Self::AcknowledgementLapsed => "acknowledgement_lapsed",
            Self::AcknowledgementExtended { .. } => "acknowledgement_extended",
            Self::EscalationSet { .. } => "escalation_set",
            Self::EscalationStepped { .. } => "escalation_stepped",
            Self::EscalationParked => "escalation_parked",
            Self::MessageQueued { .. } => "message_queued",
            Self::MessageAccepted { .. } => "message_accepted",
            Self::MessageFailed { .. } => "message_failed",
            Self::MessageWithdrawn { .. } => "message_withdrawn",
            Self::NotTold { .. } => "not_told",
            Self::Missed { .. } => "missed",
            Self::Proposed { .. } => "proposed",
            Self::OwnerSet { .. } => "owner_set",
            Self::TeamSet { .. } => "team_set",
            Self::RoleSet { .. } => "role_set",
            Self::Noted => "noted",
            Self::FileAttached(_) => "file_attached",
            Self::Updated => "updated",
            Self::Mitigated { .. } => "mitigated",
            Self::Resolved { .. } => "resolved",
            Self::Rechecked => "rechecked",
            Self::CaseRetired => "case_retired",
            Self::DrillHeld(_) => "drill_held",
            Self::DrillRun(_) => "drill_run",
            Self::RunScheduled(_) => "run_scheduled",
            Self::Run(_) => "run",
            Self::Automation(_) => "automation",
            Self::RunbookVersion(_) => "runbook_version",
            Self::Linked { .. } => "linked",
            Self::KeyEventSet(_) => "key_event_set",
            Self::Unlinked { .. } => "unlinked",
            Self::SymptomSet { .. } => "symptom_set",
            Self::FlappingBegun => "flapping_begun",
            Self::QuietSet { .. } => "quiet_set",
            Self::ContactTested(_) => "contact_tested",
            Self::CaseSilenced { .. } => "case_silenced",
            Self::CaseUnsilenced => "case_unsilenced",
            Self::SilenceSet { .. } => "silence_set",
            Self::SilenceStarted { .. } => "silence_started",
            Self::SilenceEndsSoon { .. } => "silence_ends_soon",
            Self::SilenceEnded { .. } => "silence_ended",
            Self::ChangeTold { .. } => "change_told",
            Self::ChangeFound(_) => "change_found",
            Self::TokenCreated { .. } => "token_created",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::Quarantined { .. } => "quarantined",
            Self::HandedOver { .. } => "handed_over",
            Self::SignalsPlaced { .. } => "signals_placed",
            Self::AnswersKept { .. } => "answers_kept",
            Self::Erased(_) => "erased",
            Self::RunErased(_) => "run_erased",
            Self::RecordRestored(_) => "record_restored",
            Self::HoldSet { .. } => "hold_set",
            Self::HoldLifted { .. } => "hold_lifted",
        }
    }
}
