//! A damaged file is set aside with its reason, and the rest goes on; what was half written is never read.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use cofferdam_telemetry::{QueryLimits, Telemetry, TelemetryError, TimeRange};
use common::{poll, record};
use std::fs;
use std::path::{Path, PathBuf};

/// Two captures, of which something then happens to the first.
fn two_captures() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    let hurt = record(&mut telemetry, "hurt.pcap", 1, &[poll(0), poll(1)]);
    record(&mut telemetry, "whole.pcap", 2, &[poll(2)]);
    let file = folder.path().join("flows").join(&hurt.files["flows"].name);
    (folder, file)
}

fn check(folder: &Path, reason: &str) {
    let mut telemetry = Telemetry::open(folder).unwrap();
    let answer = telemetry
        .query("select count(*) from flows", QueryLimits::default())
        .unwrap();
    assert_eq!(
        answer.rows().unwrap(),
        [["1"]],
        "the whole capture is still answered for"
    );
    let aside: Vec<_> = telemetry.set_aside().cloned().collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].capture, "hurt.pcap");
    assert!(aside[0].reason.contains(reason), "{}", aside[0].reason);
}

#[test]
fn a_file_that_is_cut_short_is_set_aside_and_the_rest_answered() {
    let (folder, file) = two_captures();
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    check(folder.path(), "bytes where");
}

#[test]
fn a_file_that_is_gone_is_set_aside() {
    let (folder, file) = two_captures();
    fs::remove_file(file).unwrap();
    check(folder.path(), "can't be read");
}

#[test]
fn a_file_whose_end_was_overwritten_is_set_aside() {
    let (folder, file) = two_captures();
    let mut bytes = fs::read(&file).unwrap();
    let length = bytes.len();
    bytes[length - 8..].fill(0);
    fs::write(&file, bytes).unwrap();
    check(folder.path(), "not that of a Parquet file");
}

#[test]
fn a_file_that_turns_out_damaged_while_it_is_read_is_set_aside_and_the_question_asked_again() {
    let (folder, file) = two_captures();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() - 200;
    // The metadata before the end: lengths and magic stay as they were.
    bytes[40..middle].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    let answer = telemetry
        .query("select sum(packet) from flows", QueryLimits::default())
        .unwrap();
    assert_eq!(answer.rows().unwrap(), [["1"]]);
    assert_eq!(
        telemetry.set_aside().next().unwrap().reason,
        "its content is not what was written"
    );
}

#[test]
fn a_record_that_makes_no_sense_is_set_aside_by_its_files_name() {
    let (folder, _) = two_captures();
    fs::write(
        folder.path().join("captures/0000000000000000.json"),
        b"{ \"format\": 1",
    )
    .unwrap();
    let telemetry = Telemetry::open(folder.path()).unwrap();
    assert_eq!(telemetry.captures().len(), 2);
    let aside = telemetry.set_aside().next().unwrap();
    assert_eq!(aside.capture, "captures/0000000000000000.json");
    assert!(
        aside.reason.starts_with("the record can't be read"),
        "{}",
        aside.reason
    );
}

#[test]
fn a_record_that_names_files_elsewhere_is_not_believed() {
    let (folder, _) = two_captures();
    let path = fs::read_dir(folder.path().join("captures"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = fs::read_to_string(&path).unwrap();
    let name = text.split('"').find(|part| part.ends_with(".parquet")).unwrap();
    fs::write(&path, text.replace(name, &format!("../flows/{name}"))).unwrap();
    let telemetry = Telemetry::open(folder.path()).unwrap();
    assert_eq!(telemetry.captures().len(), 1);
    assert!(
        telemetry
            .set_aside()
            .next()
            .unwrap()
            .reason
            .contains("does not name its files")
    );
}

#[test]
fn a_recorder_that_is_dropped_leaves_nothing_and_what_a_kill_left_is_swept_up() {
    let (folder, _) = two_captures();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    let mut recorder = telemetry.recorder().unwrap();
    cofferdam_observe::FlowSink::flow(&mut recorder, poll(9));
    drop(recorder);
    assert_eq!(telemetry.tidy().unwrap(), 0);

    let part = folder.path().join("flows/.1-0.part");
    let orphan = folder.path().join("flows/0123456789abcdef-1.parquet");
    fs::write(&part, b"half").unwrap();
    fs::write(&orphan, b"whose record was lost").unwrap();
    assert_eq!(telemetry.tidy().unwrap(), 2);
    assert!(!part.exists() && !orphan.exists());
    assert!(
        folder
            .path()
            .join("set-aside/flows/0123456789abcdef-1.parquet")
            .exists()
    );
    check_whole(folder.path());
}

fn check_whole(folder: &Path) {
    let telemetry = Telemetry::open(folder).unwrap();
    let replay = telemetry.replay(TimeRange::ALL, QueryLimits::default()).unwrap();
    assert_eq!(replay.map(Result::unwrap).count(), 3);
}

#[test]
fn what_cannot_be_written_is_said_and_what_stood_before_still_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    record(&mut telemetry, "a.pcap", 1, &[poll(0)]);
    let mut recorder = telemetry.recorder().unwrap();
    cofferdam_observe::FlowSink::flow(&mut recorder, poll(1));
    // The place where the capture's record would go is taken by a folder.
    fs::remove_dir_all(folder.path().join("captures")).unwrap();
    fs::write(folder.path().join("captures"), b"in the way").unwrap();
    let source = cofferdam_telemetry::Source::content("b.pcap", [2; 32], 1);
    let error = recorder
        .commit(&mut telemetry, source, &Default::default())
        .unwrap_err();
    assert!(matches!(error, TelemetryError::Storage(_)), "{error}");
    assert_eq!(telemetry.captures().len(), 1);
}
