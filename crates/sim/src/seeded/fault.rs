//! What may be wrong with a kernel, to prove that the simulator bites.

/// A fault put between the kernel and the simulator, to prove that the simulator bites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Pages are not withdrawn when somebody acknowledges.
    KeepPages,
    /// An acknowledgement leaves the escalation running.
    KeepEscalating,
    /// A start forgets a message that was under way.
    LoseMessage,
    /// Somebody is told twice.
    TellTwice,
    /// A drill's signal is taken for a real one.
    MixDrill,
    /// A step comes due and nobody is paged.
    SkipStep,
    /// Nobody writes down who was not told.
    ForgetNotTold,
    /// Silence counts at once after a start.
    TrustSilence,
    /// A page that crossed the acknowledgement is not marked.
    HideCrossing,
    /// The same signal told again is a new one.
    ForgetIdentity,
    /// What follows from a case is taken for trouble of its own.
    ForgetRoot,
    /// A symptom is never released when its root is over.
    KeepSymptoms,
    /// Notices are sent at once.
    SendAtOnce,
    /// What is held back goes out beside what takes it in.
    KeepHeld,
    /// A case that comes and goes is not recognised.
    ForgetFlapping,
    /// Nobody hears that something joined what they have taken.
    HideNewcomers,
    /// Nobody writes down who was missed.
    ForgetMiss,
    /// An action stays open though the catalog says what it asks for.
    KeepAction,
    /// A signal that is silenced is not kept.
    HideSilenced,
    /// A silence stops no pages.
    PageSilenced,
    /// A silence that is over goes on to stop pages.
    KeepSilenced,
    /// A silence never ends.
    ForgetEnd,
    /// A silence for exercise covers what is real.
    MixSilence,
    /// Nobody hears that a silence ends soon.
    HideEnding,
    /// A case does not name what was changed before.
    ForgetChange,
    /// The cases of a drill that is over are not closed for good.
    KeepRetired,
    /// A page waits for a channel that is left alone.
    WaitForChannel,
    /// That a message may have been sent before is not said.
    ForgetDoubt,
    /// What a case does not explain any more goes on to wait for it.
    KeepUnexplained,
    /// A team is paged at once for all that has outlived one root.
    PageAllAtOnce,
    /// What waited is told though the case turned out to be about another service.
    TellOutdated,
    /// A message is taken back twice.
    WithdrawTwice,
    /// What stands for itself again is told as a change of its severity.
    TellAsChange,
    /// Anybody may do what only holders of a role may.
    IgnoreRole,
    /// A run of which every step is settled goes on.
    KeepRunning,
    /// Nobody writes down what became of a step.
    ForgetStep,
    /// A run is pinned to what nobody wrote.
    UnpinRun,
    /// A start forgets a run that was under way.
    LoseRun,
    /// Whoever asked for a step agrees to it as well.
    AgreeWithOneself,
    /// One person is enough where two must agree.
    BeginWithFewer,
    /// What nobody knows the outcome of is taken for what never began.
    CarryOutTwice,
    /// A report counts under whatever lease it comes.
    TakeStale,
    /// A lock is given away that another run holds.
    ShareLock,
    /// A run goes on after a step that failed.
    PassFailed,
    /// A run is over before everything is taken back.
    ForgetWayBack,
    /// A runner that fell silent is waited for for ever.
    LeaseForever,
    /// A start forgets what machines were at.
    LoseWork,
    /// An automation in shadow mode acts.
    ActInShadow,
    /// An automation does not leave a target alone.
    ForgetCooldown,
    /// An automation does more than it may.
    ForgetLimits,
    /// Automations follow from each other for ever.
    GoRound,
    /// An automation goes on whatever became of its runs.
    KeepFailing,
    /// Nobody writes down that a run of an automation is over.
    ForgetRunOver,
    /// An automation goes on though somebody halted it.
    GoOnHalted,
    /// A step that waits goes on by what happened before it waited.
    WakeTooEarly,
    /// A run that is only tried out carries something out.
    CarryOutTrial,
    /// A version runs that is doubted and that nobody approved.
    RunDoubted,
    /// Nobody asks people who are wanted.
    ForgetWanted,
    /// What nobody is wanted for any more is asked all the same.
    KeepAsking,
    /// The clock begins two runs for one time.
    BeginTwice,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 60] = [
        Self::KeepPages,
        Self::KeepEscalating,
        Self::LoseMessage,
        Self::TellTwice,
        Self::MixDrill,
        Self::SkipStep,
        Self::ForgetNotTold,
        Self::TrustSilence,
        Self::HideCrossing,
        Self::ForgetIdentity,
        Self::ForgetRoot,
        Self::KeepSymptoms,
        Self::SendAtOnce,
        Self::KeepHeld,
        Self::ForgetFlapping,
        Self::HideNewcomers,
        Self::ForgetMiss,
        Self::KeepAction,
        Self::HideSilenced,
        Self::PageSilenced,
        Self::KeepSilenced,
        Self::ForgetEnd,
        Self::MixSilence,
        Self::HideEnding,
        Self::ForgetChange,
        Self::KeepRetired,
        Self::WaitForChannel,
        Self::ForgetDoubt,
        Self::KeepUnexplained,
        Self::PageAllAtOnce,
        Self::TellOutdated,
        Self::WithdrawTwice,
        Self::TellAsChange,
        Self::IgnoreRole,
        Self::KeepRunning,
        Self::ForgetStep,
        Self::UnpinRun,
        Self::LoseRun,
        Self::AgreeWithOneself,
        Self::BeginWithFewer,
        Self::CarryOutTwice,
        Self::TakeStale,
        Self::ShareLock,
        Self::PassFailed,
        Self::ForgetWayBack,
        Self::LeaseForever,
        Self::LoseWork,
        Self::ActInShadow,
        Self::ForgetCooldown,
        Self::ForgetLimits,
        Self::GoRound,
        Self::KeepFailing,
        Self::ForgetRunOver,
        Self::GoOnHalted,
        Self::WakeTooEarly,
        Self::CarryOutTrial,
        Self::RunDoubted,
        Self::ForgetWanted,
        Self::KeepAsking,
        Self::BeginTwice,
    ];
}
