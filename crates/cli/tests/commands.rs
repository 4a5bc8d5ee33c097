//! Every command as scripts see it: exit codes, JSON, help, errors.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use common::{Plant, captures, files_below};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const COMMANDS: &[&str] = &[
    "init",
    "simulate",
    "observe",
    "inventory",
    "import",
    "export",
    "flows",
    "query",
    "baseline",
    "draft",
    "check",
    "shadow",
    "compile",
    "verify",
    "drift",
    "diff",
    "reach",
    "explain",
    "report",
    "protocols",
    "completions",
];

/// A site with half an hour of the simulated plant observed.
fn observed() -> Plant {
    let plant = Plant::new();
    plant
        .run(&[
            "simulate",
            "plant.pcap",
            "--length",
            "30min",
            "--poll-every",
            "20s",
        ])
        .succeeds();
    plant.run(&["observe", "plant.pcap"]).succeeds();
    plant
}

#[test]
fn the_reference_of_commands_is_what_help_says_and_keeps_to_the_width() {
    let plant = Plant::bare();
    let help = plant.run(&["--help"]).succeeds().out;
    let mut reference =
        format!("# Commands\n\nEach command's `--help`, word for word.\n\n```text\n{help}```\n");
    for command in COMMANDS {
        assert!(
            help.contains(&format!("  {command} ")),
            "{command} is not in the help"
        );
        let own = plant.run(&[command, "--help"]).succeeds().out;
        reference.push_str(&format!("\n## {command}\n\n```text\n{own}```\n"));
    }
    for line in reference.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    common::as_committed("docs/commands.md", &reference);
}

#[test]
fn every_commands_json_parses() {
    let plant = observed();
    let one = |args: &[&str]| plant.run(args).succeeds().json();
    let lines = |args: &[&str]| plant.run(args).succeeds().json_lines();
    assert_eq!(one(&["init", "other", "--json"])["site"], "other");
    assert_eq!(
        one(&["simulate", "b.pcap", "--length", "1min", "--json"])["seed"],
        1
    );
    assert_eq!(
        one(&["observe", "plant.pcap", "--json"])["captures"][0]["generation"],
        2
    );
    assert!(!one(&["inventory", "--json"]).as_array().unwrap().is_empty());
    assert_eq!(lines(&["flows", "--json", "--limit", "3"]).len(), 3);
    assert_eq!(
        lines(&["query", "--json", "select 1 as one"]),
        [serde_json::json!({ "one": 1 })]
    );
    assert!(lines(&["query", "--json", "--columns"]).len() > 50);
    assert!(!one(&["draft", "--json"])["zones"].as_array().unwrap().is_empty());
    assert!(one(&["check", "--json", "--fail-on", "never"])["diagnostics"].is_array());
    assert!(one(&["compile", "--json"])[0]["rules"].as_u64().unwrap() > 0);
    assert!(one(&["shadow", "--json"])["sentence"].is_string());
    assert!(
        one(&["report", "--json"])["report"]
            .as_str()
            .unwrap()
            .contains("Inventory")
    );
    assert!(
        one(&["report", "--json", "-o", "r.html"])["bytes"]
            .as_u64()
            .unwrap()
            > 1000
    );
    assert!(one(&["explain", "--json", "--list"]).as_array().unwrap().len() > 15);
    assert!(one(&["explain", "--json", "zone-without-owner"])["markdown"].is_string());
    let flow = one(&["explain", "--json", "flow", "192.0.2.1", "192.0.2.2", "tcp/502"]);
    assert!(flow["verdict"].is_string());
    let first = one(&["inventory", "--json"])[0]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        one(&["explain", "--json", "asset", &first])[0]["key"],
        first.as_str()
    );
    assert!(lines(&["protocols", "--json"]).len() >= 6);
}

#[test]
fn text_keeps_to_the_width_and_carries_no_colour_into_a_file() {
    let plant = observed();
    for args in [
        &["observe", "plant.pcap"][..],
        &["inventory", "--why"],
        &["flows"],
        &[
            "query",
            "select responder_ip, protocol, count(*) from flows group by 1, 2 order by 3 desc",
        ],
        &["protocols"],
        &["draft", "--why"],
        &["shadow", "--why"],
    ] {
        let out = plant.run(args).succeeds().out;
        assert!(!out.contains('\x1b'), "{args:?}");
        // An edit is one line of the model, to be copied.
        let told = out.lines().filter(|line| !line.contains("to let it through: "));
        for line in told {
            assert!(line.chars().count() <= 100, "{args:?}: {line}");
        }
    }
    let flow = [
        "explain",
        "flow",
        "192.0.2.1",
        "192.0.2.2",
        "tcp/502",
        "--color",
        "always",
    ];
    assert!(plant.run(&flow).succeeds().out.contains('\x1b'));
}

