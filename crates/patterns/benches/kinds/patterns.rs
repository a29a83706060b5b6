//! Patterns of each kind of operator, as teams of the harbour would write them.

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::events::{ALERTS, PARTS, SEVERITIES, SITES, SYSTEMS, WORDS, host, person, service};

/// The kinds. Where the operator itself can tell events apart, it is all that a pattern has besides the
/// source; `exists` and `anything-but` let nearly everything pass, so there most patterns name their service.
pub const KINDS: [&str; 12] = [
    "exact",
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "numeric =",
    "numeric range",
    "cidr",
    "exists",
    "anything-but",
    "$or",
    "mixed",
];

/// A pattern of a kind.
pub fn pattern(chance: &mut Chance, kind: &str) -> Value {
    match kind {
        "exact" => exact(chance),
        "prefix" => match chance.below(3) {
            0 => json!({"source": ["watch"], "host": [{"prefix": cut(&hosted(chance), 8)}]}),
            1 => json!({"source": ["forge"], "change": {"commit": [{"prefix": chance.hex(3)}]}}),
            _ => json!({"source": ["vault"], "job": {"volume": [{"prefix": format!("/srv/{}/", service(chance))}]}}),
        },
        "suffix" => match chance.below(3) {
            0 => json!({"source": ["forge"], "change": {"commit": [{"suffix": chance.hex(3)}]}}),
            1 => json!({"source": ["watch"], "host": [{"suffix": tail(&hosted(chance))}]}),
            _ => {
                json!({"source": ["desk"], "from": [{"suffix": format!("{}{}@harbour.example", chance.one(&SYSTEMS), chance.below(10))}]})
            }
        },
        "equals-ignore-case" => match chance.below(2) {
            0 => {
                json!({"source": ["gate"], "actor": {"name": [{"equals-ignore-case": person(chance).to_uppercase()}]}})
            }
            _ => json!({"source": ["watch"], "host": [{"equals-ignore-case": hosted(chance).to_uppercase()}]}),
        },
        "wildcard" => wildcard(chance),
        "numeric =" => match chance.below(2) {
            0 => json!({"source": ["forge"], "seconds": [{"numeric": ["=", chance.below(3_000)]}]}),
            _ => json!({"source": ["watch"], "value": [chance.below(100_000) as f64 / 10.0]}),
        },
        "numeric range" => {
            let low = chance.below(9_990) as f64;
            match chance.below(2) {
                0 => {
                    json!({"source": ["watch"], "severity": ["critical"], "value": [{"numeric": [">", low, "<=", low + 5.0]}]})
                }
                _ => {
                    json!({"source": ["gate"], "risk": [{"numeric": [">=", low / 1e4, "<", low / 1e4 + 0.001]}], "attempts": [{"numeric": [">", chance.below(8)]}]})
                }
            }
        }
        "cidr" => match chance.below(3) {
            0 => {
                json!({"source": ["gate"], "actor": {"address": [{"cidr": format!("2001:db8:{:x}::/48", chance.below(256))}]}, "outcome": ["denied"]})
            }
            _ => {
                json!({"source": ["gate"], "actor": {"address": [{"cidr": format!("10.{}.{}.0/24", chance.below(64), chance.below(256))}]}})
            }
        },
        "exists" => match chance.below(2) {
            0 => {
                json!({"service": owner(chance), "annotations": {"runbook": [{"exists": false}]}, "severity": [{"exists": true}]})
            }
            _ => json!({"service": owner(chance), "change": {"author": [{"exists": true}]}, "state": ["failed"]}),
        },
        "anything-but" => match chance.below(3) {
            0 => json!({"service": owner(chance), "severity": [{"anything-but": ["info", "warning"]}]}),
            1 => {
                json!({"service": owner(chance), "labels": {"zone": [{"anything-but": {"suffix": "test-a"}}]}, "source": ["watch"]})
            }
            _ => json!({"service": owner(chance), "outcome": [{"anything-but": {"equals-ignore-case": "Allowed"}}]}),
        },
        "$or" => json!({"source": ["watch"], "severity": ["critical", "error"], "$or": [
            {"service": [service(chance)]},
            {"labels": {"alertname": [chance.one(&ALERTS)], "cluster": [format!("k{}", chance.below(40))]}},
        ]}),
        _ => {
            let kind = if chance.below(2) == 0 { "exact" } else { chance.one(KINDS.get(1..11).unwrap_or_default()) };
            pattern(chance, kind)
        }
    }
}

/// Of twenty patterns one is about everybody's.
fn exact(chance: &mut Chance) -> Value {
    let mut pattern = match chance.below(4) {
        0 | 1 => {
            json!({"source": ["watch"], "severity": [chance.one(&SEVERITIES), "critical"], "labels": {"alertname": [chance.one(&ALERTS)]}})
        }
        2 => {
            json!({"source": ["forge"], "state": ["failed", "undone"], "target": {"environment": ["production"], "site": [chance.one(&SITES)]}})
        }
        _ => json!({"source": ["vault"], "ok": [false], "store": {"kind": [chance.one(&["tape", "bucket", "disk"])]}}),
    };
    if chance.below(20) != 0
        && let Some(fields) = pattern.as_object_mut()
    {
        fields.insert("service".into(), json!([service(chance)]));
    }
    pattern
}

fn wildcard(chance: &mut Chance) -> Value {
    match chance.below(4) {
        0 => {
            json!({"source": ["watch"], "labels": {"instance": [{"wildcard": format!("{}-*-{:02}.{}.*", chance.one(&SYSTEMS), chance.below(20), chance.one(&SITES))}]}})
        }
        1 => {
            json!({"source": ["desk"], "subject": [{"wildcard": format!("*{}*berth {} *{}*", chance.one(&WORDS), chance.below(200), chance.one(&WORDS))}]})
        }
        2 => {
            json!({"source": ["forge"], "change": {"image": [{"wildcard": format!("*/{}@sha256:{}*", service(chance), chance.hex(1))}]}})
        }
        _ => {
            json!({"source": ["gate"], "target": {"url": [{"wildcard": format!("https://*-{}.*%2F{}", chance.one(&PARTS), chance.below(10_000))}]}})
        }
    }
}

fn owner(chance: &mut Chance) -> Value {
    if chance.below(50) == 0 { json!([{"prefix": chance.one(&SYSTEMS)}]) } else { json!([service(chance)]) }
}

fn hosted(chance: &mut Chance) -> String {
    let service = service(chance);
    host(chance, &service)
}

/// A text without its end.
fn cut(text: &str, less: usize) -> String {
    text.chars().take(text.chars().count().saturating_sub(less)).collect()
}

/// A host without the system that it belongs to.
fn tail(host: &str) -> String {
    host.split_once('-').map_or(host, |(_, tail)| tail).to_owned()
}
