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
        .fails_with(2, "the backends are: asa");
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