#[test]
fn what_is_no_capture_gets_one_sentence_and_exit_2() {
    let plant = Plant::new();
    fs::write(plant.path("empty.pcap"), b"").unwrap();
    fs::write(plant.path("text.pcap"), b"this is no capture at all").unwrap();
    fs::create_dir(plant.path("folder")).unwrap();
    for (path, told) in [
        ("none.pcap", "`none.pcap` does not exist"),
        ("empty.pcap", "`empty.pcap` is empty"),
        ("text.pcap", "`text.pcap` is no capture"),
        ("folder", "`folder` holds no capture"),
    ] {
        let run = plant.run(&["observe", path]).fails_with(2, told);
        assert_eq!(run.err.lines().count(), 2, "a sentence and its mend: {}", run.err);
    }
    let json = plant
        .run(&["observe", "empty.pcap", "--json"])
        .fails_with(2, "is empty");
    let told: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(told["exit_code"], 2);
}

#[test]
fn one_bad_capture_does_not_keep_the_others_from_being_observed() {
    let plant = Plant::new();
    plant
        .run(&["simulate", "good.pcap", "--length", "1min"])
        .succeeds();
    fs::write(plant.path("bad.pcap"), b"").unwrap();
    plant
        .run(&["observe", "bad.pcap", "good.pcap"])
        .fails_with(2, "`bad.pcap` is empty");
    let rows = plant
        .run(&["query", "--json", "select distinct capture from flows"])
        .succeeds()
        .json_lines();
    assert_eq!(rows, [serde_json::json!({ "capture": "good.pcap" })]);
}

#[test]
fn a_capture_that_is_cut_short_is_observed_and_the_damage_told_with_its_offset() {
    let plant = Plant::new();
    plant
        .run(&["simulate", "whole.pcap", "--length", "1min"])
        .succeeds();
    let bytes = fs::read(plant.path("whole.pcap")).unwrap();
    fs::write(plant.path("cut.pcap"), &bytes[..bytes.len() - 7]).unwrap();
    let out = plant.run(&["observe", "cut.pcap"]).succeeds().out;
    assert!(out.contains("damage          at byte"), "{out}");
    let report = plant.run(&["observe", "cut.pcap", "--json"]).succeeds().json();
    assert_eq!(report["captures"][0]["damaged"][0]["code"], "cut-short");
}

#[test]
fn a_capture_comes_in_by_standard_input_and_is_the_same_capture_as_the_file() {
    let plant = Plant::new();
    plant.run(&["simulate", "a.pcap", "--length", "1min"]).succeeds();
    let by_file = plant.run(&["observe", "a.pcap", "--json"]).succeeds().json();
    let file = fs::File::open(plant.path("a.pcap")).unwrap();
    let by_pipe = plant
        .run_with_input(&["observe", "-", "--json"], file)
        .succeeds()
        .json();
    assert_eq!(by_file["captures"][0]["id"], by_pipe["captures"][0]["id"]);
    assert_eq!(by_pipe["captures"][0]["generation"], 2);
}

#[test]
fn every_shared_capture_is_observed_or_refused_with_a_reason() {
    let Some(folder) = captures() else { return };
    let plant = Plant::new();
    let files = files_below(&folder);
    let run = plant
        .run(&["observe", folder.to_str().unwrap(), "--json"])
        .succeeds();
    let report = run.json();
    let observed = report["captures"].as_array().unwrap();
    let passed_over = report["passed_over"].as_array().unwrap();
    assert!(observed.len() > 100, "{}", observed.len());
    // A file that stands there twice is one capture.
    assert_eq!(observed.len() + passed_over.len(), files.len());
    for capture in observed {
        let (packets, decoded) = (&capture["packets"], &capture["decoded"]);
        let reasons = capture["coverage"]["not_understood"].as_array().unwrap();
        let told: u64 = reasons
            .iter()
            .map(|reason| reason["packets"].as_u64().unwrap())
            .sum();
        assert_eq!(
            packets.as_u64(),
            Some(decoded.as_u64().unwrap() + told),
            "{}",
            capture["name"]
        );
    }
}

