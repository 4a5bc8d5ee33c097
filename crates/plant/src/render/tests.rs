use super::*;
use crate::checks::Checked;
use crate::{Document, Facts, parse};

const PLANT: &str = r#"format = 1
[site]
id = "mro"

[[zone]]
id = "scada"
kind = "supervisory"
sl-t = 2
owner = "SCADA team"
subnets = ["10.20.0.0/24"]

[[zone]]
id = "cell-1"
kind = "control"
sl-t = 2
owner = "Zelle Ä"
subnets = ["10.20.1.0/24"]

[[enforcement-point]]
id = "fw-1"
backend = "nftables"

[[conduit]]
id = "scada-to-cell-1"
zones = ["scada", "cell-1", "scada"]
enforcement-points = ["fw-1", "fw-1"]
owner = "SCADA team"
"#;

fn checked() -> (Document, Checked) {
    let document = parse("sites/mro a/plant.toml", PLANT).unwrap();
    let checked = document.check(Facts::default());
    (document, checked)
}

#[test]
fn people_get_the_line_a_caret_the_clause_and_the_mend() {
    let (document, checked) = checked();
    insta::assert_snapshot!(report(&checked.diagnostics, &[document.source()], Colour::Plain));
}

#[test]
fn colours_are_there_for_a_terminal_alone() {
    let (document, checked) = checked();
    let with = |colour| report(&checked.diagnostics, &[document.source()], colour);
    assert!(with(Colour::Terminal).contains('\u{1b}'));
    assert!(!with(Colour::Plain).contains('\u{1b}'));
}

#[test]
fn a_source_that_is_not_given_leaves_the_message() {
    let (_, checked) = checked();
    let text = human(&checked.diagnostics[0], &[], Colour::Plain);
    assert!(text.starts_with("note[single-enforcement-point]: "), "{text}");
    assert!(!text.contains("plant.toml"), "{text}");
}

#[test]
fn what_a_hostile_text_could_do_to_a_terminal_is_shown_not_done() {
    let text = "format = 1\n[site]\nid = \"\\u001b[2J\u{202e}x\"\n# \u{1b}[31m\n";
    let rejection = parse("plant.toml", text).unwrap_err();
    let shown = report(&rejection.diagnostics, &[&rejection.text], Colour::Plain);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    let text = "format = 1\n[site]\nid = \"\\u001b[2J\u{202e}x\"\n";
    let rejection = parse("plant.toml", text).unwrap_err();
    let shown = report(&rejection.diagnostics, &[&rejection.text], Colour::Plain);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

#[test]
fn programs_get_the_same_as_json() {
    let (_, checked) = checked();
    let views: Vec<_> = checked.diagnostics.iter().map(DiagnosticView::from).collect();
    insta::assert_json_snapshot!(views);
}

#[test]
fn sarif_has_what_the_schema_requires_and_every_result_its_rule() {
    let (document, checked) = checked();
    let log = sarif(
        &checked.diagnostics,
        &checked.not_run,
        &[document.source()],
        "0.1.0",
    );
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        assert!(
            rule["id"].is_string() && rule["help"]["text"].is_string(),
            "{rule}"
        );
    }
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "sites/mro%20a/plant.toml");
        assert!(location["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(location["region"]["startColumn"].as_u64().unwrap() >= 1);
    }
    insta::assert_json_snapshot!(serde_json::json!({
        "invocations": run["invocations"],
        "columnKind": run["columnKind"],
        "results": run["results"],
    }));
}
