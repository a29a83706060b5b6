//! Events of a harbour's operations, about a kilobyte each.

use serde_json::{Value, json};

use crate::chance::Chance;

pub const SYSTEMS: [&str; 24] = [
    "permits",
    "tariffs",
    "moorings",
    "pilots",
    "customs",
    "locks",
    "bridges",
    "tides",
    "cranes",
    "ferries",
    "quays",
    "yards",
    "manifests",
    "crews",
    "waste",
    "bunkers",
    "radar",
    "beacons",
    "weather",
    "rescue",
    "gates",
    "scales",
    "invoices",
    "berths",
];
pub const PARTS: [&str; 12] =
    ["web", "api", "worker", "store", "cache", "queue", "export", "import", "search", "mailer", "audit", "sync"];
pub const SITES: [&str; 6] = ["north", "south", "island", "old-town", "lock-3", "terminal"];
pub const ALERTS: [&str; 10] = [
    "HighErrorRate",
    "DiskFillsUp",
    "CertificateExpires",
    "QueueGrows",
    "ReplicaLags",
    "LatencyAboveObjective",
    "TargetDown",
    "MemoryPressure",
    "JobOverdue",
    "ClockDrifts",
];
pub const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];
pub const NAMES: [&str; 20] = [
    "Ines", "Jonas", "Mirja", "Tomas", "Aylin", "Pieter", "Rosa", "Emeka", "Yuki", "Lars", "Nadia", "Owen", "Petra",
    "Samir", "Teresa", "Ugo", "Vera", "Willem", "Xenia", "Zoltan",
];
pub const WORDS: [&str; 16] = [
    "crane", "invoice", "radio", "berth", "printer", "badge", "tide", "scanner", "pilot", "customs", "portal", "valve",
    "engine", "camera", "network", "login",
];

/// One of the services.
pub fn service(chance: &mut Chance) -> String {
    format!("{}-{}", chance.one(&SYSTEMS), chance.one(&PARTS))
}

/// A machine of a service.
pub fn host(chance: &mut Chance, service: &str) -> String {
    format!("{service}-{:02}.{}.harbour.example", chance.below(20), chance.one(&SITES))
}

/// A person's address.
pub fn person(chance: &mut Chance) -> String {
    format!("{}.{}{}@harbour.example", chance.one(&NAMES), chance.one(&SYSTEMS), chance.below(10))
}

/// An event.
pub fn event(chance: &mut Chance) -> Value {
    let service = service(chance);
    let mut event = match chance.below(10) {
        0..4 => alert(chance, &service),
        4..6 => change(chance, &service),
        6..8 => login(chance, &service),
        8 => backup(chance, &service),
        _ => ticket(chance, &service),
    };
    if let Some(entries) = event.as_object_mut() {
        entries.insert("id".into(), json!(chance.hex(32)));
        entries.insert(
            "time".into(),
            json!(format!("2026-11-{:02}T{:02}:00:00Z", 1 + chance.below(28), chance.below(24))),
        );
        entries.insert("service".into(), json!(service));
        entries.insert("specversion".into(), json!("1.0"));
    }
    event
}

fn alert(chance: &mut Chance, service: &str) -> Value {
    let host = host(chance, service);
    let alert = chance.one(&ALERTS);
    let window = |chance: &mut Chance| json!({"seconds": 60 * (1 + chance.below(15)), "value": chance.below(10_000) as f64 / 100.0, "samples": chance.below(60)});
    json!({
        "source": "watch", "severity": chance.one(&SEVERITIES), "host": host, "value": chance.below(100_000) as f64 / 10.0,
        "labels": {"alertname": alert, "job": service, "instance": format!("{host}:{}", 9_000 + chance.below(300)),
            "zone": format!("{}-{}", chance.one(&SITES), chance.one(&["a", "b", "test-a"])), "tier": chance.below(4).to_string(),
            "cluster": format!("k{}", chance.below(40)), "severity_hint": chance.one(&SEVERITIES)},
        "annotations": annotations(chance, alert, &host),
        "windows": [window(chance), window(chance), window(chance)],
        "fingerprint": chance.hex(16), "generator": format!("https://watch.harbour.example/graph?g0.expr=up%7Bjob%3D%22{service}%22%7D&g0.tab=1"),
        "receiver": {"name": "operations", "groupKey": format!("{{}}:{{alertname=\"{alert}\", job=\"{service}\"}}"), "attempt": 1, "truncated": false},
    })
}

fn annotations(chance: &mut Chance, alert: &str, host: &str) -> Value {
    let summary = format!("{alert} on {host}: the value has been out of its band for {} minutes", 1 + chance.below(30));
    let description = "See whether the other machines of the service show the same, and whether somebody changed something in the last hour; then follow the runbook from its second step on.";
    if chance.below(3) == 0 {
        json!({"summary": summary, "description": description})
    } else {
        json!({"summary": summary, "description": description, "runbook": format!("https://docs.harbour.example/runbooks/{alert}")})
    }
}

