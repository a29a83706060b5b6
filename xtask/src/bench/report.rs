//! The figures as Markdown: first beside the budgets, then all of them.

use std::fmt::Write as _;

use super::alertmanager::Notifies;
use super::checks::Checks;
use super::crowd::{PEOPLE, Paged};
use super::delays::{Delays, percentile};
use super::dispatch::{self, Dispatched};
use super::load::{Load, as_float};
use super::patterns::{self, Set};
use super::runs::{Held, HubLoad};
use super::scale::{Checked, History, Reached, Steps};
use super::syncs::Syncs;

/// Everything that one run measured.
#[derive(Default)]
pub struct Figures {
    /// What ran where, one line each.
    pub circumstances: Vec<String>,
    /// The hub under load, several rounds.
    pub hub_loads: Vec<HubLoad>,
    /// Alertmanager under load.
    pub peer_loads: Vec<(Notifies, Load)>,
    /// Syncs by alerts a request.
    pub syncs: Vec<(u32, Option<Syncs>)>,
    /// The hub holding many alerts.
    pub hub_held: Held,
    /// Alertmanager holding as many.
    pub peer_held: Held,
    /// The hub's delays in peace.
    pub hub_delays: Delays,
    /// Alertmanager's.
    pub peer_delays: Delays,
    /// The hub's delays beside full load.
    pub loaded_delays: Delays,
    /// Many people paged at once.
    pub crowd: Option<Paged>,
    /// Checking a large organisation's catalog.
    pub checked: Option<Checked>,
    /// Whom its incidents reach.
    pub reached: Option<Reached>,
    /// Asking for lists and statistics of many closed cases.
    pub history: Option<History>,
    /// Executing steps.
    pub steps: Option<Steps>,
    /// Handing out steps.
    pub dispatched: Option<Dispatched>,
    /// Event patterns of each kind of operator.
    pub patterns: Vec<Set>,
    /// What was checked.
    pub checks: Checks,
    /// CPU seconds that others used, and the seconds of the whole run times the cores.
    pub noise: (f64, f64),
}

/// How Alertmanager notifies where the budgets compare.
pub const COMPARED: Notifies = Notifies::Every(10, 1);

