//! The whole loop on a simulated month: from packets to rules that a firewall takes, and the finding that matters.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use common::Plant;
use std::process::Command;

#[test]
fn a_month_shows_the_calibration_that_a_policy_of_its_first_week_would_have_cut() {
    let plant = Plant::new();
    plant
        .run(&[
            "simulate",
            "month.pcap",
            "--days",
            "31",
            "--poll-every",
            "20min",
            "--truth",
            "truth.json",
        ])
        .succeeds();
    plant.run(&["observe", "month.pcap"]).succeeds();
    plant.run(&["draft", "--first", "7d"]).succeeds();
    plant.run(&["check", "--fail-on", "never"]).succeeds();

    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(plant.path("truth.json")).unwrap()).unwrap();
    let events = truth["events"].as_array().unwrap();
    let calibration = events
        .iter()
        .find(|event| event["cause"] == "calibration")
        .unwrap();
    let address = |asset: &serde_json::Value| {
        let all = truth["assets"].as_array().unwrap();
        let one = all.iter().find(|one| one["id"] == *asset).unwrap();
        one["interfaces"][0]["ip"].as_str().unwrap().to_owned()
    };
    // Who was calibrated: what of it stays within a zone, no policy between zones cuts.
    let pairs: Vec<_> = calibration["flows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| &truth["flows"][usize::try_from(at.as_u64().unwrap()).unwrap()])
        .filter(|flow| flow["protocol"] == "modbus")
        .map(|flow| (address(&flow["initiator"]), address(&flow["responder"])))
        .collect();

    let report = plant.run(&["shadow", "--json"]).succeeds().json();
    let ours = |finding: &&serde_json::Value| {
        let end = |who: &str| finding[who]["address"].as_str().unwrap().to_owned();
        pairs.contains(&(end("initiator"), end("responder")))
    };
    let findings = report["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(ours)
        .unwrap_or_else(|| panic!("{pairs:?} in {report:#}"));
    assert_ne!(finding["likely"], "unwanted", "{finding:#}");
    let sentence = finding["sentence"].as_str().unwrap();
    for part in [
        "cal-laptop-1",
        "modbus",
        "write",
        "2026-03-28 22:0",
        "never seen in the 7 days",
    ] {
        assert!(sentence.contains(part), "`{part}` in: {sentence}");
    }
    let text = plant.run(&["shadow", "--limit", "0"]).succeeds().out;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(sentence),
        "`{sentence}` is said for people too, in:\n{text}"
    );

    plant.run(&["shadow", "--fail-on", "needed"]).fails_with(1, "");
    plant.run(&["compile"]).succeeds();
    nft_accepts(&plant);
}

/// The rules are checked by the real nft, in a network namespace of its own, which needs root.
fn nft_accepts(plant: &Plant) {
    let checked = Command::new("unshare")
        .args(["--net", "nft", "-c", "-f"])
        .arg(plant.path("compiled/site.nft"))
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .output();
    match checked {
        Err(error) => println!("not run: unshare is not installed ({error})"),
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            let missing = [
                "Operation not permitted",
                "failed to execute nft",
                "Permission denied",
            ];
            if missing.iter().any(|reason| told.contains(reason)) {
                println!("not run: nft -c in a namespace of its own: {told}");
                return;
            }
            assert!(output.status.success(), "{told}");
        }
    }
}
