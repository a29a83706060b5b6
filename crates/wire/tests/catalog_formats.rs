//! What tools read: JSON, workflow commands, SARIF, JSON Schemas; and the first `ops/` folder.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use serde_json::{Value, json};
use wheelhouse_core::catalog::{Code, Kind, Level};
use wheelhouse_wire::catalog::{Mode, Report, compile_files, init_files, schema, schemas};

const TEXT: &str = "kind: Service\nname: é-api\nteam: payments\nteir: 1\n---\n\
                    {kind: Person, name: dana}\n---\n{kind: Person, name: dana, contacts: [{email: d@x.org}]}\n";

fn report() -> Report {
    let file = ("a b/50%,x:y.yaml".to_string(), TEXT.to_string());
    compile_files(vec![file], Mode::Alone { known: None }, None).1
}

#[test]
fn json_has_every_finding_with_its_position() {
    let json: Value = serde_json::from_str(&report().render_json()).unwrap();
    assert_eq!((&json["errors"], &json["warnings"], &json["omitted"]), (&json!(3), &json!(1), &json!(0)));
    let unknown =
        json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "unknown-field").unwrap();
    assert_eq!(unknown["help"], "did you mean `tier`?");
    assert_eq!(
        unknown["at"],
        json!({"file": "a b/50%,x:y.yaml", "line": 4, "column": 1, "end_line": 4, "end_column": 5})
    );
    let twice =
        json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "duplicate-name").unwrap();
    assert_eq!(twice["related"][0]["at"]["line"], 6);
}

#[test]
fn workflow_commands_are_one_line_each_and_escaped() {
    let text = report().render_github();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "::error file=a b/50%25%2Cx%3Ay.yaml,line=2,col=7,endLine=2,endColumn=12,title=bad-name::\
         `é-api` is not a name: expected a name%0Ahelp: 1 to 63 characters of a–z, 0–9, `-`, `_` or `.`, \
         starting with a letter or digit"
    );
    assert!(text.lines().any(|line| line.starts_with("::warning file=")));
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let log: Value = serde_json::from_str(&report().render_sarif()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Code::ALL.len());
    assert!(rules.iter().all(|rule| rule["shortDescription"]["text"].as_str().unwrap().ends_with('.')));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/50%25%2Cx%3Ay.yaml");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(place["region"]["startColumn"].as_u64().unwrap() >= 1);
    }
    let twice = results.iter().find(|result| result["ruleId"] == "duplicate-name").unwrap();
    assert_eq!(twice["relatedLocations"][0]["message"]["text"], "first defined here");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = report().render_text(true);
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    for (index, part) in coloured.split("\u{1b}[").enumerate() {
        plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>();
    assert_eq!(lines(&plain), lines(&report().render_text(false)));
}

#[test]
fn schemas_know_every_field_and_refuse_others() {
    let schemas = schemas();
    assert_eq!(schemas.len(), Kind::ALL.len());
    for (kind, schema) in &schemas {
        assert_eq!(schema["properties"]["kind"]["const"], kind.as_str());
        assert_eq!(schema["additionalProperties"], false, "{kind}");
        assert_eq!(schema["required"][0], "kind");
        for (field, says) in schema["properties"].as_object().unwrap() {
            assert!(says.get("description").is_some(), "{kind}.{field} has no description");
        }
    }
    let service = &schemas[&Kind::Service]["properties"];
    assert_eq!((&service["tier"]["minimum"], &service["tier"]["maximum"]), (&json!(1), &json!(4)));
    assert!(service.get("match").is_some());

    let all = schema();
    assert_eq!(all["oneOf"].as_array().unwrap().len(), Kind::ALL.len());
    let text = all.to_string();
    for reference in text.split("\"#/$defs/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(all["$defs"].get(reference).is_some(), "{reference} is nowhere defined");
    }
}

#[test]
fn the_first_folder_passes_check() {
    for (service, team) in [("payments-api", "payments"), ("null", "true"), ("0x1f", "1e3"), ("y", "on")] {
        let files = init_files(service, team).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].1.lines().count(), 5);
        let (_, report) = compile_files(files, Mode::Alone { known: None }, None);
        assert!(!report.has_errors(), "{}", report.render_text(false));
        assert_eq!(report.count(Level::Warning), 1, "{}", report.render_text(false));
        assert!(report.render_text(false).contains(&format!("team `{team}` is not defined here")));
        assert_eq!(report.summary.to_string(), "1 service");
    }
    assert!(init_files("Payments API", "payments").is_err());
}
