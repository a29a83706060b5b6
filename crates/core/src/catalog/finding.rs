//! What is wrong with a catalog, said so that a person can mend it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::place::Place;

/// One thing that is wrong, or that looks wrong, at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it keeps the catalog from being used.
    pub level: Level,
    /// Which kind of thing is wrong.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// Where it is wrong; `None` where something is missing from the whole.
    pub place: Option<Place>,
    /// What is wrong with the words at `place`, in few words; empty where the message says it all.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have a part in it, each with its part.
    pub related: Vec<(Place, String)>,
}

impl Finding {
    /// Starts an error at a place.
    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            code,
            message: message.into(),
            place: Some(place),
            label: String::new(),
            help: None,
            related: Vec::new(),
        }
    }

    /// Starts a warning at a place.
    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, place, message) }
    }

    /// Says what is wrong with the words at its place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that has a part in it.
    #[must_use]
    pub fn related(mut self, place: Place, part: impl Into<String>) -> Self {
        self.related.push((place, part.into()));
        self
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The catalog cannot be used.
    Error,
    /// The catalog can be used, and somebody should look.
    Warning,
}

impl Level {
    /// `error` or `warning`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)*) => {
        /// The closed set of what can be wrong with a catalog. The texts are stable: scripts and
        /// editors rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as text, in kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// One sentence that explains the code.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    Syntax = "syntax",
    /// The sources are larger than the loader accepts.
    TooLarge = "too-large",
    /// A field is given twice.
    DuplicateField = "duplicate-field",
    /// The kind of a document is none that the catalog knows.
    UnknownKind = "unknown-kind",
    /// A field is none that its document knows.
    UnknownField = "unknown-field",
    /// A field that must be there is not.
    MissingField = "missing-field",
    /// A value is of another shape than its field expects.
    WrongShape = "wrong-shape",
    /// A value has the right shape and no meaning.
    BadValue = "bad-value",
    /// A name breaks the rules for names.
    BadName = "bad-name",
    /// A template of a channel cannot be used.
    BadTemplate = "bad-template",
    /// A secret that a channel needs is not kept.
    MissingSecret = "missing-secret",
    /// An event pattern cannot be read.
    BadPattern = "bad-pattern",
    /// Two documents of one kind have the same name.
    DuplicateName = "duplicate-name",
    /// A name stands for nothing.
    Unresolved = "unresolved",
    /// The catalog has no organization.
    NoOrganization = "no-organization",
    /// The catalog has more than one organization.
    SecondOrganization = "second-organization",
    /// A repository defines what is not its own.
    NotYours = "not-yours",
    /// A list that needs an entry has none.
    EmptyList = "empty-list",
    /// A list names the same thing twice.
    Repeated = "repeated",
    /// A list, or the catalog, has more entries than the limit.
    TooMany = "too-many",
    /// A text is longer than the limit.
    TooLong = "too-long",
    /// A number or a length of time is outside its bounds.
    OutOfRange = "out-of-range",
    /// A service depends on itself.
    SelfDependency = "self-dependency",
    /// An interval ends before it starts.
    EmptyInterval = "empty-interval",
    /// Two fields exclude each other, or one of two is needed.
    Conflict = "conflict",
    /// No message can reach a person.
    UnreachablePerson = "unreachable-person",
    /// No message can reach a team.
    UnreachableTeam = "unreachable-team",
    /// No message can reach an audience.
    UnreachableAudience = "unreachable-audience",
    /// Somebody who is paged cannot be reached by any message.
    UnreachableOnCall = "unreachable-on-call",
    /// Pages for somebody go to a webhook alone.
    WebhookOnly = "webhook-only",
    /// All people of a team that is paged are reached by mail, or by one channel, alone.
    SingleWay = "single-way",
    /// No service has an audience among its stakeholders.
    UnusedAudience = "unused-audience",
    /// Services depend on each other in a circle.
    DependencyCycle = "dependency-cycle",
    /// An escalation, or the fallback, pages nobody at some instant of the coming 90 days.
    NobodyOnCall = "nobody-on-call",
    /// Incidents of a team's services page nobody but the organisation's fallback.
    NoEscalation = "no-escalation",
    /// No signal can lead to a service, because rules take all of its signals elsewhere.
    UnmatchedService = "unmatched-service",
    /// Signals that a service's labels describe always go to another service.
    AmbiguousMatch = "ambiguous-match",
    /// A rule can never match, because no signal has what its pattern asks for.
    ImpossibleRule = "impossible-rule",
    /// A rule can never decide, because an earlier one matches whatever it matches.
    ShadowedRule = "shadowed-rule",
    /// A fence of a runbook is never closed.
    UnclosedFence = "unclosed-fence",
    /// An attribute of a step is none that runbooks know.
    UnknownAttribute = "unknown-attribute",
    /// A fence that is called a step cannot be carried out as it stands.
    NotExecutable = "not-executable",
    /// Two steps of a runbook have the same name.
    DuplicateStep = "duplicate-step",
    /// A runbook has automated steps, and no team answers for it.
    MissingOwner = "missing-owner",
    /// An automated step does not say how long it may take.
    MissingTimeout = "missing-timeout",
    /// An automated step does not say what takes it back.
    MissingUndo = "missing-undo",
    /// A link of a runbook leads nowhere.
    DeadLink = "dead-link",
    /// No runner of the catalog reaches what a step asks for.
    UnreachedLabel = "unreached-label",
    /// Nobody holds a role that a runbook asks for.
    NobodyHolds = "nobody-holds",
    /// An automation can never do anything, because no event has what its pattern asks for.
    ImpossiblePattern = "impossible-pattern",
    /// An expression cannot be read, or asks for what is not there.
    BadExpression = "bad-expression",
    /// An automation that acts does not say how long it leaves a target alone.
    MissingCooldown = "missing-cooldown",
    /// A name in a step looks like one that is to be filled in by hand.
    LikelyPlaceholder = "likely-placeholder",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
