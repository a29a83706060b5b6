//! Runbooks that fit a case: those that its signals and its service name.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::catalog::Service;
use crate::signal::Signal;

/// The annotations and labels by which alerts name their runbook, the usual one first.
const NAMED_BY: [&str; 3] = ["runbook_url", "runbook", "playbook_url"];
/// The most runbooks that are shown.
const MOST: usize = 20;

/// A runbook that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// Its name, made from where it lies.
    pub title: String,
    /// Where it lies: an http or https address.
    pub url: String,
    /// How many of the signals looked at name it; 0 where only the service does.
    pub signals: usize,
}

/// The runbooks that signals of a case name, most often named first, and then those that its service links to
/// by a label with the word runbook in it. Addresses that are none of http or https are passed over.
pub fn runbooks<'s>(service: Option<&Service>, signals: impl IntoIterator<Item = &'s Signal>) -> Vec<Runbook> {
    let mut found: Vec<Runbook> = Vec::new();
    for signal in signals {
        let named = NAMED_BY.iter().find_map(|name| signal.annotations.get(name).or_else(|| signal.labels.get(name)));
        let Some(url) = named.map(str::trim).filter(|url| is_web(url)) else { continue };
        match found.iter_mut().find(|known| known.url == url) {
            Some(known) => known.signals += 1,
            None => found.push(Runbook { title: title_of(url), url: url.into(), signals: 1 }),
        }
    }
    found.sort_by(|a, b| b.signals.cmp(&a.signals).then_with(|| a.url.cmp(&b.url)));
    for (label, url) in service.into_iter().flat_map(|service| &service.links) {
        let fits = label.to_ascii_lowercase().contains("runbook") && is_web(url);
        if fits && !found.iter().any(|known| known.url == *url) {
            found.push(Runbook { title: label.clone(), url: url.clone(), signals: 0 });
        }
    }
    found.truncate(MOST);
    found
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
