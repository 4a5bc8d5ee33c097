//! Configurations of firewalls, held against the model and against each other.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use common::Plant;
use std::fs;

/// A site with a drafted model, compiled for an ASA through which everything passes.
fn compiled() -> Plant {
    let plant = Plant::new();
    plant
        .run(&["simulate", "plant.pcap", "--length", "30min"])
        .succeeds();
    plant.run(&["observe", "plant.pcap"]).succeeds();
    plant.run(&["draft"]).succeeds();
    plant.run(&["compile", "--whole-site", "asa"]).succeeds();
    plant.run(&["compile", "--whole-site", "nftables"]).succeeds();
    plant
}

#[test]
fn what_was_compiled_verifies_and_each_planted_fault_is_found_with_its_line() {
    let plant = compiled();
    for file in ["compiled/site.asa.cfg", "compiled/site.nft"] {
        let report = plant.run(&["verify", file, "--json"]).succeeds().json();
        assert_eq!(
            (&report["excess"], &report["blocked"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        assert!(report["passing"].as_array().unwrap().len() > 10, "{report}");
        assert_eq!(report["unread"], serde_json::json!([]));
        let contradicted = report["odd"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|odd| odd["kind"] == "contradicted");
        assert_eq!(contradicted.count(), 0, "{report}");
    }
    let text = fs::read_to_string(plant.path("compiled/site.asa.cfg")).unwrap();
    let permit = text.lines().position(|line| line.contains("eq 502")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let wide = "access-list COFFERDAM extended permit tcp any any eq telnet";
    let faulty = [&lines[..permit], &[wide], &lines[permit + 1..]]
        .concat()
        .join("\n");
    fs::write(plant.path("running.asa.cfg"), faulty).unwrap();
    let run = plant.run(&["verify", "running.asa.cfg", "--json"]);
    assert_eq!(run.code, 1);
    let report = run.json();
    assert!(
        report["excess"][0]["by"]
            .as_str()
            .unwrap()
            .contains(&format!("line {}: {wide}", permit + 1)),
        "{report}"
    );
    assert!(
        report["excess"][0]["packet"].as_str().unwrap().ends_with(":23"),
        "{report}"
    );
    assert!(
        report["blocked"][0]["packet"].as_str().unwrap().ends_with(":502"),
        "{report}"
    );
    let text = plant.run(&["verify", "running.asa.cfg"]).out;
    assert!(
        text.contains("passes and should not: 1") && text.contains("eq telnet"),
        "{text}"
    );
}

#[test]
fn drift_is_what_a_configuration_does_and_not_how_it_reads() {
    let plant = compiled();
    let approved = "compiled/site.asa.cfg";
    let text = fs::read_to_string(plant.path(approved)).unwrap();
    let (head, rules): (Vec<_>, Vec<_>) = text.lines().partition(|line| !line.contains(" permit tcp host"));
    assert!(rules.len() > 3, "{text}");
    // The permits in another order, above everything but the objects that they don't need.
    let mut other: Vec<_> = rules.iter().rev().copied().collect();
    other.extend(&head);
    fs::write(plant.path("same.asa.cfg"), other.join("\n")).unwrap();
    plant.run(&["drift", approved, "same.asa.cfg"]).succeeds();
    fs::write(plant.path("less.asa.cfg"), other[1..].join("\n")).unwrap();
    let run = plant.run(&["drift", approved, "less.asa.cfg", "--json"]);
    assert_eq!(run.code, 1);
    let report = run.json();
    assert_eq!(report["differences"].as_array().unwrap().len(), 1, "{report}");
    assert!(
        report["differences"][0]["was"]
            .as_str()
            .unwrap()
            .starts_with("permit by line")
    );
}

#[test]
fn a_configuration_that_can_not_be_used_is_refused_with_the_mend() {
    let plant = compiled();
    fs::write(plant.path("running.txt"), "hostname x").unwrap();
    plant.run(&["verify", "running.txt"]).fails_with(2, "--backend");
    plant
        .run(&["verify", "running.txt", "--backend", "abacus"])
        .fails_with(2, "possible values: asa");
    plant
        .run(&["verify", "running.txt", "--backend", "asa", "--point", "fw-x"])
        .fails_with(2, "no enforcement point `fw-x`");
    plant
        .run(&["drift", "nowhere.nft", "running.nft"])
        .fails_with(2, "check the path");
    // Noise is no configuration: nothing passes that is known, and every line of it is said.
    fs::write(
        plant.path("noise.asa.cfg"),
        b"\xff\xfe permit everything\nand more",
    )
    .unwrap();
    let run = plant.run(&["verify", "noise.asa.cfg", "--json"]);
    let report = run.json();
    assert_eq!(report["not_utf8"], 2);
    assert_eq!(report["unread"].as_array().unwrap().len(), 2, "{report}");
}

#[test]
fn a_model_and_what_was_compiled_of_it_are_the_same_and_an_edit_is_told_from_both_sides() {
    let plant = compiled();
    for file in ["compiled/site.asa.cfg", "compiled/site.nft"] {
        let report = plant
            .run(&["diff", "plant.toml", file, "--json"])
            .succeeds()
            .json();
        assert!(!report["not_compared"].as_array().unwrap().is_empty(), "{report}");
    }
    plant
        .run(&["diff", "compiled/site.asa.cfg", "compiled/site.nft"])
        .succeeds();
    let text = fs::read_to_string(plant.path("plant.toml")).unwrap();
    let edited = text.replacen("[\"tcp/502 modbus\"]", "[\"tcp/1502 modbus\"]", 1);
    assert_ne!(text, edited);
    fs::write(plant.path("edited.toml"), edited).unwrap();
    let run = plant.run(&["diff", "plant.toml", "edited.toml", "--json"]);
    assert_eq!(run.code, 1);
    let report = run.json();
    let packet = |side: &str| report[side][0]["packet"].as_str().unwrap().to_owned();
    assert!(packet("only_first").ends_with(":502"), "{report}");
    assert!(packet("only_second").ends_with(":1502"), "{report}");
    assert!(
        report["only_second"][0]["first"]
            .as_str()
            .unwrap()
            .contains("no conduit permits it")
    );
}

const PLANT_FIREWALL: &str = "hostname fw-plant
interface GigabitEthernet0/0
 nameif office
 security-level 50
 ip address 10.20.11.1 255.255.255.0
interface GigabitEthernet0/1
 nameif transit
 security-level 90
 ip address 10.99.0.1 255.255.255.0
route transit 10.20.2.0 255.255.255.0 10.99.0.2
access-list in extended permit tcp any 10.20.2.0 255.255.255.0 eq 502
access-list in extended permit tcp any 10.20.2.0 255.255.255.0 eq 102
access-group in in interface office
";
const CELL_FIREWALL: &str = "hostname fw-cell
interface GigabitEthernet0/0
 nameif transit
 security-level 50
 ip address 10.99.0.2 255.255.255.0
interface GigabitEthernet0/1
 nameif cell
 security-level 90
 ip address 10.20.2.1 255.255.255.0
route transit 0.0.0.0 0.0.0.0 10.99.0.1
access-list in extended permit tcp 10.20.11.0 255.255.255.0 host 10.20.2.11 eq 502
access-group in in interface transit
";

#[test]
fn what_reaches_through_two_firewalls_is_told_with_the_lines_that_decide() {
    let plant = compiled();
    fs::write(plant.path("fw-plant.asa.cfg"), PLANT_FIREWALL).unwrap();
    fs::write(plant.path("fw-cell.asa.cfg"), CELL_FIREWALL).unwrap();
    let reach = |more: &[&str]| {
        let args = [
            "reach",
            "10.20.11.0/24",
            "10.20.2.0/24",
            "fw-plant.asa.cfg",
            "fw-cell.asa.cfg",
            "--json",
        ];
        plant.run(&[args.as_slice(), more].concat()).succeeds().json()
    };
    let all = reach(&[]);
    assert_eq!(
        all["passes"],
        serde_json::json!(["10.20.11.0/24 to 10.20.2.11, tcp ports 502"])
    );
    let hops = all["ways"][0]["hops"].as_array().unwrap();
    let lines: Vec<_> = hops
        .iter()
        .map(|hop| hop["decided_by"][0].as_str().unwrap())
        .collect();
    assert!(
        lines[0].starts_with("line 11: ") && lines[1].starts_with("line 11: "),
        "{lines:?}"
    );
    let s7 = reach(&["--service", "tcp/102"]);
    assert_eq!(s7["passes"], serde_json::json!([]));
    assert_eq!(
        s7["stops"][0]["hops"].as_array().unwrap().len(),
        2,
        "the second firewall stops it"
    );
    plant
        .run(&["reach", "nobody", "any", "fw-cell.asa.cfg"])
        .fails_with(2, "`nobody` is no zone");
    plant
        .run(&["reach", "any", "any", "fw-cell.asa.cfg", "--service", "tcp/x"])
        .fails_with(2, "write tcp/502");
}
