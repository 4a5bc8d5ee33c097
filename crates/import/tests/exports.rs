//! Every export: well formed, escaped, the same each time; and read back where there is a reader for it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails is the point")]

use cofferdam_import::{EXPORTS, Export, ExportContext, Import, Options, read};
use cofferdam_plant::strategies::plants;
use cofferdam_plant::{Attribute, Interface, Module, Plant, parse};
use cofferdam_terms::{Timestamp, WireText};
use proptest::prelude::*;

const PLANT: &str = r#"format = 1
[site]
id = "mro"
name = "Engine <overhaul> & \"co\""

[[zone]]
id = "scada"
kind = "supervisory"

[[zone]]
id = "cells"
name = "=cmd|'/c calc'!A1"
kind = "control"
sl-t = 2

[[zone]]
id = "cell-1"
kind = "safety"
parent = "cells"

[[asset]]
id = "plc-1"
name = "Dyno\\n</text><script>alert(1)</script>"
zone = "cell-1"
role = "plc"
vendor = "@Siemens"
product = "CPU 1515F-2 PN"
order-number = "6ES7 515-2FM01-0AB0"
firmware = "V2.9"
serial = "-7"
interfaces = [{ mac = "00:1b:1b:aa:0b:01", ip = "10.20.1.11", vlan = 20 }, { ip = "fd00::1" }]
modules = [{ slot = "2", product = "DI 32", firmware = "V1" }]

[[asset]]
id = "loose"

[[conduit]]
id = "trends"
zones = ["scada", "cell-1"]
"#;

fn plant() -> Plant {
    parse("plant.toml", PLANT).unwrap().plant().clone()
}

fn export(name: &str, plant: &Plant) -> String {
    Export::named(name)
        .unwrap()
        .write(plant, &ExportContext::default())
}

#[test]
fn every_export_of_the_sample_is_as_it_was() {
    for export in EXPORTS {
        let text = export.write(&plant(), &ExportContext::default());
        insta::assert_snapshot!(export.name, text);
    }
}

#[test]
fn every_file_of_an_export_is_registered() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/exports");
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<String> = files
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    let names: Vec<&str> = EXPORTS.iter().map(|export| export.name).collect();
    assert_eq!(files, names);
}

#[test]
fn a_time_stands_in_the_bill_of_materials_only_when_it_is_given() {
    let context = ExportContext {
        now: Some(Timestamp::from_secs(1_795_478_400)),
    };
    let text = Export::named("cyclonedx").unwrap().write(&plant(), &context);
    assert!(text.contains("\"timestamp\": \"2026-11-24T00:00:00Z\""), "{text}");
    assert!(!export("cyclonedx", &plant()).contains("timestamp"));
}

/// A value as it comes back: trimmed, bounded and harmless; one that says nothing is none.
fn back(text: &str) -> Option<String> {
    let harmless = WireText::from_stored(text);
    let trimmed = harmless.as_str().trim();
    let kept: String = trimmed.chars().take(255).collect();
    let kept = if kept.len() < trimmed.len() {
        format!("{kept}…")
    } else {
        kept
    };
    (!kept.is_empty()).then_some(kept)
}

fn attribute(attribute: &Option<Attribute<String>>) -> Option<String> {
    attribute.as_ref().and_then(|attribute| back(&attribute.value))
}

/// What must come back of a module.
fn module(module: &Module) -> Module {
    let text = |text: &Option<String>| text.as_ref().and_then(|text| back(text));
    Module {
        slot: back(&module.slot).unwrap_or_else(|| "-".to_owned()),
        product: text(&module.product),
        order_number: text(&module.order_number),
        firmware: text(&module.firmware),
        serial: text(&module.serial),
    }
}

