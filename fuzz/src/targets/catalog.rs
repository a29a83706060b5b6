//! Operations as code: every kind of document, read, compiled with a whole organisation, and shown.

use std::borrow::Cow;

use wheelhouse_core::catalog::{Catalog, Escape, Kind, Part, Template, Variable};
use wheelhouse_core::route;
use wheelhouse_wire::catalog::{Mode, Report, compile_files, find_document, is_catalog_file, known_names};

use crate::stage::{BASE, NOW, signal};

/// One file, alone and beside an organisation that is right.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    let file = || ("ops/a b,c:é.yaml".to_owned(), text.clone());
    let (_, alone) = compile_files(vec![file()], Mode::Alone { known: None }, None);
    shown(&alone);
    let files = vec![("base.yaml".to_owned(), BASE.to_owned()), file()];
    let (catalog, report) = compile_files(files, Mode::Whole, Some(NOW));
    shown(&report);
    assert_eq!(catalog.is_none(), report.has_errors(), "a catalog beside errors, or neither");
    if let Some(catalog) = catalog {
        used(&catalog);
    }
    assert!(is_catalog_file("ops/a b,c:é.yaml"));
    let _ = find_document([("ops/x.yaml", text.as_str())], Kind::Service, "ledger");
    let _ = known_names(&text);
}

/// Every finding lies in its text, and every format shows it without harm.
fn shown(report: &Report) {
    for finding in &report.findings {
        for place in finding.place.iter().chain(finding.related.iter().map(|(place, _)| place)) {
            assert!(report.files.position(*place).is_some(), "{finding:?} lies in no text");
        }
    }
    let plain = report.render_text(false);
    assert!(!plain.contains('\u{1b}'), "an escape sequence got through");
    for json in [report.render_json(), report.render_sarif()] {
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    }
    assert_eq!(report.render_github().lines().count(), report.findings.len(), "a finding is more than one line");
}

/// What compiled works: signals are routed, drills have signals.
fn used(catalog: &Catalog) {
    let routed = route(catalog, &signal("Down", "ledger", "x"));
    assert_eq!(format!("{routed:?}"), format!("{:?}", route(catalog, &signal("Down", "ledger", "x"))));
    for drill in catalog.drills.values() {
        let _ = drill.services(catalog);
        for index in 0..drill.signals.len() {
            let signal = drill.signal(index, false, NOW).expect("each cue of a drill is a signal");
            assert!(signal.drill, "a drill that is not marked");
            let _ = route(catalog, &signal);
        }
    }
}

/// A template, an empty line, and what its variables stand for.
pub fn templates(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (template, value) = text.split_once("\n\n").unwrap_or((&text, "\"\\\n\r\u{7}&=%/ü"));
    let parsed = match Template::parse(template) {
        Ok(parsed) => parsed,
        Err(bad) => return assert!(bad.message.len() + bad.help.len() < 2_048, "{bad:?}"),
    };
    let variable = |_: Variable| Cow::Borrowed(value);
    let fill = |template: &Template, escape| {
        template.fill(escape, 1 << 20, &variable, &|_| Cow::Borrowed(value)).unwrap_or_default()
    };
    for escape in [Escape::Json, Escape::Percent, Escape::Plain, Escape::Header] {
        let written: usize = parsed
            .parts()
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.len(),
                Part::Variable(..) | Part::Secret(_) => 12 * value.len() + 12,
            })
            .sum();
        assert!(fill(&parsed, escape).len() <= written);
    }
    let place = Template::parse("{\"a\": \"{{text}}\"}").expect("the template is right");
    let read: serde_json::Value =
        serde_json::from_str(&fill(&place, Escape::Json)).expect("a text stays in its string");
    assert_eq!(read["a"], *value);
    let place = Template::parse("{{text}}").expect("the template is right");
    assert!(!fill(&place, Escape::Header).chars().any(char::is_control));
    assert!(fill(&place, Escape::Percent).bytes().all(|byte| byte.is_ascii_graphic() && !b"&=/?#\"".contains(&byte)));
}