impl Figures {
    /// Writes everything.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for line in &self.circumstances {
            let _ = writeln!(text, "- {line}");
        }
        let (others, whole) = self.noise;
        let _ = writeln!(
            text,
            "- Noise: other programs used {:.0} % of the machine's CPU during the run.\n",
            100.0 * others / whole
        );
        let has_alerts = !self.hub_loads.is_empty();
        if has_alerts {
            self.budgets(&mut text);
        }
        self.crowd(&mut text);
        self.scale(&mut text);
        self.history(&mut text);
        if !self.patterns.is_empty() {
            text.push_str(&patterns::markdown(&self.patterns));
        }
        self.steps(&mut text);
        self.dispatched(&mut text);
        if has_alerts {
            self.loads(&mut text);
        }
        self.held(&mut text, has_alerts);
        text
    }

    fn crowd(&self, text: &mut String) {
        if let Some(Paged { first_ms, half_ms, last_ms }) = self.crowd {
            let _ = writeln!(
                text,
                "{PEOPLE} people paged at once, from the alert to the mail server: first {first_ms:.0} ms, half of them \
                 {half_ms:.0} ms, last {last_ms:.0} ms (budget 5,000 ms).\n"
            );
        }
    }

    fn scale(&self, text: &mut String) {
        if self.checked.is_none() && self.reached.is_none() {
            return;
        }
        text.push_str("In an organisation of 2,000 services, 500 teams and 5,000 people:\n\n");
        text.push_str("| work | Wheelhouse | budget |\n|---|---:|---|\n");
        if let Some(Checked { median_ms, longest_ms }) = self.checked {
            let _ = writeln!(
                text,
                "| `check` on it, the whole program, median / longest | {median_ms:.0} / {longest_ms:.0} ms | ≤ 1,000 ms |"
            );
        }
        if let Some(Reached { p50_us, p99_us, worst_us, worst_reaches, .. }) = self.reached {
            let _ = writeln!(
                text,
                "| whom an incident reaches: median service / one in a hundred / worst ({worst_reaches} services) \
                 | {p50_us:.0} / {p99_us:.0} / {worst_us:.0} µs | ≤ 1,000 µs |"
            );
        }
        text.push('\n');
    }

    fn dispatched(&self, text: &mut String) {
        let Some(Dispatched { lease_p50_ms, lease_p99_ms, whole_p50_ms, whole_p99_ms }) = self.dispatched else {
            return;
        };
        let (waiting, executing) = (dispatch::WAITING, dispatch::EXECUTING);
        let _ = write!(
            text,
            "\n### Runs in flight\n\n{waiting} runs wait for people and {executing} steps are executed, while others begin.\n\n\
             | | | goal |\n|---|---|---|\n\
             | from a step's turn to its lease, p50 / p99 | {lease_p50_ms:.1} / {lease_p99_ms:.1} ms | p99 ≤ 100 ms |\n\
             | a whole run of one step, p50 / p99 | {whole_p50_ms:.1} / {whole_p99_ms:.1} ms | |\n"
        );
    }

    fn steps(&self, text: &mut String) {
        let Some(steps) = &self.steps else { return };
        let Steps { megabytes, before_mib, peak_mib, alone_p50_ms, alone_p99_ms, together, .. } = steps;
        let _ = writeln!(
            text,
            "Steps, executed by the runner in one process:\n\n| work | Wheelhouse | budget |\n|---|---:|---|\n\
             | {megabytes} MiB of output without secrets / with one / with five | {:.0} / {:.0} / {:.0} MiB/s | |\n\
             | the runner's memory before, and at most meanwhile | {before_mib} / {peak_mib} MiB | bounded |\n\
             | until a step's own code runs, p50 / p99 | {alone_p50_ms:.1} / {alone_p99_ms:.1} ms | ≤ 100 ms |\n\
             | the same while {together} others are at work | {:.1} / {:.1} ms | ≤ 100 ms |\n",
            steps.plain_mb_s,
            steps.one_secret_mb_s,
            steps.five_secrets_mb_s,
            steps.together_p50_ms,
            steps.together_p99_ms
        );
    }

    fn history(&self, text: &mut String) {
        let Some(History { cases, megabytes, lists, p50_ms, p99_ms, slowest, slowest_p99_ms, measured, statistics_ms }) =
            &self.history
        else {
            return;
        };
        let _ = writeln!(
            text,
            "With {cases} closed cases ({megabytes} MB), asked in the store:\n\n\
             | work | Wheelhouse | budget |\n|---|---:|---|\n\
             | a list of 100 cases, {lists} of eight kinds, p50 / p99 | {p50_ms:.1} / {p99_ms:.1} ms | p99 ≤ 50 ms |\n\
             | the same, the slowest kind ({slowest}), p99 | {slowest_p99_ms:.1} ms | p99 ≤ 50 ms |\n\
             | statistics over {measured} cases | {statistics_ms:.0} ms | |\n"
        );
    }

    fn budgets(&self, text: &mut String) {
        text.push_str("| work | Wheelhouse | Alertmanager | ratio | budget |\n|---|---:|---:|---:|---|\n");
        for (batch, factor, p99) in [(64, 4, 100), (1, 3, 15)] {
            let (hub, peer) = (self.hub(batch), self.peer(COMPARED, batch));
            let ratio = hub.rate / peer.rate;
            let _ = writeln!(
                text,
                "| alerts/s, {batch} a request | {:.0} | {:.0} | {ratio:.2} | ≥ {factor} |\n\
                 | the same: p99 of the answer | {:.1} ms | {:.1} ms | {:.2} | ≤ {p99} ms |",
                hub.rate,
                peer.rate,
                hub.p99,
                peer.p99,
                hub.p99 / peer.p99
            );
        }
        let pair = |sorted: &[f64]| match (percentile(sorted, 50), percentile(sorted, 99)) {
            (Some(p50), Some(p99)) => format!("{p50:.1} / {p99:.1} ms"),
            _ => "none came".to_owned(),
        };
        let (hub, peer, loaded) = (&self.hub_delays, &self.peer_delays, &self.loaded_delays);
        let _ = writeln!(
            text,
            "| alert → webhook, 50 incidents/s, p50 / p99 | {} | {} | | p99 ≤ 10 ms |\n\
             | alert → mail, 50 incidents/s, p50 / p99 | {} | | | p99 ≤ 10 ms |\n\
             | alert → webhook during full load, p50 / p99 | {} | | | p99 ≤ 100 ms |\n\
             | alert → mail during full load, p50 / p99 | {} | | | p99 ≤ 100 ms |",
            pair(&hub.webhook),
            pair(&peer.webhook),
            pair(&hub.mail),
            pair(&loaded.webhook),
            pair(&loaded.mail)
        );
        for ((count, hub), (_, peer)) in self.hub_held.memory.iter().zip(&self.peer_held.memory) {
            let budget = if *count == 500_000 { "≤ 530 MiB" } else { "" };
            let _ = writeln!(
                text,
                "| memory, {count} alerts | {hub:.0} MiB | {peer:.0} MiB | {:.2} | {budget} |",
                hub / peer
            );
        }
        let (hub, peer) = (&self.hub_held, &self.peer_held);
        let _ = writeln!(
            text,
            "| alerts/s while they were fed, each new | {:.0} | {:.0} | {:.2} | |\n\
             | list one service's alerts ({}) among them | {:.1} ms | {:.0} ms | {:.3} | ≤ 20 ms |\n\
             | start to ready with them, after SIGKILL | {:.0} ms | | | ≤ 3,000 ms |\n\
             | known after SIGKILL | {} | {} | | all |\n",
            hub.fed_a_second,
            peer.fed_a_second,
            hub.fed_a_second / peer.fed_a_second,
            hub.listed,
            hub.list_ms,
            peer.list_ms,
            hub.list_ms / peer.list_ms,
            hub.ready_ms,
            hub.known_after_kill,
            peer.known_after_kill,
        );
    }

    fn loads(&self, text: &mut String) {
        text.push_str("Every load (64 connections; CPU in seconds; *tool* is wrk and the sinks):\n\n");
        text.push_str(
            "| under load | a request | alerts/s | p50 ms | p99 ms | not 2xx | broken | CPU | tool | others |\n",
        );
        text.push_str("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        let hub = self.hub_loads.iter().map(|hub| ("Wheelhouse".to_owned(), &hub.load));
        let peer = self.peer_loads.iter().map(|(how, load)| (format!("Alertmanager, {}", how.words()), load));
        for (who, load) in hub.chain(peer) {
            let Load { batch, p50_ms, p99_ms, refused, broken, subject_cpu, tool_cpu, others_cpu, .. } = load;
            let _ = writeln!(
                text,
                "| {who} | {batch} | {:.0} | {p50_ms:.1} | {p99_ms:.1} | {refused} | {broken} | {subject_cpu:.1} | {tool_cpu:.1} | {others_cpu:.1} |",
                load.rate()
            );
        }
        text.push_str("\nWhat the hub did for it:\n\n| a request | alerts | of them new | commits | alerts a commit | entries |\n");
        text.push_str("|---:|---:|---:|---:|---:|---:|\n");
        for HubLoad { load, commits, entries, first_seen } in &self.hub_loads {
            let a_commit = as_float(load.alerts) / as_float(*commits);
            let _ = writeln!(
                text,
                "| {} | {} | {first_seen} | {commits} | {a_commit:.0} | {entries} |",
                load.batch, load.alerts
            );
        }
        text.push('\n');
        for (batch, syncs) in &self.syncs {
            let _ = match syncs {
                Some(Syncs { calls, commits }) => writeln!(
                    text,
                    "- Under strace, {batch} a request: {calls} calls of fdatasync or fsync in {commits} commits ({:.2} a commit).",
                    as_float(*calls) / as_float(*commits)
                ),
                None => writeln!(text, "- Calls of fdatasync, {batch} a request: strace is missing or may not look."),
            };
        }
    }

    fn held(&self, text: &mut String, has_alerts: bool) {
        let missing = [("in peace", &self.hub_delays), ("during full load", &self.loaded_delays)];
        for (when, delays) in missing.into_iter().filter(|_| has_alerts) {
            let all = as_float((delays.webhook.len() + delays.mail.len()) as u64 + delays.missing);
            let _ = writeln!(
                text,
                "- Incidents {when}: {all:.0}, of them without their page before the next: {}.",
                delays.missing
            );
        }
        let _ = writeln!(
            text,
            "- Checks of membership, pages and record: {} held, {} failed.",
            self.checks.held,
            self.checks.failed.len()
        );
        for failed in &self.checks.failed {
            let _ = writeln!(text, "  - FAILED: {failed}");
        }
    }

    fn hub(&self, batch: u32) -> Median {
        Median::of(self.hub_loads.iter().map(|hub| &hub.load).filter(|load| load.batch == batch))
    }

    fn peer(&self, how: Notifies, batch: u32) -> Median {
        let peers = self.peer_loads.iter().filter(|(notifies, load)| *notifies == how && load.batch == batch);
        Median::of(peers.map(|(_, load)| load))
    }
}

/// The middle of several rounds.
struct Median {
    rate: f64,
    p99: f64,
}

impl Median {
    fn of<'a>(loads: impl Iterator<Item = &'a Load>) -> Self {
        let (mut rates, mut p99s): (Vec<f64>, Vec<f64>) = loads.map(|load| (load.rate(), load.p99_ms)).unzip();
        let middle = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self { rate: middle(&mut rates), p99: middle(&mut p99s) }
    }
}
