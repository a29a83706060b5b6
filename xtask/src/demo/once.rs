//! The demo without a person: one real outage from the first failed scrape to the verified record.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::announce;
use super::fix;
use super::hub::{Case, Cli, OPEN, RESOLVED};
use super::mail::{self, Mail};
use super::prometheus;
use super::script::{HUB, LEDGER};
use super::signals;
use super::stage::Stage;
use super::trouble::{Result, Trouble};
use super::wait;

/// One of them is on call for the ledger.
const ON_CALL: [&str; 3] = ["dana@harbor.example.org", "nadia@harbor.example.org", "omar@harbor.example.org"];
/// Whom the ledger's outage reaches: teams by the graph, and those who must know.
const AFFECTED: [&str; 17] = [
    "benefits@harbor.example.org",
    "building@harbor.example.org",
    "civil-registry@harbor.example.org",
    "licences@harbor.example.org",
    "mobility@harbor.example.org",
    "platform@harbor.example.org",
    "port-calls@harbor.example.org",
    "portal@harbor.example.org",
    "taxes@harbor.example.org",
    "waste@harbor.example.org",
    "citizens-advice@harbor.example.org",
    "dolores@harbor.example.org",
    "ferry-operators@harbor.example.org",
    "finance-leads@harbor.example.org",
    "mira@harbor.example.org",
    "press@harbor.example.org",
    "ruth@harbor.example.org",
];
/// The owners' own address: they may be told what they are paged for, and nobody else may.
const OWNERS: &str = "payments@harbor.example.org";

/// The runbook that restarts the ledger, and its step that people must agree to.
const RESTART: &str = "payments/restart-ledger";
const RESTART_STEP: &str = "start";

const UP_WITHIN: Duration = Duration::from_secs(30);
const OPEN_WITHIN: Duration = Duration::from_secs(30);
const TOLD_WITHIN: Duration = Duration::from_secs(15);
const RESOLVED_WITHIN: Duration = Duration::from_secs(60);
/// How long is watched for mail that should not come.
const SETTLE: Duration = Duration::from_secs(3);

/// Breaks the ledger, follows its incident, agrees to its restart, verifies the record.
pub fn walk(mut stage: Stage) -> Result<()> {
    let outcome = play(&mut stage);
    if outcome.is_err() {
        eprintln!("The hub's last lines:\n{}", stage.last_lines(HUB));
    }
    outcome
}

fn play(stage: &mut Stage) -> Result<()> {
    let mut transcript = Transcript::default();
    let cli = stage.cli()?;
    wait_for(stage, UP_WITHIN, "Prometheus sees three services up", || {
        Ok((prometheus::services_up(&stage.ports) == 3).then_some(()))
    })?;
    transcript.say("Prometheus sees three services up; no case is open");
    expect(cli.cases()?.is_empty(), "a case was open before anything broke")?;

    break_ledger(stage, &mut transcript)?;
    let case = incident(stage, &cli, &mut transcript)?;
    let paged = told(stage, &case, &mut transcript)?;

    cli.with_token(cli.create_person_token(&paged)?).acknowledge(&case.id)?;
    let state = cli.case(&case.id)?.state;
    expect(state != OPEN && state != RESOLVED, &format!("after its acknowledgement {} is {state}", case.id))?;
    transcript.say(&format!("{paged} acknowledged {} from the command line: it is {state}", case.id));

    let run = restarted(stage, &cli, &case, &paged, &mut transcript)?;
    resolved(stage, &cli, &case, &mut transcript)?;
    println!("\n$ wheelhouse run show {run}\n{}", cli.show_run(&run)?.trim_end());
    println!("\n$ wheelhouse case told {}\n{}", case.id, cli.told(&case.id)?.trim_end());
    let verdict = cli.verify_record(&stage.layout.data())?;
    println!("\n$ wheelhouse record verify\n{}\n", verdict.trim_end());
    match stage.ended().into_iter().next() {
        Some((script, status, last_lines)) => Err(Trouble::new(
            format!("{} ended ({status})\n{last_lines}", script.name),
            "everything should run until the end",
        )),
        None => Ok(()),
    }
}