fn change(chance: &mut Chance, service: &str) -> Value {
    let check = |chance: &mut Chance| json!({"name": chance.one(&["build", "unit", "lint", "scan", "licences"]), "ok": chance.below(20) != 0, "seconds": chance.below(900)});
    let version = |chance: &mut Chance| format!("{}.{}.{}", 1 + chance.below(9), chance.below(40), chance.below(100));
    json!({
        "source": "forge", "state": chance.one(&["queued", "running", "done", "failed", "undone"]),
        "change": {"version": version(chance), "previous": version(chance), "commit": chance.hex(40),
            "branch": format!("{}{}", chance.one(&["main", "release/", "fix/", "try/"]), chance.hex(4)), "author": person(chance),
            "image": format!("images.harbour.example/{}/{service}@sha256:{}", chance.one(&SITES), chance.hex(64)),
            "files": [format!("src/{}.rs", chance.one(&WORDS)), format!("docs/{}.md", chance.one(&WORDS)), "ops/service.yaml"],
            "checks": [check(chance), check(chance), check(chance), check(chance)],
            "title": format!("{} the {} of {service}, and say why where it is decided", chance.one(&["Mend", "Shorten", "Rename", "Undo"]), chance.one(&WORDS))},
        "target": {"environment": chance.one(&["production", "production", "rehearsal"]), "site": chance.one(&SITES), "replicas": 1 + chance.below(30)},
        "seconds": chance.below(3_000), "errors": chance.below(1_000) as f64 / 50.0,
        "pipeline": {"number": chance.below(1_000_000), "url": format!("https://forge.harbour.example/{service}/runs/{}", chance.below(1_000_000))},
    })
}

fn login(chance: &mut Chance, service: &str) -> Value {
    let address = if chance.below(4) == 0 {
        format!("2001:db8:{:x}::{:x}", chance.below(256), 1 + chance.below(65_000))
    } else {
        format!("10.{}.{}.{}", chance.below(64), chance.below(256), 1 + chance.below(254))
    };
    json!({
        "source": "gate", "outcome": chance.one(&["allowed", "allowed", "denied", "challenged"]), "risk": chance.below(1_000) as f64 / 1_000.0,
        "actor": {"name": person(chance), "address": address, "country": chance.one(&["NL", "PT", "DK", "GR", "IE", "FI"]),
            "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "device": chance.hex(24)},
        "target": {"application": service, "role": chance.one(&["reader", "operator", "administrator"]), "url": format!("https://{service}.harbour.example/sign-in?back=%2Fboard%2F{}", chance.below(10_000))},
        "attempts": 1 + chance.below(9), "factors": ["password", chance.one(&["key", "code", "none"])],
        "session": {"id": chance.hex(48), "seconds": chance.below(36_000), "renewed": chance.below(2) == 0},
        "policy": {"name": "people-at-work", "version": chance.below(90), "rules": ["known device", "usual country", "working hours"], "decided_in_us": chance.below(5_000)},
        "note": "The address was looked up in the list of networks that the harbour's own sites use; anything else asks for a second factor.",
    })
}

fn backup(chance: &mut Chance, service: &str) -> Value {
    json!({
        "source": "vault", "ok": chance.below(12) != 0, "job": {"name": format!("{service}-nightly"), "volume": format!("/srv/{service}/data{}", chance.below(8)),
            "bytes": chance.below(1 << 40), "files": chance.below(5_000_000), "seconds": chance.below(20_000), "started_by": "schedule"},
        "host": host(chance, service), "store": {"kind": chance.one(&["tape", "bucket", "disk"]), "site": chance.one(&SITES), "free_percent": chance.below(1_000) as f64 / 10.0},
        "policy": {"keep_days": 30 * (1 + chance.below(24)), "encrypted": true, "verified": chance.below(3) == 0, "restore_tested_days_ago": chance.below(400)},
        "steps": [{"name": "freeze", "ms": chance.below(3_000)}, {"name": "copy", "ms": chance.below(9_000_000)}, {"name": "thaw", "ms": chance.below(3_000)}, {"name": "verify", "ms": chance.below(600_000)}],
        "digest": chance.hex(64), "message": "All files of the volume were copied; those that changed meanwhile were copied again, and the list of them is beside the archive.",
        "archive": format!("vault://{}/{service}/{}", chance.one(&SITES), chance.hex(20)),
    })
}

fn ticket(chance: &mut Chance, service: &str) -> Value {
    let (one, other) = (chance.one(&WORDS), chance.one(&WORDS));
    json!({
        "source": "desk", "subject": format!("The {one} at berth {} does not work with the {other} any more", chance.below(200)), "from": person(chance),
        "channel": chance.one(&["mail", "phone", "portal"]), "impact": 1 + chance.below(4), "tags": [one, other, chance.one(&SITES)],
        "due": {"answer_minutes": 30 * (1 + chance.below(16)), "solve_hours": 4 * (1 + chance.below(12)), "breached": chance.below(9) == 0},
        "body": format!("Good morning,\nsince the change of last night the {one} says \"no connection\" when the {other} is switched on. We have restarted both twice and looked at the cables. Ships are waiting, so please call back on extension {}.\nThank you!", 1_000 + chance.below(9_000)),
        "desk": {"queue": format!("{service}-questions"), "language": chance.one(&["en", "nl", "pt"]), "first_contact": chance.below(2) == 0, "waiting_for": "us", "thread": chance.hex(24)},
        "asset": {"tag": format!("HB-{:06}", chance.below(1_000_000)), "site": chance.one(&SITES), "bought": 2_010 + chance.below(16)},
    })
}
