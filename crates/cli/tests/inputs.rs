//! What comes from other systems, and what goes to them: declared inventories, logs of other sensors, exports.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use common::Plant;
use std::collections::BTreeSet;
use std::fs;

const INVENTORY: &str = "\
Tag;Name;Type;Manufacturer;FW of unit;IP Address
PLC-101;Furnace PLC;PLC;Siemens;2.9.4;10.20.2.11
HMI-1;Line HMI;HMI;Siemens;17.0;10.20.3.5
EWS-1;Engineering;;Dell;;10.20.1.300
";

fn with_inventory(plant: &Plant, text: &str) {
    fs::write(plant.path("inventory.csv"), text).unwrap();
}

#[test]
fn an_inventory_is_previewed_tried_and_merged_once() {
    let plant = Plant::new();
    with_inventory(&plant, INVENTORY);
    let columns = plant
        .run(&["import", "inventory.csv", "--preview", "--json"])
        .succeeds()
        .json();
    assert_eq!(columns["columns"][1]["field"], "name");
    assert_eq!(columns["columns"][4]["field"], serde_json::Value::Null);
    let mapped = &[
        "import",
        "inventory.csv",
        "--column",
        "firmware=FW of unit",
        "--json",
    ];
    let tried = plant
        .run(&[mapped.as_slice(), &["--dry-run"]].concat())
        .succeeds()
        .json();
    assert_eq!(
        (tried["changes"].as_array().unwrap().len(), &tried["written"]),
        (3, &false.into())
    );
    assert!(!plant.path("plant.toml").exists(), "a dry run writes nothing");
    let done = plant.run(mapped).succeeds().json();
    assert_eq!(
        (&done["changes"], &done["written"]),
        (&tried["changes"], &true.into())
    );
    assert!(
        done["set_aside"][0]["what"]
            .as_str()
            .unwrap()
            .contains("10.20.1.300"),
        "{done}"
    );
    let text = fs::read_to_string(plant.path("plant.toml")).unwrap();
    assert!(
        text.contains("value = \"2.9.4\", file = \"inventory.csv\", row = 2"),
        "{text}"
    );
    assert_eq!(plant.run(mapped).succeeds().json()["written"], false);
    assert_eq!(fs::read_to_string(plant.path("plant.toml")).unwrap(), text);
}

#[test]
fn a_conflict_stops_the_import_until_it_is_decided() {
    let plant = Plant::new();
    let columns = ["--column", "firmware=5"];
    let import =
        |more: &[&str]| plant.run(&[&["import", "inventory.csv"], columns.as_slice(), more].concat());
    with_inventory(&plant, INVENTORY);
    import(&[]).succeeds();
    let before = fs::read_to_string(plant.path("plant.toml")).unwrap();
    with_inventory(&plant, &INVENTORY.replace("2.9.4", "2.9.7"));
    import(&[]).fails_with(2, "in conflict");
    import(&["--on-conflict", "skip"]).succeeds();
    assert_eq!(fs::read_to_string(plant.path("plant.toml")).unwrap(), before);
    let shown = import(&["--dry-run", "--on-conflict", "update"]).succeeds().out;
    assert!(shown.contains("2.9.4 → 2.9.7"), "{shown}");
    import(&["--on-conflict", "update"]).succeeds();
    assert!(
        fs::read_to_string(plant.path("plant.toml"))
            .unwrap()
            .contains("2.9.7")
    );
}

#[test]
fn no_import_changes_a_baselined_model_and_each_may_be_tried_on_it() {
    let plant = Plant::new();
    with_inventory(&plant, INVENTORY);
    plant.run(&["import", "inventory.csv"]).succeeds();
    let path = plant.path("plant.toml");
    let text = fs::read_to_string(&path).unwrap();
    let baselined = text.replacen("stage = \"draft\"", "stage = \"baselined\"", 1);
    assert_ne!(text, baselined);
    fs::write(&path, &baselined).unwrap();
    with_inventory(&plant, &format!("{INVENTORY}X-1;Another;PLC;;;10.20.2.99\n"));
    plant.run(&["import", "inventory.csv"]).fails_with(2, "baselined");
    assert_eq!(fs::read_to_string(&path).unwrap(), baselined);
    let tried = plant
        .run(&["import", "inventory.csv", "--dry-run", "--json"])
        .succeeds()
        .json();
    assert_eq!(tried["changes"][3]["kind"], "new");
}

#[test]
fn what_is_no_inventory_is_refused_with_the_mend() {
    let plant = Plant::new();
    plant.run(&["import", "nowhere.csv"]).fails_with(2, "nowhere.csv");
    fs::write(plant.path("noise.bin"), [0x00, 0xff, 0x13, 0x37].repeat(500)).unwrap();
    plant
        .run(&["import", "noise.bin"])
        .fails_with(2, "name the format");
    with_inventory(&plant, INVENTORY);
    plant
        .run(&["import", "inventory.csv", "--column", "colour=2"])
        .fails_with(2, "there is no field `colour`");
    plant
        .run(&["import", "inventory.csv", "--column", "name=Colour"])
        .fails_with(2, "there is no column `Colour`");
    assert!(!plant.path("plant.toml").exists());
}

