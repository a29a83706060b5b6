//! Whatever the text, loading ends, in time, and says where it stopped.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fmt::Write;

use proptest::prelude::*;
use wheelhouse_core::catalog::Code;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::catalog::{Mode, Report, compile_files, limits};

/// Loads one file in every mode, renders it in every format, and gives the report of the last.
fn survive(text: &str) -> Report {
    let file = || vec![("ops/a b,c:é.yaml".to_string(), text.to_string())];
    compile_files(file(), Mode::Whole, Some(Timestamp::from_seconds(1_795_399_800)));
    let (_, report) = compile_files(file(), Mode::Alone { known: None }, None);
    for finding in &report.findings {
        for place in finding.place.iter().chain(finding.related.iter().map(|(place, _)| place)) {
            let (start, end) = (place.start as usize, place.end as usize);
            assert!(start <= end && text.get(start..end).is_some(), "{finding:?} lies in no text");
            assert!(report.files.position(*place).is_some());
        }
    }
    let plain = report.render_text(false);
    assert!(!plain.contains('\u{1b}'), "an escape sequence got through");
    report.render_text(true);
    for json in [report.render_json(), report.render_sarif()] {
        serde_json::from_str::<serde_json::Value>(&json).unwrap();
    }
    assert_eq!(report.render_github().lines().count(), report.findings.len());
    report
}

fn word() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "kind",
        "name",
        "team",
        "members",
        "contacts",
        "email",
        "Team",
        "Service",
        "Schedule",
        "Escalation",
        "Rule",
        "Organization",
        "steps",
        "page",
        "when",
        "then",
        "match",
        "labels",
        "rotation",
        "layers",
        "depends_on",
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "---\n",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "<<: *a",
        "!!str ",
        "|\n",
        ">-\n",
        "\"",
        "'",
        "#",
        "?",
        "~",
        "null",
        "true",
        "1",
        "-1",
        "1e400",
        ".nan",
        "10m",
        "2026-01-05T09:00",
        "1w",
        "é",
        "\u{202e}",
        "\u{feff}",
        "\t",
        "\r\n",
        "%YAML 1.2\n",
        "a",
        "noc",
    ];
    proptest::sample::select(WORDS).prop_map(Into::into)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn arbitrary_text_is_survived(text in any::<String>()) {
        survive(&text);
        survive(&format!("kind: Team\n{text}"));
    }

    #[test]
    fn arbitrary_words_of_the_format_are_survived(words in prop::collection::vec(word(), 0..60)) {
        survive(&format!("kind: {}", words.concat()));
    }

    #[test]
    fn a_good_catalog_with_a_stretch_replaced_is_survived(start in 0..2_200_usize, length in 0..40_usize, words in prop::collection::vec(word(), 0..4)) {
        let base = include_str!("catalog/base.yaml");
        let start = base.floor_char_boundary(start);
        let end = base.floor_char_boundary(start + length);
        survive(&format!("{}{}{}", &base[..start], words.concat(), &base[end..]));
    }
}

#[test]
fn what_is_too_large_is_refused_and_never_expanded() {
    let mut bomb = String::from("kind: Team\nname: a\nl0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let below = format!("*l{}", level - 1);
        writeln!(bomb, "l{level}: &l{level} [{}]", vec![below; 10].join(", ")).unwrap();
    }
    let deep = format!("kind: Team\nname: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    let deep_block =
        (0..2_000).fold("kind: Team\n".to_string(), |text, depth| format!("{text}{}a:\n", " ".repeat(depth)));
    let long = format!("kind: Team\nname: {}\n", "x".repeat(limits::LONGEST_SCALAR + 1));
    let wide = format!("kind: Team\nname: a\nmembers: [{}]\n", "x,".repeat(limits::MOST_NODES + 1));
    let large = format!("kind: Team\nname: a\n{}", "# comment\n".repeat(limits::LARGEST_FILE / 10));
    for (what, text) in
        [("bomb", bomb), ("deep", deep), ("deep block", deep_block), ("long", long), ("wide", wide), ("large", large)]
    {
        let report = survive(&text);
        assert_eq!(report.findings.len(), 1, "{what}: {}", report.render_text(false));
        assert_eq!(report.findings[0].code, Code::TooLarge, "{what}: {}", report.render_text(false));
        assert!(report.render_text(false).len() < 2_000, "{what}: {}", report.render_text(false));
    }
}

#[test]
fn many_mistakes_are_bounded_too() {
    let names: String = (0..2_000).map(|index| format!("Bad{index}, ")).collect();
    let report = survive(&format!("kind: Team\nname: a\nmembers: [{names}]\n"));
    assert_eq!(report.findings.len(), limits::MOST_FINDINGS_IN_DOCUMENT);
    let many: String = (0..3_000).fold(String::new(), |text, index| {
        format!("{text}---\nkind: Service\nname: service-{index}\nteam: x\ndepends_on: [service-{}]\n", index + 1)
    });
    let report = survive(&many);
    assert_eq!(report.findings.len(), limits::MOST_FINDINGS);
    assert!(report.render_text(false).contains(&format!("{} more findings are not shown", report.omitted)));
    let circle: String = (0..3_000).fold(String::new(), |text, index| {
        format!(
            "{text}---\nkind: Service\nname: s{index}\nteam: x\ndepends_on: [s{}, s{}]\n",
            (index + 1) % 3_000,
            (index + 7) % 3_000
        )
    });
    survive(&circle);
    let files: Vec<_> =
        (0..=limits::MOST_FILES).map(|index| (format!("{index}.yaml"), "kind: Team".to_string())).collect();
    let (_, report) = compile_files(files, Mode::Alone { known: None }, None);
    assert_eq!(report.findings[0].code, Code::TooLarge);
}
