//! Runbooks that fit a case: those of the catalog that belong to it, and those that its signals and its service
//! link to.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::catalog::{Catalog, Service, repository_of};
use crate::runbook::{self, RunbookName, owners};
use crate::signal::{Normalised, Signal};

/// The annotations and labels by which alerts name their runbook, the usual one first.
const NAMED_BY: [&str; 3] = ["runbook_url", "runbook", "playbook_url"];
/// The most runbooks that are shown.
const MOST: usize = 20;

/// A runbook that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// Its name: that in the catalog, else one made from where it lies.
    pub title: String,
    /// Where it lies: an http or https address; empty for one of the catalog that nothing links to.
    pub url: String,
    /// How many of the signals looked at call for it; 0 where only the service does.
    pub signals: usize,
    /// Its name in the catalog; absent where it lies elsewhere.
    pub name: Option<RunbookName>,
    /// Why it fits, the strongest reason that there is.
    pub fit: Fit,
}

/// Why a runbook fits, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Signals link to it.
    Linked,
    /// One of its triggers matches signals.
    Triggered,
    /// It is called as an alert is.
    Called(String),
    /// The service links to it.
    ServiceLinks,
    /// It says that it is about the service.
    AboutService(String),
    /// It is kept by the team whose the service is.
    SameTeam(String),
}

impl Fit {
    /// The word by which programs know it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Triggered => "triggered",
            Self::Called(_) => "called",
            Self::ServiceLinks => "service_links",
            Self::AboutService(_) => "about_service",
            Self::SameTeam(_) => "same_team",
        }
    }
}

impl Runbook {
    /// Why it fits, in words.
    pub fn reason(&self) -> String {
        let signals = match self.signals {
            1 => "1 signal".to_string(),
            many => format!("{many} signals"),
        };
        let verb = |one: &'static str, many: &'static str| if self.signals == 1 { one } else { many };
        match &self.fit {
            Fit::Linked => format!("{signals} {} to it", verb("links", "link")),
            Fit::Triggered => format!("its trigger matches {signals}"),
            Fit::Called(alert) => format!("called like the alert {alert}"),
            Fit::ServiceLinks => "the service links to it".to_string(),
            Fit::AboutService(service) => format!("is about service {service}"),
            Fit::SameTeam(team) => format!("kept by team {team}, whose service it is"),
        }
    }
}

/// The runbooks that fit a case, best first.
///
/// Those of the catalog: to which signals link, whose triggers match, that are called as the alerts are, that name the
/// service, that its team keeps. Of others, those to which signals link, most often linked first, and those to
/// which the service links by a label with the word runbook in it. Addresses that are none of http or https are
/// passed over.
pub fn runbooks<'s>(
    catalog: &Catalog,
    service: Option<&Service>,
    signals: impl IntoIterator<Item = &'s Signal>,
) -> Vec<Runbook> {
    let signals: Vec<&Signal> = signals.into_iter().collect();
    let (mut found, known) = linked(catalog, service, &signals);
    for runbook in catalog.runbooks.values() {
        if known.contains(&runbook.name) {
            continue;
        }
        let service_name = service.map(|service| service.name.as_str());
        let matches = |signal: &&&Signal| {
            let form = Normalised { signal, service: service_name };
            runbook.front.triggers.iter().any(|trigger| trigger.when.matches_flat(&form))
        };
        let triggered = signals.iter().filter(matches).count();
        let called = signals.iter().filter_map(|signal| signal.labels.get("alertname"));
        let called: Vec<&str> = called.filter(|alert| is_called(alert, runbook.name.stem())).collect();
        let (fit, count) = if triggered > 0 {
            (Fit::Triggered, triggered)
        } else if let Some(alert) = called.first() {
            (Fit::Called((*alert).to_string()), called.len())
        } else if let Some(fit) = service.and_then(|service| fits_service(catalog, service, runbook)) {
            (fit, 0)
        } else {
            continue;
        };
        found.push(Runbook {
            title: runbook.title.clone(),
            url: String::new(),
            signals: count,
            name: Some(runbook.name.clone()),
            fit,
        });
    }
    let rank = |runbook: &Runbook| (runbook.fit.clone(), usize::MAX - runbook.signals);
    found.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| (&a.name, &a.url).cmp(&(&b.name, &b.url))));
    found.truncate(MOST);
    found
}

