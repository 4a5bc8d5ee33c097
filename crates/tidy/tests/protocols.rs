//! How each protocol was tried, told out of what tries it: fuzz targets and their log, and the comparisons with tshark.
#![expect(clippy::unwrap_used, reason = "a test's helper may fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_table_of_how_protocols_were_tried_is_true() {
    let now: String = protocols()
        .iter()
        .map(|protocol| format!("{protocol}\t{}\t{}\n", fuzzed(protocol), compared(protocol)))
        .collect();
    let path = root().join("docs/protocol-evidence.tsv");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        now,
        "run this test with UPDATE=1"
    );
}

/// The protocols, as docs/protocols.md has them; that it has all is another test.
fn protocols() -> Vec<String> {
    let rows = read("docs/protocols.md");
    let names = rows.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut names: Vec<_> = names
        .filter_map(|line| Some(line.split_once('`')?.0.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() > 20, "{names:?}");
    names
}

/// Seconds in the log of long runs, or `smoke` for a target that only every test run tries.
fn fuzzed(protocol: &str) -> String {
    let is_of_it = |target: &str| target == protocol || target == format!("{protocol}-mended");
    let log = read("fuzz/LOG.md");
    let rows = log
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let seconds: u64 = rows
        .filter_map(|columns| match columns.as_slice() {
            [_, _, _, target, seconds, ..] if is_of_it(target) => seconds.parse::<u64>().ok(),
            _ => None,
        })
        .sum();
    match seconds {
        0 if root().join(format!("fuzz/fuzz_targets/{protocol}.rs")).exists() => "smoke".to_owned(),
        0 => "–".to_owned(),
        seconds => seconds.to_string(),
    }
}

fn compared(protocol: &str) -> &'static str {
    let captures = read("crates/observe/tests/tshark.rs").contains(&format!("=> \"{protocol}\","));
    let samples = read("crates/dissect/tests/samples_tshark.rs").contains(&format!("name: \"{protocol}\","));
    match (captures, samples) {
        (true, true) => "captures, samples",
        (true, false) => "captures",
        (false, true) => "samples",
        (false, false) => "–",
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
