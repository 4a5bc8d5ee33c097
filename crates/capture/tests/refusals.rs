//! What is refused, and in which words.
#![expect(clippy::panic, reason = "a test's helpers may fail as its body may")]

mod common;

use cofferdam_capture::{MAX_FOLDER_DEPTH, OpenError, Source, sources};
use std::fs;
use std::path::Path;

/// Bytes, and what is said of a file `given` that holds them.
const REFUSED: &[(&[u8], &str)] = &[
    (b"", "`given` is empty"),
    (
        b"\xd4",
        "`given` is no capture: it starts neither as pcap nor as pcapng, plain or packed with gzip or zstd",
    ),
    (
        b"hello, world",
        "`given` is no capture: it starts neither as pcap nor as pcapng, plain or packed with gzip or zstd",
    ),
    (
        b"{\"a\": 1}",
        "`given` is no capture: it starts neither as pcap nor as pcapng, plain or packed with gzip or zstd",
    ),
    (
        b"\xd4\xc3\xb2\xa1\x02\0\x04\0",
        "`given` is cut short: it ends inside the capture's own header, after 8 bytes",
    ),
    (
        b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a",
        "`given` is cut short: it ends inside the capture's own header, after 12 bytes",
    ),
    (
        b"\x0a\x0d\x0d\x0a a text that opens with these line ends",
        "`given` is no capture: it starts neither as pcap nor as pcapng, plain or packed with gzip or zstd",
    ),
    (
        b"#separator \\x09\n",
        "`given` is a Zeek log, which holds records and no packets",
    ),
    (
        b"{\"ts\":1.5,\"uid\":\"C1\",\"id.orig_h\":\"10.0.0.1\"}",
        "`given` is a Zeek log in JSON, which holds records and no packets",
    ),
    (
        b" {\"timestamp\":\"2026\",\"event_type\":\"modbus\"}",
        "`given` is a Suricata EVE log, which holds records and no packets",
    ),
    (
        b"\x0c\xa5\x02\0........",
        "`given` is an nfcapd file, which holds flow records and no packets",
    ),
    (
        b"snoop\0\0\0\0\0\0\x02",
        "`given` is a capture in the form of Solaris snoop, which is not read",
    ),
    (b"BZh91AY&SY", "`given` is packed with bzip2, which is not read"),
    (b"\x1f\x8b\x08", "`given` looks like gzip but can't be unpacked"),
    (
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x07rubbish",
        "`given` looks like gzip but can't be unpacked",
    ),
    (
        b"\x28\xb5\x2f\xfdrubbish",
        "`given` looks like zstd but can't be unpacked",
    ),
    // A frame that wants a window of 2^41 bytes.
    (
        b"\x28\xb5\x2f\xfd\0\xf8\x01\0\0",
        "`given` looks like zstd but can't be unpacked",
    ),
    // gzip of nothing, and gzip of the first bytes of a gzip file.
    (
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0",
        "`given` is empty",
    ),
    (
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x93\xef\xe6\x60\0\x01\0\x8b\xc0\xfb\xa6\x08\0\0\0",
        "`given` is compressed twice",
    ),
];

#[track_caller]
fn check(result: Result<Source, OpenError>, folder: &Path, wanted: &str) {
    let error = match result {
        Ok(source) => panic!("{} was opened", source.name()),
        Err(error) => error,
    };
    let said = error.to_string().replace(&format!("{}/", folder.display()), "");
    assert_eq!(said, wanted);
    assert!(!error.mend().is_empty());
    assert!(!said.contains('\n'), "{said}");
}

#[test]
fn what_is_no_capture_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, wanted) in REFUSED {
        let path = folder.path().join("given");
        fs::write(&path, bytes).unwrap();
        check(Source::open(&path), folder.path(), wanted);
    }
}

#[test]
fn a_path_that_is_missing_a_folder_or_a_device_that_gives_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &Path, wanted: &str| check(Source::open(path), folder.path(), wanted);
    check(&folder.path().join("none.pcap"), "`none.pcap` does not exist");
    fs::create_dir(folder.path().join("captures")).unwrap();
    check(
        &folder.path().join("captures"),
        "`captures` is a folder, not a capture",
    );
    check(Path::new("/dev/null"), "`/dev/null` is empty");
    // Names can be hostile too.
    check(&folder.path().join("a\x1b[2J"), "`a\\u{1b}[2J` does not exist");
}

#[test]
fn a_folder_gives_its_captures_by_name_and_says_what_it_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let capture = common::encode::pcap_header(
        common::encode::Order::Big,
        common::encode::Pcap::Nanos,
        0,
        cofferdam_terms::LinkType::ETHERNET,
    );
    fs::create_dir(folder.path().join("b")).unwrap();
    for name in ["c.pcap", "b/z", "b/a.cap", "a"] {
        fs::write(folder.path().join(name), &capture).unwrap();
    }
    fs::write(folder.path().join("b/notes.txt"), "no packets here").unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("b/loop")).unwrap();

    let found = sources(folder.path()).unwrap();
    let names: Vec<&Path> = found
        .captures
        .iter()
        .map(|path| path.strip_prefix(folder.path()).unwrap())
        .collect();
    assert_eq!(names, ["a", "b/a.cap", "b/z", "c.pcap"].map(Path::new));
    let [OpenError::NotACapture { name }] = &found.passed_over[..] else {
        panic!("{:?}", found.passed_over)
    };
    assert!(name.to_string().ends_with("b/notes.txt"));

    let alone = sources(&folder.path().join("a")).unwrap();
    assert_eq!(alone.captures, [folder.path().join("a")]);
}

#[test]
fn a_folder_without_captures_or_too_deep_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "no packets here").unwrap();
    let error = sources(folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("holds no capture and no log, among 1 files"),
        "{error}"
    );

    let deep: std::path::PathBuf = std::iter::repeat_n("d", MAX_FOLDER_DEPTH + 1).collect();
    fs::create_dir_all(folder.path().join(&deep)).unwrap();
    assert!(matches!(
        sources(folder.path()),
        Err(OpenError::FolderTooLarge { .. })
    ));
}

#[test]
fn a_file_that_may_not_be_read_is_refused_with_the_reason() {
    // A folder's own read error stands in for lacking permission, which root never lacks.
    let error = Source::from_reader("given", Box::new(Failing)).unwrap_err();
    assert_eq!(error.to_string(), "`given` can't be read: no such luck");
}

struct Failing;

impl std::io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            "no such luck",
        ))
    }
}
