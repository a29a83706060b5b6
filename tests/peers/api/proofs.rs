//! The record, searched; and verified with nothing but SHA-256 and Ed25519, as a browser does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::alerts::alert;
use crate::support::catalog::usual;
use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::wait::SOON;

fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().to_vec()
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn decoded(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

/// The root to which a leaf and its path lead (RFC 9162 §2.1.3.2).
fn root_of(leaf: Vec<u8>, index: u64, size: u64, path: &[Value]) -> Vec<u8> {
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        let other = hex(step);
        if node % 2 == 1 || node == last {
            hash = sha256(&[&[1], &other, &hash]);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = sha256(&[&[1], &hash, &other]);
        }
        (node, last) = (node / 2, last / 2);
    }
    assert_eq!(last, 0, "the path is whole");
    hash
}

fn of_ledger(hub: &Hub) -> Client {
    hub.client("source", "prometheus").alert(&[alert("ledger", "Down", "1")]);
    let dana = hub.client("person", "dana");
    dana.post("/api/v1/cases/INC-1/acknowledge", &json!({})).success();
    dana.post("/api/v1/cases/INC-1/notes", &json!({ "text": "the disk is full" })).success();
    hub.wait_until_all_is_sent(SOON);
    dana
}

#[test]
fn every_entry_is_verified_with_what_a_browser_has() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    of_ledger(&hub);
    let key = hub.admin().get("/api/v1/record/key.json");
    let public = VerifyingKey::from_bytes(&decoded(&key["public_key"]).try_into().unwrap()).unwrap();
    let entries = hub.admin().all("/api/v1/record/entries?limit=7");
    assert!(entries.len() > 10);
    for entry in &entries {
        let leaf = sha256(&[&[0], entry["canonical"].as_str().unwrap().as_bytes()]);
        assert_eq!(leaf, hex(&entry["leaf"]));
        if let (Some(body), salt @ Value::String(_)) = (entry["body"].as_str(), &entry["salt"]) {
            let digest = sha256(&[&[2], &hex(salt), body.as_bytes()]);
            let named: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(entry["canonical"].as_str().unwrap().contains(&named), "{entry}");
        }
        let proof = hub.admin().get(&format!("/api/v1/record/entries/{}/proof", entry["seq"]));
        let (index, size) = (proof["index"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
        let root = root_of(leaf, index, size, proof["path"].as_array().unwrap());
        let head = &proof["head"];
        assert_eq!((hex(&head["root"]), &head["size"]), (root.clone(), &json!(size)));
        let lines: Vec<&str> = head["signed"].as_str().unwrap().lines().collect();
        assert_eq!(lines[1..], [size.to_string(), STANDARD.encode(&root)], "what is signed names this tree");
        let by = head["signatures"].as_array().unwrap().iter().find(|one| one["key_hash"] == key["key_hash"]).unwrap();
        let signature = Signature::from_slice(&decoded(&by["signature"])).unwrap();
        public.verify_strict(head["signed"].as_str().unwrap().as_bytes(), &signature).unwrap();
    }
    let head = hub.admin().get("/api/v1/record/head");
    assert!(head["note"].as_str().unwrap().starts_with(head["signed"].as_str().unwrap()));
}

#[test]
fn the_record_is_searched_by_what_happened_who_did_it_when_and_to_what() {
    let hub = Hub::with_catalog(&usual(&["ledger"]), None);
    of_ledger(&hub);
    let admin = hub.admin();
    let kinds = |query: &str| -> Vec<String> {
        let found = admin.all(&format!("/api/v1/record/entries?limit=2&{query}"));
        found.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds("kind=noted,acknowledged&case=INC-1"), ["acknowledged", "noted"]);
    assert_eq!(kinds("kind=noted,acknowledged&sort=newest"), ["noted", "acknowledged"]);
    let by_dana = kinds("actor=dana");
    assert!(by_dana.contains(&"noted".to_owned()) && !by_dana.contains(&"case_opened".to_owned()), "{by_dana:?}");
    assert_eq!(kinds("actor=grace"), Vec::<String>::new());
    let all = kinds("");
    let newest = kinds("sort=newest");
    assert_eq!(newest, all.iter().rev().cloned().collect::<Vec<_>>(), "each once, in either order");
    let noted = admin.all("/api/v1/record/entries?kind=noted")[0].clone();
    assert_eq!(noted["words"], "note by dana");
    let at = noted["at"].as_str().unwrap();
    assert!(kinds(&format!("since={at}")).contains(&"noted".to_owned()));
    assert!(!kinds(&format!("until={at}")).contains(&"noted".to_owned()));
    assert_eq!(kinds(&format!("until={at}")).len() + kinds(&format!("since={at}")).len(), all.len());
    for wrong in ["sort=banana", "since=now", "actor=No+One", "case=banana"] {
        assert!([404, 422].contains(&admin.look(&format!("/api/v1/record/entries?{wrong}")).status), "{wrong}");
    }
    assert_eq!(hub.client("person", "dana").look("/api/v1/record/head").status, 403);
}