#[test]
fn the_model_goes_out_in_every_format_and_the_same_twice() {
    let plant = Plant::new();
    with_inventory(&plant, INVENTORY);
    plant.run(&["import", "inventory.csv"]).succeeds();
    let help = plant.run(&["export", "--help"]).succeeds().out;
    for (format, holds) in [
        ("csv", "furnace-plc"),
        ("cyclonedx", "\"bomFormat\": \"CycloneDX\""),
        ("dot", "graph"),
        ("svg", "<svg"),
        ("drawio", "<mxfile"),
        ("automationml", "<CAEXFile"),
    ] {
        assert!(help.contains(format), "{help}");
        let text = plant.run(&["export", format]).succeeds().out;
        assert!(text.contains(holds), "{format}: {text}");
        plant.run(&["export", format, "-o", "out"]).succeeds();
        assert_eq!(fs::read_to_string(plant.path("out")).unwrap(), text);
        assert_eq!(
            plant.run(&["export", format, "--json"]).json()["text"],
            text.as_str()
        );
    }
    // A round trip through our own list changes nothing.
    plant.run(&["export", "csv", "-o", "ours.csv"]).succeeds();
    let kinds = plant
        .run(&["import", "ours.csv", "--dry-run", "--json"])
        .succeeds()
        .json();
    let changed = kinds["changes"].as_array().unwrap().iter();
    let fields: BTreeSet<_> = changed
        .flat_map(|change| change["fields"].as_array().unwrap())
        .map(|field| field["field"].as_str().unwrap().to_owned())
        .collect();
    assert!(fields.iter().all(|field| field == "sources"), "{fields:?}");
}

/// Who read of whom and wrote to whom, which logs tell as packets do; names of functions are each tool's own, and what a
/// DNP3 write or an S7 status list is for stands in no log.
fn asked(plant: &Plant) -> BTreeSet<String> {
    let sql = "select distinct f.initiator_ip, f.responder_ip, o.protocol, o.operation \
               from operations o join flows f using (flow) \
               where o.protocol in ('modbus', 's7comm') and o.operation in ('read', 'write')";
    plant
        .run(&["query", "--json", sql])
        .succeeds()
        .out
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn logs_give_the_operations_that_the_packets_give() {
    let packets = Plant::new();
    packets
        .run(&["simulate", "plant.pcap", "--length", "20min"])
        .succeeds();
    packets
        .run(&["observe", "plant.pcap", "--zeek-logs", "zeek"])
        .succeeds();
    let logs = Plant::new();
    let folder = packets.path("zeek");
    let report = logs
        .run(&["observe", folder.to_str().unwrap(), "--json"])
        .succeeds()
        .json();
    assert_eq!(report["logs"][0]["set_aside_count"], 0, "{report}");
    assert_eq!(report["logs"][0]["name"], "logs of zeek");
    let wanted = asked(&packets);
    assert!(wanted.len() >= 10, "{wanted:?}");
    assert_eq!(asked(&logs), wanted);
    // Again, packed and named one by one: the same flows.
    let gzip = |name: &str| {
        let status = std::process::Command::new("gzip")
            .arg(folder.join(name))
            .status()
            .unwrap();
        assert!(status.success());
        folder.join(format!("{name}.gz")).to_str().unwrap().to_owned()
    };
    let (conn, modbus) = (gzip("conn.log"), gzip("modbus_detailed.log"));
    let single = Plant::new();
    let report = single
        .run(&["observe", &conn, &modbus, "--json"])
        .succeeds()
        .json();
    assert_eq!(report["logs"][0]["name"], "conn.log.gz and 1 more");
    assert!(asked(&single).is_subset(&wanted));
    assert!(!asked(&single).is_empty());
}

#[test]
fn bad_lines_of_logs_are_set_aside_with_their_place() {
    let plant = Plant::new();
    let conn = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n\
                1700000000.0\tC1\t10.0.0.1\t40000\t10.0.0.2\t502\ttcp\n\
                1700000001.0\tC2\t10.0.0.1\n\
                1700000002.0\tC3\tten\t40000\t10.0.0.2\t502\ttcp\n";
    fs::write(plant.path("conn.log"), conn).unwrap();
    let report = plant.run(&["observe", "conn.log", "--json"]).succeeds().json();
    let aside = &report["logs"][0]["set_aside"];
    assert_eq!(
        (&aside[0]["line"], &aside[1]["line"]),
        (&5.into(), &6.into()),
        "{report}"
    );
    assert_eq!(plant.run(&["flows", "--json"]).json_lines().len(), 1);
}

#[test]
fn what_deviates_from_the_baseline_is_told_with_its_first_packet() {
    let plant = Plant::new();
    plant
        .run(&["baseline", "check"])
        .fails_with(2, "no `baseline.json`");
    plant
        .run(&["baseline", "learn"])
        .fails_with(2, "nothing was observed");
    plant
        .run(&["simulate", "plant.pcap", "--length", "20min"])
        .succeeds();
    plant.run(&["observe", "plant.pcap"]).succeeds();
    let learned = plant.run(&["baseline", "learn", "--json"]).succeeds().json();
    assert!(learned["uses"].as_u64().unwrap() > 50, "{learned}");
    // The same time again deviates in nothing.
    let same = ["baseline", "check", "--first", "1d", "--from", "2000-01-01"];
    plant.run(&same).fails_with(2, "cannot be used");
    plant
        .run(&["baseline", "check", "--from", "2000-01-01"])
        .succeeds();
    // A host that comes later does.
    let conn = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n\
                1900000000.0\tC1\t10.20.66.6\t40000\t10.20.2.11\t502\ttcp\n";
    fs::write(plant.path("conn.log"), conn).unwrap();
    plant.run(&["observe", "conn.log"]).succeeds();
    let run = plant.run(&["baseline", "check", "--json"]);
    assert_eq!(run.code, 1);
    let report = run.json();
    let kinds: Vec<_> = report["deviations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| &told["kind"])
        .collect();
    assert!(kinds.contains(&&serde_json::json!("new-host")), "{report}");
    assert_eq!(report["deviations"][0]["capture"], "conn.log");
    fs::write(plant.path("baseline.json"), "{}").unwrap();
    plant.run(&["baseline", "check"]).fails_with(2, "learn it anew");
}
