//! Files that were made to do harm, and files that were damaged: nothing panics, bounds hold, and what is read is
//! harmless to print.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read samples from files and may fail"
)]

use cofferdam_import::{Fault, Import, Options, READERS, ReadError, bounds, read};
use proptest::prelude::*;
use proptest::sample::Index;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::SimpleFileOptions;

fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of one sheet.
fn workbook(shared: &[u8], sheet: &[u8]) -> Vec<u8> {
    packed(&[
        (
            "xl/workbook.xml",
            br#"<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            br#"<Relationships><Relationship Id="a" Target="s.xml"/></Relationships>"#,
        ),
        ("xl/sharedStrings.xml", shared),
        ("xl/s.xml", sheet),
    ])
}

fn plain(bytes: &[u8]) -> Result<Import, ReadError> {
    read("a file", bytes, &Options::default())
}

/// Whether a fault of a kind was said.
fn says(import: &Import, wanted: impl Fn(&Fault) -> bool) -> bool {
    import.set_aside.iter().any(|aside| wanted(&aside.fault))
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_unpacked() {
    let zeros = vec![b' '; usize::try_from(bounds::MAX_UNPACKED_BYTES).unwrap() + 1];
    let bomb = workbook(b"<sst/>", &zeros);
    assert!(bomb.len() < 1024 * 1024, "the bomb is small: {}", bomb.len());
    assert_eq!(plain(&bomb), Err(ReadError::UnpacksTooLarge));
    let in_shared = workbook(&zeros, b"<worksheet/>");
    assert_eq!(plain(&in_shared), Err(ReadError::UnpacksTooLarge));
    let container = packed(&[("a.aml", &zeros)]);
    assert_eq!(plain(&container), Err(ReadError::UnpacksTooLarge));
    let names: Vec<String> = (0..=bounds::MAX_PARTS).map(|n| format!("xl/{n}")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let many = Options {
        format: Some("xlsx".to_owned()),
        ..Options::default()
    };
    assert_eq!(read("a", &packed(&parts), &many), Err(ReadError::UnpacksTooLarge));
}

#[test]
fn a_cell_far_to_the_right_or_below_costs_nothing() {
    let sheet = br#"<worksheet><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>
        <row r="18446744073709551615"><c r="A1" t="inlineStr"><is><t>far</t></is></c>
        <c r="ZZZZ1" t="inlineStr"><is><t>right</t></is></c></row></sheetData></worksheet>"#;
    let import = plain(&workbook(b"<sst/>", sheet)).unwrap();
    assert_eq!(import.assets[0].name.as_ref().unwrap().value, "far");
    assert!(says(&import, |fault| matches!(
        fault,
        Fault::TooMany { what: "columns", .. }
    )));
}

#[test]
fn rows_columns_and_cells_are_bounded() {
    let mut long = String::from("name,ip\n");
    for n in 0..=bounds::MAX_ROWS {
        writeln!(long, "n{},", n % 1000).unwrap();
    }
    let import = plain(long.as_bytes()).unwrap();
    assert_eq!(import.assets.len(), 1000);
    assert!(says(&import, |fault| matches!(
        fault,
        Fault::TooMany { what: "rows", .. }
    )));

    let open = format!(
        "name,ip\nfirst,10.0.0.1\n\"never closed{}",
        "x\n".repeat(bounds::MAX_ROW_BYTES)
    );
    let import = plain(open.as_bytes()).unwrap();
    assert_eq!(import.assets.len(), 1);
    assert!(says(&import, |fault| matches!(fault, Fault::RowTooLong(_))));

    let wide = format!("name{}\na{}\n", ",x".repeat(5000), ",y".repeat(5000));
    let import = plain(wide.as_bytes()).unwrap();
    assert_eq!(import.assets.len(), 1);
}

#[test]
fn a_file_on_one_line_is_read_in_one_go() {
    let mut text = String::from("<nmaprun>");
    for n in 0..20_000 {
        write!(
            text,
            "<host><address addr='10.{}.{}.{}' addrtype='ipv4'/></host>",
            n / 65536,
            n / 256 % 256,
            n % 256
        )
        .unwrap();
    }
    text.push_str("</nmaprun>");
    let import = plain(text.as_bytes()).unwrap();
    assert_eq!(import.assets.len(), 20_000);
    assert_eq!(import.assets[1].at.to_string(), "line 1, column 65");
}

#[test]
fn sparse_tables_and_shared_texts_are_bounded() {
    let mut sheet = String::from("<sheetData>");
    for _ in 0..20_000 {
        sheet.push_str("<row><c r='IV1'><v>1</v></c></row>");
    }
    let import = plain(&workbook(b"<sst/>", sheet.as_bytes()));
    assert!(matches!(import, Err(ReadError::NoIdentity { .. })), "{import:?}");
    let shared = format!("<sst>{}</sst>", "<si/>".repeat(1_000_001));
    assert_eq!(
        plain(&workbook(shared.as_bytes(), b"<sheetData/>")),
        Err(ReadError::UnpacksTooLarge)
    );
}

#[test]
fn nesting_is_bounded_in_every_format() {
    let deep = |open: &str, root: &str| format!("{root}{}", open.repeat(200_000));
    let import = plain(deep("<host>", "<nmaprun>").as_bytes()).unwrap();
    assert!(says(&import, |fault| matches!(fault, Fault::TooDeep)));
    let json = deep("[", "{\"devices\": ");
    assert!(matches!(plain(json.as_bytes()), Err(ReadError::NotThis { .. })));
    let lists = format!("{{\"device\": 1, \"x\": {}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(plain(lists.as_bytes()).unwrap().assets.len(), 0);
}

#[test]
fn more_is_set_aside_than_is_listed_and_the_rest_is_counted() {
    let mut text = String::from("name,ip\n");
    for n in 0..bounds::MAX_SET_ASIDE_LISTED + 7 {
        writeln!(text, "n{n},nonsense").unwrap();
    }
    let import = plain(text.as_bytes()).unwrap();
    assert_eq!(import.set_aside.len(), bounds::MAX_SET_ASIDE_LISTED);
    assert_eq!(import.set_aside_unlisted, 7);
}

/// Everything that came out of a file is bounded and has no control characters.
fn check_harmless(import: &Import) {
    for asset in &import.assets {
        let texts = [
            &asset.name,
            &asset.zone,
            &asset.vendor,
            &asset.product,
            &asset.order_number,
            &asset.firmware,
            &asset.os,
            &asset.serial,
        ];
        for fact in texts.into_iter().flatten() {
            assert!(!fact.value.chars().any(char::is_control), "{:?}", fact.value);
            assert!(fact.value.len() < 10 * 4 * bounds::MAX_VALUE_CHARS);
        }
        assert!(!asset.key.as_str().chars().any(char::is_control), "{}", asset.key);
        for interface in &asset.interfaces {
            assert!(interface.value.mac.is_some() || interface.value.ip.is_some());
        }
    }
    for aside in &import.set_aside {
        assert!(
            !aside.fault.to_string().chars().any(char::is_control),
            "{}",
            aside.fault
        );
    }
}

proptest! {
    #[test]
    fn no_damage_to_a_sample_makes_a_reader_panic(
        which in any::<Index>(),
        reader in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..3_u8), 0..8),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut bytes = which.get(&samples()).clone();
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len().max(1));
            match kind {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.insert(at.min(bytes.len()), byte),
            }
        }
        if let Some(cut) = cut {
            let end = cut.index(bytes.len() + 1);
            bytes.truncate(end);
        }
        let forced = Options {
            format: Some(reader.get(READERS).name.to_owned()),
            ..Options::default()
        };
        for options in [Options::default(), forced] {
            match read("a file", &bytes, &options) {
                Ok(import) => {
                    check_harmless(&import);
                    prop_assert_eq!(read("a file", &bytes, &options), Ok(import));
                }
                Err(fault) => prop_assert!(!fault.to_string().chars().any(char::is_control)),
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), reader in any::<Index>()) {
        let forced = Options {
            format: Some(reader.get(READERS).name.to_owned()),
            ..Options::default()
        };
        for options in [Options::default(), forced] {
            if let Ok(import) = read("a file", &bytes, &options) {
                check_harmless(&import);
            }
        }
    }
}
