//! What somebody may be allowed to do: the closed set.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $deed:literal;)*) => {
        /// What somebody may be allowed to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word for it in policies.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What one does with the resource, as it stands before the resource's name.
            pub(super) const fn deed(self) -> &'static str {
                match self { $(Self::$name => $deed,)* }
            }
        }
    };
}

actions! {
    /// Knocks at a door as a source.
    SendSignals = "send_signals", "send signals as";
    /// Takes steps of runs as a runner, and says what became of them.
    TakeSteps = "take_steps", "take steps as";
    /// Opens a case, as a report of trouble.
    OpenCase = "open_case", "open a case in";
    /// Reads what fires and what is silenced.
    ReadSignals = "read_signals", "read signals and silences of";
    /// Makes or changes a silence.
    SetSilence = "set_silence", "silence";
    /// Ends a silence.
    EndSilence = "end_silence", "end or change";
    /// Tells of a change.
    ReportChange = "report_change", "report a change in";
    /// Reads cases and all that belongs to them.
    ReadCases = "read_cases", "read cases:";
    /// Reads the record.
    ReadRecord = "read_record", "read the record of";
    /// Erases what was written in a case, or in a run that was for none.
    EraseTexts = "erase_texts", "erase what was written in";
    /// Sets and lifts legal holds.
    SetHold = "set_hold", "set or lift a legal hold in";
    /// Reads the catalog: services, teams, who is on call.
    ReadCatalog = "read_catalog", "read the catalog of";
    /// Reads what tokens there are; never their secrets, which nobody has.
    ReadTokens = "read_tokens", "list tokens:";
    /// Acknowledges a case.
    Acknowledge = "acknowledge", "acknowledge";
    /// Writes a note.
    Note = "note", "write a note on";
    /// Says how bad a case is.
    SetSeverity = "set_severity", "set the severity of";
    /// Gives a case to a person, a team or a service.
    Assign = "assign", "assign";
    /// Gives roles.
    SetRole = "set_role", "give roles in";
    /// Pages somebody about a case.
    Page = "page", "page somebody about";
    /// Writes an update for those affected.
    Update = "update", "write an update on";
    /// Says that the harm has stopped.
    Mitigate = "mitigate", "mitigate";
    /// Resolves a case.
    Resolve = "resolve", "resolve";
    /// Reopens a case.
    Reopen = "reopen", "reopen";
    /// Links something to a case.
    Link = "link", "link something to";
    /// Says that somebody affected by a case was not told.
    RecordMiss = "record_miss", "say who was not told of";
    /// Tries a contact with a message marked as a test.
    TestContact = "test_contact", "try the contacts of";
    /// Makes a token.
    CreateToken = "create_token", "make";
    /// Revokes a token.
    RevokeToken = "revoke_token", "revoke";
    /// Plays a drill, which pages and tells real people.
    RunDrill = "run_drill", "run";
    /// Starts runs of a runbook, and works on them.
    RunRunbook = "run_runbook", "run";
    /// Agrees to a step of a run, or does not.
    ApproveStep = "approve_step", "agree to a step of a run of";
    /// Halts an automation, and lets it go on.
    PauseAutomation = "pause_automation", "halt";
    /// Agrees to what an automation asks, or does not.
    ApproveAutomation = "approve_automation", "agree to a question of";
    /// Lets a quarantined version of a runbook run.
    ApproveRunbook = "approve_runbook", "approve a version of";
    /// Reads the hub's metrics.
    ReadMetrics = "read_metrics", "read the metrics of";
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