#[test]
fn nothing_is_told_of_a_folder_that_is_no_site_but_how_to_make_one() {
    let plant = Plant::bare();
    for args in [
        &["observe", "a.pcap"][..],
        &["inventory"],
        &["flows"],
        &["query", "select 1"],
        &["check"],
    ] {
        plant.run(args).fails_with(2, "cofferdam init");
    }
    plant
        .run(&["--site", "elsewhere", "inventory"])
        .fails_with(2, "`elsewhere` is not a site");
}

#[test]
fn mistakes_on_the_command_line_are_met_with_what_was_probably_meant() {
    let plant = observed();
    plant.run(&["flowz"]).fails_with(2, "flows");
    plant
        .run(&["explain", "zone-without-ownr"])
        .fails_with(2, "did you mean `zone-without-owner`?");
    plant
        .run(&["explain", "asset", "1.2.3.4"])
        .fails_with(2, "no asset `1.2.3.4`");
    plant
        .run(&["flows", "--from", "yesterday"])
        .fails_with(2, "no time");
    plant
        .run(&["query", "drop table flows"])
        .fails_with(2, "DROP statements are not answered");
    plant
        .run(&["query", "select nothing from flows"])
        .fails_with(2, "nothing");
    plant.run(&["compile"]).fails_with(2, "cofferdam draft");
    plant.run(&["draft"]).succeeds();
    plant.run(&["draft"]).fails_with(2, "--force");
    plant.run(&["draft", "--force"]).succeeds();
    plant
        .run(&["compile", "--whole-site", "abacus"])
        .fails_with(2, "nftables");
    plant
        .run(&["simulate", "x.pcap", "--assets", "1"])
        .fails_with(2, "40");
}

#[test]
fn a_fault_in_the_plant_model_is_shown_where_it_stands() {
    let plant = observed();
    plant.run(&["draft"]).succeeds();
    let path = plant.path("plant.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("kind = ", "knid = ", 1)).unwrap();
    plant.run(&["check"]).fails_with(2, "plant.toml:");
    // A text with a fault may be a baselined one: a draft doesn't take its place.
    plant.run(&["draft", "--force"]).fails_with(2, "plant.toml:");
}

#[test]
fn a_baselined_model_is_not_drafted_over() {
    let plant = observed();
    plant.run(&["draft"]).succeeds();
    let path = plant.path("plant.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("stage = \"draft\""), "{text}");
    fs::write(
        &path,
        text.replacen("stage = \"draft\"", "stage = \"baselined\"", 1),
    )
    .unwrap();
    plant.run(&["draft", "--force"]).fails_with(2, "baselined");
}

#[test]
fn findings_make_the_exit_code_1_from_the_severity_that_was_asked_for() {
    let plant = observed();
    plant.run(&["draft"]).succeeds();
    // A draft names no owners: that is a finding of some severity, but no fault of the text.
    assert_eq!(plant.run(&["check", "--fail-on", "note"]).code, 1);
    plant.run(&["check", "--fail-on", "never"]).succeeds();
}

#[test]
fn logs_in_zeeks_form_are_written_beside_telemetry() {
    let plant = observed();
    let recorded = plant.run(&["flows", "--json"]).out;
    plant
        .run(&["observe", "plant.pcap", "--zeek-logs", "logs"])
        .succeeds();
    assert_eq!(plant.run(&["flows", "--json"]).out, recorded);
    for (log, field) in [
        ("conn", "id.orig_h"),
        ("modbus_detailed", "func"),
        ("s7comm", "function_name"),
    ] {
        let text = fs::read_to_string(plant.path(&format!("logs/{log}.log"))).unwrap();
        let fields = text
            .lines()
            .find_map(|line| line.strip_prefix("#fields\t"))
            .unwrap();
        assert!(fields.split('\t').any(|name| name == field), "{fields}");
        let columns = fields.split('\t').count();
        let mut rows = text.lines().filter(|line| !line.starts_with('#')).peekable();
        assert!(rows.peek().is_some(), "{log}");
        assert!(rows.all(|row| row.split('\t').count() == columns), "{log}");
        assert!(text.lines().last().unwrap().starts_with("#close"), "{log}");
    }
    // Of several captures, each has its own.
    fs::copy(plant.path("plant.pcap"), plant.path("again.pcap")).unwrap();
    plant
        .run(&["observe", "plant.pcap", "again.pcap", "--zeek-logs", "both"])
        .succeeds();
    assert!(plant.path("both/plant.pcap/conn.log").exists());
    assert!(plant.path("both/again.pcap/conn.log").exists());
}