/// Ends the ledger as a person would, by its process id.
fn break_ledger(stage: &Stage, transcript: &mut Transcript) -> Result<()> {
    let pid =
        stage.layout.read_pid(LEDGER).ok_or_else(|| Trouble::new("the ledger has no process id", "see its log"))?;
    transcript.restart();
    expect(signals::send("TERM", pid), "the ledger could not be ended")?;
    transcript.say(&format!("$ {}", announce::break_command(&stage.layout, LEDGER)));
    Ok(())
}

fn incident(stage: &Stage, cli: &Cli, transcript: &mut Transcript) -> Result<Case> {
    let about_ledger = |case: &Case| case.service.as_deref() == Some(LEDGER);
    let case =
        wait_for(stage, OPEN_WITHIN, "an incident on the ledger", || Ok(cli.cases()?.into_iter().find(about_ledger)))?;
    let severity = case.severity.as_deref().unwrap_or("no severity");
    transcript.say(&format!("{} opened, {severity}: {}", case.id, case.title));
    expect(severity == "sev1", "a critical alert on a service of tier 1 is sev1")?;
    Ok(case)
}

/// Waits for the page and the notices, then watches that nobody else hears of it and nobody twice.
/// Says who was paged.
fn told(stage: &Stage, case: &Case, transcript: &mut Transcript) -> Result<String> {
    let mails = |stage: &Stage| Ok(per_recipient(&mail::caught(stage.ports.mail)?, &case.id));
    let address = wait_for(stage, TOLD_WITHIN, "a page to whoever is on call for the ledger", || {
        Ok(ON_CALL.iter().copied().find(|person| mails(stage).is_ok_and(|mails| mails.contains_key(*person))))
    })?;
    let paged = address.split('@').next().unwrap_or(address).to_owned();
    transcript.say("the page is in the mail");
    let complete = |mails: &BTreeMap<String, usize>| AFFECTED.iter().all(|who| mails.contains_key(*who));
    let waited = wait_for(stage, TOLD_WITHIN, "a notice to everybody affected", || {
        let mails = mails(stage)?;
        Ok(complete(&mails).then_some(()))
    });
    if stage.interrupt.arrived() {
        return waited.map(|()| paged);
    }
    if waited.is_err() {
        let mails = mails(stage)?;
        let missed: Vec<&str> = AFFECTED.into_iter().filter(|who| !mails.contains_key(*who)).collect();
        return Err(Trouble::new(
            format!("not told: {}", missed.join(", ")),
            "see who was told and why not: wheelhouse case told",
        ));
    }
    transcript.say("everybody affected is told");
    std::thread::sleep(SETTLE);
    let mails = mails(stage)?;
    judge(&mails).map_err(|what| Trouble::new(what, "see who was told and why: wheelhouse case told"))?;
    transcript.say(&format!("{} people and groups have one mail each; nobody else has any", mails.len()));
    Ok(paged)
}