/// Compares what was read with the model that was written.
fn check_read_back(plant: &Plant, import: &Import) {
    assert_eq!(import.set_aside, [], "{import:#?}");
    assert_eq!(import.assets.len(), plant.assets().len());
    for asset in plant.assets() {
        let read = import
            .assets
            .iter()
            .find(|read| read.id.as_ref().map(|id| &id.value) == Some(&asset.id));
        let read = read.unwrap_or_else(|| panic!("{} is missing in {import:#?}", asset.id));
        let value =
            |fact: &Option<cofferdam_import::Fact<String>>| fact.as_ref().map(|fact| fact.value.clone());
        assert_eq!(value(&read.name), back(&asset.name));
        assert_eq!(value(&read.zone), asset.zone.as_ref().map(ToString::to_string));
        assert_eq!(read.role.as_ref().map(|role| role.value), Some(asset.role.value));
        assert_eq!(value(&read.vendor), attribute(&asset.vendor));
        assert_eq!(value(&read.product), attribute(&asset.product));
        assert_eq!(value(&read.order_number), attribute(&asset.order_number));
        assert_eq!(value(&read.firmware), attribute(&asset.firmware));
        assert_eq!(value(&read.serial), attribute(&asset.serial));
        let mut interfaces: Vec<Interface> = read.interfaces.iter().map(|fact| fact.value.clone()).collect();
        let mut wanted = asset.interfaces.clone();
        for list in [&mut interfaces, &mut wanted] {
            list.sort();
            list.dedup();
        }
        assert_eq!(interfaces, wanted);
        let modules: Vec<Module> = read.modules.iter().map(|fact| fact.value.clone()).collect();
        assert_eq!(modules, asset.modules.iter().map(module).collect::<Vec<_>>());
    }
}

fn read_back(format: &str, plant: &Plant) {
    let text = export(format, plant);
    check_read_back(
        plant,
        &read("export", text.as_bytes(), &Options::default()).unwrap(),
    );
}

#[test]
fn the_sample_comes_back_out_of_each_format_that_is_read_too() {
    read_back("csv", &plant());
    read_back("automationml", &plant());
}

/// Whether XML is well formed: each element closed in order, no bare signs.
fn well_formed(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut depth = 0_i32;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(start) => {
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                depth += 1;
            }
            quick_xml::events::Event::Empty(start) => {
                start.attributes().for_each(|attribute| drop(attribute.unwrap()))
            }
            quick_xml::events::Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(!text.contains("<script"), "{text}");
}

/// Whether quotation marks and braces of DOT pair up, read as Graphviz reads them.
fn paired(text: &str) {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_i32);
    for c in text.chars() {
        match (quoted, c) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => quoted = !quoted,
            (false, '{') => depth += 1,
            (false, '}') => depth -= 1,
            (false, '<' | '>') => panic!("markup outside quotes: {text}"),
            (true | false, _) => {}
        }
        assert!(!(quoted && c == '\n'), "a line ends within quotes: {text}");
    }
    assert_eq!((quoted, depth), (false, 0), "{text}");
}

proptest! {
    #[test]
    fn a_model_comes_back_out_of_csv(plant in plants()) {
        read_back("csv", &plant);
    }

    #[test]
    fn a_model_comes_back_out_of_automationml(plant in plants()) {
        read_back("automationml", &plant);
    }

    #[test]
    fn whatever_is_in_a_model_every_export_is_well_formed(plant in plants()) {
        for name in ["svg", "drawio", "automationml"] {
            well_formed(&export(name, &plant));
        }
        paired(&export("dot", &plant));
        let bom: serde_json::Value = serde_json::from_str(&export("cyclonedx", &plant)).unwrap();
        prop_assert_eq!(bom["specVersion"].as_str(), Some("1.6"));
        prop_assert_eq!(bom["components"].as_array().unwrap().len(), plant.assets().len());
        let table = export("csv", &plant);
        for record in csv::Reader::from_reader(table.as_bytes()).records() {
            for cell in &record.unwrap() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＠']), "{}", cell);
            }
        }
        for export in EXPORTS {
            let context = ExportContext::default();
            prop_assert_eq!(export.write(&plant, &context), export.write(&plant, &context));
        }
    }
}
