//! Circles of hard dependencies: start one service of it, and it waits for itself.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::draft::{Document, ServiceDraft};
use super::super::finding::{Code, Finding};
use super::super::model::Strength;
use super::super::place::Place;

/// How many further edges of one circle are shown in their files; the message names them all.
const MOST_EDGES: usize = 12;
/// How many circles are shown.
const MOST_SHOWN: usize = 50;

/// Hard dependencies by service, each with its place.
type Graph<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Place>>;

/// Warns of circles of hard dependencies: for every service that is on one and on none shown before,
/// a shortest one.
pub fn warn(services: &[Document<ServiceDraft>], findings: &mut Vec<Finding>) {
    let mut graph = hard_edges(services);
    trim(&mut graph);
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    let mut count = 0;
    for start in graph.keys().copied() {
        if count == MOST_SHOWN {
            break;
        }
        if shown.contains(start) {
            continue;
        }
        if let Some(circle) = shortest_circle(&graph, start) {
            findings.extend(finding(&graph, &circle));
            shown.extend(circle);
            count += 1;
        }
    }
}

fn hard_edges(services: &[Document<ServiceDraft>]) -> Graph<'_> {
    let mut graph = Graph::new();
    for service in services {
        let edges = graph.entry(service.name.value.as_str()).or_default();
        for (to, strength) in &service.body.depends_on {
            // A service that depends on itself is an error of its own.
            if *strength == Strength::Hard && to.value.as_str() != service.name.value {
                edges.entry(to.value.as_str()).or_insert(to.place);
            }
        }
    }
    graph
}

/// Takes away, again and again, what depends on nothing; what is left is on a circle or leads to one.
fn trim(graph: &mut Graph<'_>) {
    let mut callers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut done: Vec<&str> = Vec::new();
    for (from, edges) in graph.iter() {
        let inside = edges.keys().filter(|to| graph.contains_key(*to));
        let mut count = 0;
        for to in inside {
            callers.entry(to).or_default().push(from);
            count += 1;
        }
        if count == 0 {
            done.push(from);
        }
        open.insert(from, count);
    }
    while let Some(service) = done.pop() {
        graph.remove(service);
        for caller in callers.remove(service).unwrap_or_default() {
            if let Some(count) = open.get_mut(caller) {
                *count -= 1;
                if *count == 0 {
                    done.push(caller);
                }
            }
        }
    }
}

/// A shortest way from `start` back to it, without the return.
fn shortest_circle<'a>(graph: &Graph<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(service) = next.pop_front() {
        for to in graph.get(service).into_iter().flat_map(BTreeMap::keys).copied() {
            if to == start {
                let mut circle = Vec::from([service]);
                while let Some(before) = circle.last().and_then(|last| came_from.get(last)) {
                    circle.push(before);
                }
                circle.reverse();
                return Some(circle);
            }
            if graph.contains_key(to) && !came_from.contains_key(to) {
                came_from.insert(to, service);
                next.push_back(to);
            }
        }
    }
    None
}

fn finding(graph: &Graph<'_>, circle: &[&str]) -> Option<Finding> {
    let mut way = String::new();
    for service in circle {
        way.push_str(service);
        way.push_str(" → ");
    }
    way.push_str(circle.first()?);
    let place = |from: &str, to: &str| graph.get(from).and_then(|edges| edges.get(to)).copied();
    let following = circle.iter().skip(1).chain(circle.first());
    let mut edges = circle.iter().zip(following).filter_map(|(from, to)| Some((from, place(from, to)?)));
    let (_, first) = edges.next()?;
    let mut finding =
        Finding::warning(Code::DependencyCycle, first, format!("services depend on each other in a circle: {way}"))
            .label("the circle starts here")
            .help("make one of these dependencies soft, if the service can work without");
    finding.related = edges.take(MOST_EDGES).map(|(from, place)| (place, format!("`{from}` goes on here"))).collect();
    Some(finding)
}