/// The automation began the runbook when the incident opened; it waits for somebody of the team to agree, and then
/// the hub starts the ledger's process by it.
fn restarted(stage: &mut Stage, cli: &Cli, case: &Case, paged: &str, transcript: &mut Transcript) -> Result<String> {
    let run = wait_for(stage, TOLD_WITHIN, "the runbook to ask for agreement", || {
        Ok(cli.run_of(&case.id)?.filter(|run| run.wants.iter().any(|wanted| wanted == "approval")))
    })?;
    expect(run.runbook == RESTART, &format!("{} is a run of {}", run.id, run.runbook))?;
    transcript.say(&format!("{} of {RESTART} was begun by the automation, and waits until somebody agrees", run.id));
    transcript.restart();
    let digest = cli.input(&run.id, RESTART_STEP)?;
    cli.with_token(cli.create_person_token(paged)?).approve(&run.id, RESTART_STEP, &digest)?;
    transcript.say(&format!("{paged} has looked at what it would do, and agrees"));
    let asked = Instant::now();
    while cli.run_of(&case.id)?.is_some() {
        for name in fix::requests(&stage.layout) {
            stage.fix(name)?;
            fix::done(&stage.layout, name);
            transcript.say(&format!("the runbook started {name}"));
        }
        if stage.interrupt.arrived() || asked.elapsed() > UP_WITHIN {
            let shown = cli.show_run(&run.id)?;
            return Err(Trouble::new(format!("{} does not come to its end\n{shown}", run.id), "see .run/once/logs"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    transcript.say(&format!("{} is complete: the ledger answers", run.id));
    Ok(run.id)
}

fn resolved(stage: &Stage, cli: &Cli, case: &Case, transcript: &mut Transcript) -> Result<()> {
    let before = per_recipient(&mail::caught(stage.ports.mail)?, &case.id);
    wait_for(stage, RESOLVED_WITHIN, "the incident to resolve", || {
        Ok((cli.case(&case.id)?.state == RESOLVED).then_some(()))
    })?;
    transcript.say(&format!("{} is resolved", case.id));
    wait_for(stage, TOLD_WITHIN, "everybody affected to be told that it is over", || {
        let now = per_recipient(&mail::caught(stage.ports.mail)?, &case.id);
        let more = |who: &&str| now.get(*who).copied() > before.get(*who).copied();
        Ok(AFFECTED.iter().all(more).then_some(()))
    })?;
    transcript.say("everybody affected is told that it is over");
    Ok(())
}

/// Counts the pages and notices about a case by recipient.
fn per_recipient(mails: &[Mail], case: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let told = mails.iter().filter(|mail| mail.is_about(case) && !mail.asks_for_an_answer());
    for recipient in told.flat_map(|mail| &mail.to) {
        *counts.entry(recipient.to_lowercase()).or_insert(0) += 1;
    }
    counts
}

/// Whether exactly one person is paged, everybody affected is told once, and nobody else at all.
fn judge(mails: &BTreeMap<String, usize>) -> std::result::Result<(), String> {
    let paged: Vec<&str> = ON_CALL.into_iter().filter(|who| mails.contains_key(*who)).collect();
    if paged.len() != 1 {
        return Err(format!("expected one page, found pages to: {}", paged.join(", ")));
    }
    if let Some(missed) = AFFECTED.iter().find(|who| !mails.contains_key(**who)) {
        return Err(format!("{missed} is affected and was not told"));
    }
    if let Some((who, times)) = mails.iter().find(|(_, times)| **times != 1) {
        return Err(format!("{who} was told {times} times about one stage"));
    }
    let known = |who: &str| AFFECTED.contains(&who) || ON_CALL.contains(&who) || who == OWNERS;
    match mails.keys().find(|who| !known(who)) {
        Some(stranger) => Err(format!("{stranger} was told and is not affected")),
        None => Ok(()),
    }
}

fn wait_for<T>(stage: &Stage, limit: Duration, what: &str, look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    wait::until(limit, &stage.interrupt, look, || {
        Trouble::new(
            format!("waited {} s in vain for {what}", limit.as_secs()),
            format!("the logs are in {}", stage.layout.shown(&stage.layout.run.join("logs"))),
        )
    })
}

fn expect(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Trouble::new(otherwise, "see .run/once/logs")) }
}

/// Prints what happens with the time since the last cause.
struct Transcript {
    since: Instant,
}

impl Default for Transcript {
    fn default() -> Self {
        Self { since: Instant::now() }
    }
}

impl Transcript {
    fn restart(&mut self) {
        self.since = Instant::now();
    }

    fn say(&self, what: &str) {
        println!("{:>7.2} s  {what}", self.since.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    fn right() -> BTreeMap<String, usize> {
        AFFECTED.into_iter().chain(["nadia@harbor.example.org"]).map(|who| (who.to_owned(), 1)).collect()
    }

    #[test]
    fn each_way_of_telling_the_wrong_people_is_noticed() {
        assert_eq!(judge(&right()), Ok(()));
        let mut mails = right();
        mails.remove("press@harbor.example.org");
        assert_eq!(judge(&mails), Err("press@harbor.example.org is affected and was not told".into()));
        let mut mails = right();
        mails.insert("identity@harbor.example.org".into(), 1);
        assert_eq!(judge(&mails), Err("identity@harbor.example.org was told and is not affected".into()));
        let mut mails = right();
        mails.insert("portal@harbor.example.org".into(), 2);
        assert_eq!(judge(&mails), Err("portal@harbor.example.org was told 2 times about one stage".into()));
        let mut mails = right();
        mails.insert("omar@harbor.example.org".into(), 1);
        assert!(judge(&mails).is_err());
        mails.remove("omar@harbor.example.org");
        mails.remove("nadia@harbor.example.org");
        assert!(judge(&mails).is_err());
    }
}