#[test]
fn findings_and_faults_of_the_text_are_told_to_editors_in_sarif() {
    let plant = observed();
    plant.run(&["draft"]).succeeds();
    let check = |code: i32, rule: &str| {
        let run = plant.run(&["check", "--sarif", "--fail-on", "never"]);
        assert_eq!(run.code, code, "{}", run.err);
        let log: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let results = log["runs"][0]["results"].as_array().unwrap();
        let found = results.iter().find(|result| result["ruleId"] == rule).unwrap();
        let region = &found["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64().unwrap() > 0, "{found}");
    };
    check(0, "zone-without-owner");
    let path = plant.path("plant.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("kind = ", "knid = ", 1)).unwrap();
    check(2, "unknown-key");
}

#[test]
fn flows_are_filtered_by_host_protocol_operation_port_and_time() {
    let plant = observed();
    let count = |args: &[&str]| {
        let mut all = vec!["flows", "--json", "--limit", "0"];
        all.extend(args);
        plant.run(&all).succeeds().json_lines()
    };
    let everything = count(&[]);
    let modbus = count(&["--protocol", "modbus"]);
    assert!(!modbus.is_empty() && modbus.len() < everything.len());
    assert!(
        modbus.iter().all(|flow| flow["responder_port"] == 502),
        "simulated Modbus keeps to its port"
    );
    assert_eq!(modbus, count(&["--protocol", "modbus", "--port", "502"]));
    let host = modbus[0]["responder"]["ip"].as_str().unwrap();
    let of_host = count(&["--host", host]);
    assert!(of_host.iter().all(|flow| {
        [&flow["initiator"], &flow["responder"]]
            .iter()
            .any(|end| end["ip"] == host)
    }));
    assert!(!count(&["--operation", "read"]).is_empty());
    let first = count(&["--first", "10min"]);
    let rest = count(&["--from", "2026-03-02T00:10"]);
    assert!(!first.is_empty() && !rest.is_empty());
    assert_eq!(count(&["--to", "2026-03-02"]).len(), 0);
    let times: Vec<_> = everything
        .iter()
        .map(|flow| flow["first_seen"].as_str().unwrap().to_owned())
        .collect();
    assert!(times.is_sorted());
}

#[test]
fn two_writers_do_not_meet() {
    let plant = Plant::new();
    plant.run(&["simulate", "a.pcap", "--length", "1min"]).succeeds();
    let lock = fs::File::options()
        .write(true)
        .open(plant.path(".cofferdam.lock"))
        .unwrap();
    lock.lock().unwrap();
    plant
        .run(&["observe", "a.pcap"])
        .fails_with(3, "is being written to");
    plant.run(&["inventory"]).succeeds();
}

#[test]
fn a_folder_that_may_not_be_written_to_is_said() {
    let plant = Plant::bare();
    let closed = plant.path("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    let run = plant.run(&["init", "closed/site"]);
    if run.code == 0 {
        println!("not run: root may write anywhere");
        return;
    }
    run.fails_with(3, "can't create");
}

#[test]
fn completions_are_made_for_the_usual_shells() {
    let plant = Plant::bare();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = plant.run(&["completions", shell]).succeeds().out;
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
}

#[test]
fn a_report_has_every_part_in_both_forms() {
    let plant = observed();
    let parts = [
        "What was observed",
        "Inventory",
        "Zones",
        "Conduits",
        "Findings of the checks",
        "Shadow test",
        "Rules",
    ];
    let early = plant.run(&["report"]).succeeds().out;
    assert!(early.contains("There is no plant model yet"));
    plant.run(&["draft"]).succeeds();
    let text = plant.run(&["report"]).succeeds().out;
    plant.run(&["report", "-o", "report.html"]).succeeds();
    let page = fs::read_to_string(plant.path("report.html")).unwrap();
    for part in parts {
        assert!(text.contains(&format!("## {part}")), "{part}");
        assert!(page.contains(&format!("<h2>{part}")), "{part}");
    }
    assert!(text.contains("table inet cofferdam"), "the rules stand in it");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    assert_eq!(
        plant
            .run(&["report", "--format", "html"])
            .succeeds()
            .out
            .lines()
            .next(),
        Some("<!doctype html>")
    );
}