/// The runbook of the catalog that an address leads to: its path ends as the runbook's does from the folder
/// `runbooks` on. Of several, the one of which the address says most.
pub fn by_address<'c>(catalog: &'c Catalog, url: &str) -> Option<&'c runbook::Runbook> {
    let path = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let address = path.to_ascii_lowercase();
    let asked: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
    let tail = tail_of(&asked)?;
    let mut best: Option<(usize, &runbook::Runbook)> = None;
    for runbook in catalog.runbooks.values() {
        let within = runbook.path.strip_prefix(repository_of(&runbook.path)).unwrap_or(&runbook.path);
        let lower = within.trim_start_matches(':').to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
        if tail_of(&parts).as_ref() != Some(&tail) {
            continue;
        }
        let same = parts.iter().rev().zip(asked.iter().rev()).skip(1).take_while(|(a, b)| a == b).count();
        let named = asked.contains(&runbook.name.repository().as_str());
        let says = same + usize::from(named);
        if best.is_none_or(|(most, _)| says > most) {
            best = Some((says, runbook));
        }
    }
    best.map(|(_, runbook)| runbook)
}

/// What stands behind the last folder `runbooks`, the ending of the file left out.
fn tail_of(parts: &[&str]) -> Option<Vec<String>> {
    let at = parts.iter().rposition(|part| *part == "runbooks")?;
    let mut tail: Vec<String> = parts.get(at + 1..)?.iter().map(|part| (*part).to_string()).collect();
    let last = tail.last_mut()?;
    let bare = last.strip_suffix(".md").or_else(|| last.strip_suffix(".html")).map(String::from);
    if let Some(bare) = bare {
        *last = bare;
    }
    Some(tail)
}

/// Whether an alert and a file are called the same: `KubePodCrashLooping` and `kube-pod-crash-looping` are.
fn is_called(alert: &str, stem: &str) -> bool {
    let letters =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let name = letters(alert);
    !name.is_empty() && name == letters(stem)
}

fn fits_service(catalog: &Catalog, service: &Service, runbook: &runbook::Runbook) -> Option<Fit> {
    if runbook.front.services.contains(&service.name) {
        return Some(Fit::AboutService(service.name.to_string()));
    }
    // What says what it is about is not about the rest.
    let is_open = runbook.front.services.is_empty();
    let keeps = is_open && owners(catalog, runbook).contains(&service.team);
    keeps.then(|| Fit::SameTeam(service.team.to_string()))
}

/// What signals and service link to, and which runbooks of the catalog are among it.
fn linked(catalog: &Catalog, service: Option<&Service>, signals: &[&Signal]) -> (Vec<Runbook>, BTreeSet<RunbookName>) {
    let (mut found, mut known): (Vec<Runbook>, BTreeSet<RunbookName>) = (Vec::new(), BTreeSet::new());
    let made = |url: &str, title: String, signals: usize, fit: Fit| match by_address(catalog, url) {
        Some(runbook) => {
            Runbook { title: runbook.title.clone(), url: url.into(), signals, name: Some(runbook.name.clone()), fit }
        }
        None => Runbook { title, url: url.into(), signals, name: None, fit },
    };
    for signal in signals {
        let named = NAMED_BY.iter().find_map(|name| signal.annotations.get(name).or_else(|| signal.labels.get(name)));
        let Some(url) = named.map(str::trim).filter(|url| is_web(url)) else { continue };
        match found.iter_mut().find(|one| one.url == url) {
            Some(one) => one.signals += 1,
            None => {
                let one = made(url, title_of(url), 1, Fit::Linked);
                let again =
                    one.name.as_ref().and_then(|name| found.iter_mut().find(|known| known.name.as_ref() == Some(name)));
                match again {
                    Some(known) => known.signals += 1,
                    None => found.push(one),
                }
            }
        }
    }
    for (label, url) in service.into_iter().flat_map(|service| &service.links) {
        let fits = label.to_ascii_lowercase().contains("runbook") && is_web(url);
        if fits && !found.iter().any(|one| one.url == *url) {
            let one = made(url, label.clone(), 0, Fit::ServiceLinks);
            if one.name.is_none() || !found.iter().any(|known| known.name == one.name) {
                found.push(one);
            }
        }
    }
    known.extend(found.iter().filter_map(|one| one.name.clone()));
    (found, known)
}

fn is_web(url: &str) -> bool {
    url.len() <= 2_000 && (url.starts_with("https://") || url.starts_with("http://"))
}

/// `registry read only` for `https://…/runbooks/registry-read-only.md`; the address where nothing is left.
fn title_of(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".md").or_else(|| name.strip_suffix(".html")).unwrap_or(name);
    let words = name.replace(['-', '_'], " ");
    if words.trim().is_empty() || path.matches('/').count() < 3 { url.to_string() } else { words }
}
