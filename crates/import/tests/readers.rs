//! Every reader over its samples in tests/samples, whose names start with the reader's. The tests find new ones.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests read samples from files and may fail"
)]

use cofferdam_import::table::{Column, Field};
use cofferdam_import::{At, DeclaredAsset, Fact, Import, Options, READERS, ReadError, read, readers};
use std::fmt::{Display, Write};
use std::fs;
use std::path::Path;

/// The samples: name and bytes, in order.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn sample(name: &str) -> Vec<u8> {
    let found = samples().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no sample {name}")).1
}

/// An import as text, with where each fact stands.
fn report(import: &Import) -> String {
    let mut out = String::new();
    let (records, encoding) = (import.records, import.encoding);
    writeln!(out, "{} in {encoding}, {records} records", import.format).unwrap();
    for asset in &import.assets {
        writeln!(out, "asset {} ({})", asset.key, asset.at).unwrap();
        facts(&mut out, asset);
    }
    for entry in &import.catalogue {
        writeln!(
            out,
            "product {} ({}): vendor {:?}, product {:?}, order number {:?}, revision {:?}",
            entry.code, entry.at, entry.vendor, entry.product, entry.order_number, entry.revision
        )
        .unwrap();
    }
    for aside in &import.set_aside {
        let (at, scope, fault) = (&aside.at, aside.scope.name(), &aside.fault);
        writeln!(out, "set aside ({at}), {scope}: {fault}; {}", fault.help()).unwrap();
    }
    out
}

fn line(out: &mut String, key: &str, value: impl Display, at: &At) {
    writeln!(out, "  {key} = {value} ({at})").unwrap();
}

fn facts(out: &mut String, asset: &DeclaredAsset) {
    if let Some(id) = &asset.id {
        line(out, "id", &id.value, &id.at);
    }
    if let Some(role) = &asset.role {
        line(out, "role", role.value.name(), &role.at);
    }
    for (key, fact) in [
        ("name", &asset.name),
        ("zone", &asset.zone),
        ("vendor", &asset.vendor),
        ("product", &asset.product),
        ("order-number", &asset.order_number),
        ("firmware", &asset.firmware),
        ("os", &asset.os),
        ("serial", &asset.serial),
    ] {
        if let Some(Fact { value, at }) = fact {
            line(out, key, value, at);
        }
    }
    for Fact { value, at } in &asset.interfaces {
        let words = [
            value.mac.map(|mac| mac.to_string()),
            value.ip.map(|ip| ip.to_string()),
            value.vlan.map(|vlan| format!("vlan {vlan}")),
        ];
        let words: Vec<_> = words.into_iter().flatten().collect();
        line(out, "interface", words.join(" "), at);
    }
    for Fact { value, at } in &asset.modules {
        let words = [
            &value.product,
            &value.order_number,
            &value.firmware,
            &value.serial,
        ];
        let words: Vec<_> = words.into_iter().flatten().cloned().collect();
        line(out, &format!("module {}", value.slot), words.join(", "), at);
    }
    for Fact { value, at } in &asset.services {
        let words = [&value.name, &value.product];
        let words: Vec<_> = words.into_iter().flatten().cloned().collect();
        let service = format!("{}/{} {}", value.transport, value.port, words.join(", "));
        line(out, "service", service, at);
    }
}

#[test]
fn every_reader_knows_its_samples_by_content_and_reads_them() {
    for (name, bytes) in samples() {
        // Without its name, so that the content alone decides.
        let import = read("sample", &bytes, &Options::default()).unwrap();
        assert_eq!(name.split('-').next(), Some(import.format), "{name}");
        insta::assert_snapshot!(name, report(&import));
    }
}

#[test]
fn every_file_of_a_reader_is_registered_and_has_a_sample() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/readers");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<String> = files
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    let mut names: Vec<&str> = READERS.iter().map(|reader| reader.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);
    for name in names {
        let own = |(sample, _): &(String, Vec<u8>)| sample.split('-').next() == Some(name);
        assert!(samples().iter().any(own), "{name} has no sample");
    }
}

#[test]
fn a_table_is_previewed_and_its_columns_can_be_mapped() {
    let bytes = sample("xlsx-inventory.xlsx");
    let preview = readers::preview("a.xlsx", &bytes, &Options::default())
        .unwrap()
        .unwrap();
    assert_eq!(preview.sheets, ["Cover", "Assets"]);
    assert_eq!(preview.headings_at, 2);
    let fields: Vec<_> = preview
        .columns
        .iter()
        .map(|column| column.field.map(|(field, _)| field.name()))
        .collect();
    assert_eq!(
        fields,
        [
            None,
            Some("id"),
            Some("name"),
            Some("ip"),
            Some("vlan"),
            Some("firmware")
        ]
    );
    assert_eq!(preview.rows[0][1..5], ["A-1", "PLC & co", "10.20.1.11", "20"]);

    let options = Options {
        mapping: vec![
            (Field::Serial, Column::Heading("hostname".to_owned())),
            (Field::Name, Column::Number(2)),
        ],
        sheet: Some("Assets".to_owned()),
        ..Options::default()
    };
    let import = read("a.xlsx", &bytes, &options).unwrap();
    let asset = &import.assets[0];
    assert_eq!(asset.serial.as_ref().unwrap().value, "PLC & co");
    assert_eq!(asset.name.as_ref().unwrap().value, "A-1");
    assert_eq!(
        asset.serial.as_ref().unwrap().at.to_string(),
        "sheet Assets, cell C3"
    );
}

#[test]
fn what_cannot_be_read_says_why_and_how_to_mend_it() {
    let check = |name: &str, bytes: &[u8], options: &Options, expected: &str| {
        let fault = read(name, bytes, options).unwrap_err();
        assert_eq!(fault.to_string(), expected);
        assert!(!fault.help().is_empty());
    };
    let plain = Options::default();
    check(
        "a.bin",
        &[0, 1, 2, 3],
        &plain,
        "no reader knows what is in the file",
    );
    check(
        "a.csv",
        b"colour,size\nred,3\n",
        &plain,
        "no column is understood that tells one asset from another; the columns are colour, size",
    );
    let wanted = |format: &str| Options {
        format: Some(format.to_owned()),
        ..Options::default()
    };
    check(
        "a",
        b"<a/>",
        &wanted("nmap"),
        "the file is no Nmap report: its outermost element is not `nmaprun`",
    );
    check("a", b"", &wanted("xslx"), "there is no format `xslx`");
    let sheet = Options {
        sheet: Some("Other".to_owned()),
        ..Options::default()
    };
    check(
        "a.xlsx",
        &sample("xlsx-inventory.xlsx"),
        &sheet,
        "there is no sheet `Other`; the sheets are Cover, Assets",
    );
    let mapped = Options {
        mapping: vec![(Field::Name, Column::Heading("Nome".to_owned()))],
        ..Options::default()
    };
    check(
        "a.csv",
        b"name,ip\na,10.0.0.1\n",
        &mapped,
        "there is no column `Nome`; the columns are name, ip",
    );
    let large = vec![b' '; cofferdam_import::bounds::MAX_FILE_BYTES + 1];
    assert!(matches!(read("a", &large, &plain), Err(ReadError::TooLarge(_))));
}
