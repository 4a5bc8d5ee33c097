//! Every real capture, read by Wireshark's tools and by this crate: the same packets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers may fail as its body may"
)]

mod common;

use cofferdam_capture::{Compression, DamageKind, Format, Source};
use common::{Owned, captures, drain, has_tool};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn read(path: &Path) -> Vec<Owned> {
    drain(&mut Source::open(path).unwrap_or_else(|error| panic!("{error}")))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// `1464580969.620645` with any number of digits, as nanoseconds.
fn nanos(text: &str) -> i64 {
    let (seconds, fraction) = text.split_once('.').unwrap_or_else(|| panic!("{text}"));
    let fraction = format!("{fraction:0<9}");
    seconds.parse::<i64>().unwrap() * 1_000_000_000 + fraction.parse::<i64>().unwrap()
}

/// The captures that are whole: mergecap refuses the others.
fn whole(captures: Vec<PathBuf>) -> Vec<PathBuf> {
    let cut = |path: &PathBuf| {
        let mut source = Source::open(path).unwrap();
        drain(&mut source);
        !source.damage().is_empty()
    };
    captures.into_iter().filter(|path| !cut(path)).collect()
}

#[test]
fn counts_sizes_and_first_and_last_times_equal_those_of_capinfos() {
    let Some(captures) = captures() else { return };
    if !has_tool("capinfos", "--version") {
        return;
    }
    let report = run(Command::new("capinfos").args(["-TmrcdaeS"]).args(&captures));
    let by_name: BTreeMap<&str, &str> = report.lines().filter_map(|line| line.split_once(',')).collect();
    assert_eq!(by_name.len(), captures.len());
    for path in &captures {
        let packets = read(path);
        let times: Vec<i64> = packets.iter().map(|packet| packet.time.nanos()).collect();
        let fields: Vec<&str> = by_name[path.to_str().unwrap()].split(',').collect();
        let [count, size, first, last] = fields[..] else {
            panic!("{}: {fields:?}", path.display())
        };
        let sizes: u64 = packets.iter().map(|packet| u64::from(packet.original)).sum();
        // A capture without packets has no times.
        let time = |text: &str| (text != "n/a").then(|| nanos(text));
        assert_eq!(packets.len().to_string(), count, "{}", path.display());
        assert_eq!(sizes.to_string(), size, "{}", path.display());
        assert_eq!(times.iter().min().copied(), time(first), "{}", path.display());
        assert_eq!(times.iter().max().copied(), time(last), "{}", path.display());
    }
}

#[test]
fn every_packets_time_and_lengths_equal_those_of_tshark() {
    let Some(captures) = captures() else { return };
    if !has_tool("tshark", "--version") || !has_tool("mergecap", "--version") {
        return;
    }
    let whole = whole(captures);
    let folder = tempfile::tempdir().unwrap();
    let merged = folder.path().join("merged.pcapng");
    assert!(
        Command::new("mergecap")
            .arg("-a")
            .arg("-w")
            .arg(&merged)
            .args(&whole)
            .status()
            .unwrap()
            .success()
    );
    let fields = [
        "frame.time_epoch",
        "frame.cap_len",
        "frame.len",
        "frame.interface_id",
    ];
    let report = run(Command::new("tshark")
        .args([
            "--disable-protocol",
            "eth",
            "--disable-protocol",
            "null",
            "-T",
            "fields",
            "-r",
        ])
        .arg(&merged)
        .args(fields.iter().flat_map(|field| ["-e", field])));
    let theirs: Vec<&str> = report.lines().collect();

    // The merged file is pcapng with an interface for each capture, written by other code than ours.
    let ours = read(&merged);
    assert_eq!(ours.len(), theirs.len());
    for (packet, line) in ours.iter().zip(theirs) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [time, captured, original, interface] = fields[..] else {
            panic!("{line}")
        };
        assert_eq!(packet.time.nanos(), nanos(time), "{line}");
        assert_eq!(packet.bytes.len().to_string(), captured, "{line}");
        assert_eq!(packet.original.to_string(), original, "{line}");
        assert_eq!(packet.interface.to_string(), interface, "{line}");
    }

    let strip = |packet: Owned| Owned {
        interface: 0,
        ..packet
    };
    let apart = whole.iter().flat_map(|path| read(path)).map(strip);
    assert!(
        ours.into_iter().map(strip).eq(apart),
        "the captures one by one differ from the merged file"
    );
}

#[test]
fn what_editcap_gzip_and_zstd_make_of_a_capture_reads_the_same() {
    let Some(captures) = captures() else { return };
    if !has_tool("editcap", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = captures
        .iter()
        .find(|path| path.ends_with("bacnet/bacnet_test.pcap"))
        .unwrap();
    let wanted = read(from);
    let check = |path: &Path, format: Format, compression: Option<Compression>| {
        let mut source = Source::open(path).unwrap();
        assert_eq!(drain(&mut source), wanted, "{}", path.display());
        assert_eq!(source.damage(), [], "{}", path.display());
        assert_eq!(source.summary().format, format, "{}", path.display());
        assert_eq!(source.summary().compression, compression, "{}", path.display());
        let progress = source.progress();
        assert_eq!(Some(progress.read), progress.total, "{}", path.display());
    };
    for (form, format) in [
        ("pcap", Format::Pcap),
        ("nsecpcap", Format::PcapNanos),
        ("modpcap", Format::Pcap),
        ("pcapng", Format::PcapNg),
    ] {
        let to = folder.path().join(form);
        assert!(
            Command::new("editcap")
                .arg("-F")
                .arg(form)
                .arg(from)
                .arg(&to)
                .status()
                .unwrap()
                .success()
        );
        check(&to, format, None);
        for (program, suffix, compression) in [
            ("gzip", "gz", Compression::Gzip),
            ("zstd", "zst", Compression::Zstd),
        ] {
            if !has_tool(program, "--version") {
                continue;
            }
            let packed = folder.path().join(format!("{form}.{suffix}"));
            let bytes = Command::new(program).arg("-c").arg(&to).output().unwrap().stdout;
            fs::write(&packed, &bytes).unwrap();
            check(&packed, format, Some(compression));
        }
    }
}

#[test]
fn the_one_capture_that_was_cut_short_is_read_to_its_end_and_said_to_be() {
    let Some(captures) = captures() else { return };
    let mut damaged = Vec::new();
    for path in captures {
        let mut source = Source::open(&path).unwrap();
        drain(&mut source);
        damaged.extend(
            source
                .damage()
                .iter()
                .map(|damage| (path.clone(), damage.clone())),
        );
    }
    let [(path, damage)] = &damaged[..] else {
        panic!("{damaged:#?}")
    };
    assert!(
        path.ends_with("melsec/melsoft_129_clean.pcap"),
        "{}",
        path.display()
    );
    assert!(matches!(damage.kind, DamageKind::CutShort { .. }), "{damage}");
    assert_eq!(damage.offset + damage.length, fs::metadata(path).unwrap().len());
}
