//! Merging, case by case, and that a second import changes nothing.

use super::*;
use crate::asset::{DeclaredAsset, Fact};
use crate::intake::Import;
use crate::readers::{Options, read};
use cofferdam_plant::strategies::plants;
use cofferdam_plant::{AssetRole, Document, Interface, Module, parse};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const PLANT: &str = r#"format = 1
[site]
id = "mro"

[[zone]]            # one engine
id = "cell-1"
kind = "control"
subnets = ["10.20.1.0/24"]

[[asset]]
id = "plc-1"        # the one that counts
name = "Dyno"
zone = "cell-1"
vendor = "Siemens AG"   # a person's word
interfaces = [{ ip = "10.20.1.11" }]
"#;

fn document() -> Document {
    parse("plant.toml", PLANT).unwrap()
}

fn csv(text: &str) -> Import {
    read("assets.csv", text.as_bytes(), &Options::default()).unwrap()
}

/// Merges a table and compares what is said of each record, one a line: kind, asset, fields, conflicts.
fn check(table: &str, policy: OnConflict, expected: &[&str]) -> Option<Document> {
    let document = document();
    let plan = plan(document.plant(), &csv(table), policy);
    let line = |change: &Change| {
        let fields = change.fields.iter().map(|field| {
            let from = field.from.as_deref().unwrap_or("");
            format!("{} {}: {from} > {}", field.effect.name(), field.field, field.to)
        });
        let conflicts = change.conflicts.iter().map(|conflict| format!("! {conflict}"));
        let id = change.asset.as_ref().map_or("", |id| id.as_str());
        let rest: Vec<String> = fields.chain(conflicts).collect();
        format!("{} {id} | {}", change.kind.name(), rest.join(" | "))
    };
    let said: Vec<String> = plan.changes.iter().map(line).collect();
    assert_eq!(said, expected);
    plan.apply(&document).ok()
}

#[test]
fn a_known_asset_is_found_by_its_address_and_filled_in_and_the_text_around_it_stays() {
    let after = check(
        "name,ip,mac,serial\nDyno,10.20.1.11,00:1b:1b:aa:0b:01,S1\n",
        OnConflict::Stop,
        &["changed plc-1 | filled serial:  > S1 | filled interfaces: 10.20.1.11 > 00:1b:1b:aa:0b:01 10.20.1.11 \
           | filled sources:  > table:serial:S1"],
    )
    .unwrap();
    let text = after.text();
    assert!(text.contains("# the one that counts"), "{text}");
    assert!(
        text.contains("serial = { value = \"S1\", file = \"assets.csv\", row = 2 }"),
        "{text}"
    );
    let (head, _) = PLANT.split_once("interfaces").unwrap();
    assert!(text.starts_with(head.strip_suffix("\n").unwrap()), "{text}");
}

#[test]
fn each_policy_decides_over_a_value_that_differs() {
    let table = "id,name,vendor\nplc-1,Dyno,Siemens\n";
    let sources = "filled sources:  > table:id:plc-1";
    let kept = format!(
        "changed plc-1 | {sources} | kept vendor: Siemens AG > Siemens | ! `vendor` is `Siemens AG` in the model and \
         `Siemens` in the file"
    );
    assert!(check(table, OnConflict::Stop, &[&kept]).is_none());
    let skipped = check(table, OnConflict::Skip, &[&kept]).unwrap();
    assert!(skipped.text().contains("\"Siemens AG\"   # a person's word"));
    let replaced = format!("changed plc-1 | replaced vendor: Siemens AG > Siemens | {sources}");
    let updated = check(table, OnConflict::Update, &[&replaced]).unwrap();
    assert!(
        updated.text().contains("value = \"Siemens\""),
        "{}",
        updated.text()
    );
}

#[test]
fn a_new_asset_goes_into_the_zone_whose_subnet_selected_its_address() {
    let after = check(
        "name,ip,role\nPanel 7,10.20.1.77,HMI\n",
        OnConflict::Stop,
        &["new panel-7 | filled name:  > Panel 7 | filled role:  > hmi | filled zone:  > cell-1 | filled interfaces:  \
           > 10.20.1.77 | filled sources:  > table:name:Panel 7"],
    )
    .unwrap();
    let asset = after.plant().asset(&"panel-7".parse().unwrap()).unwrap();
    assert_eq!(asset.zone.as_ref().unwrap().as_str(), "cell-1");
    assert_eq!(asset.role.value, AssetRole::Hmi);
}

#[test]
fn an_address_that_another_asset_claims_stays_with_it_under_every_policy() {
    for policy in [OnConflict::Skip, OnConflict::Update] {
        check(
            "name,ip,mac\nA,10.9.9.9,00:00:00:00:00:01\nB,10.9.9.9,00:00:00:00:00:02\n",
            policy,
            &[
                "new a | filled name:  > A | filled interfaces:  > 00:00:00:00:00:01 10.9.9.9 | filled sources:  > \
                 table:name:A",
                "new b | filled name:  > B | filled sources:  > table:name:B | ! asset `a` claims 00:00:00:00:00:02 \
                 10.9.9.9, too",
            ],
        );
    }
}

#[test]
fn a_zone_that_is_not_there_is_said_and_one_is_found_by_its_name() {
    check(
        "name,zone\nA,nowhere\nB,cell-1\n",
        OnConflict::Skip,
        &[
            "new a | filled name:  > A | filled sources:  > table:name:A | ! there is no zone `nowhere`",
            "new b | filled name:  > B | filled zone:  > cell-1 | filled sources:  > table:name:B",
        ],
    );
}

#[test]
fn modules_are_told_apart_by_slot() {
    let after = check(
        "id,slot,product,firmware\nplc-1,1,DI 32,V1\nplc-1,2,DO 32,\n",
        OnConflict::Stop,
        &["changed plc-1 | filled modules:  > slot 1: DI 32, V1 | filled modules:  > slot 2: DO 32 | filled sources:  > \
           table:id:plc-1"],
    )
    .unwrap();
    let again = csv("id,slot,product,firmware\nplc-1,1,DI 32,V2\n");
    let plan = plan(after.plant(), &again, OnConflict::Update);
    let fields: Vec<_> = plan.changes[0]
        .fields
        .iter()
        .map(|field| field.field.as_str())
        .collect();
    assert_eq!(fields, ["modules 1 firmware"]);
}

#[test]
fn an_asset_that_was_renamed_is_found_by_its_key() {
    let table = csv("name,ip\nPanel,10.1.1.1\n");
    let first = document();
    let merged = plan(first.plant(), &table, OnConflict::Stop)
        .apply(&first)
        .unwrap();
    let text = merged
        .text()
        .replace("id = \"panel\"", "id = \"hmi-7\"")
        .replace("\"10.1.1.1\"", "\"10.1.1.2\"");
    let renamed = parse("plant.toml", &text).unwrap();
    let again = plan(renamed.plant(), &table, OnConflict::Skip);
    assert_eq!(again.changes[0].asset.as_ref().unwrap().as_str(), "hmi-7");
}

/// Records out of few values, so that they meet each other and the model.
fn records() -> impl Strategy<Value = Vec<DeclaredAsset>> {
    let text = || option::of(select(vec!["a", "b", "A b", "ä", "\u{202e}"]).prop_map(fact_text));
    let interface = (option::of(0..3_u8), option::of(0..4_u8), option::of(0..2_u16));
    let module = (
        0..2_u8,
        option::of(select(vec!["x", "y"])),
        option::of(select(vec!["1", "2"])),
    );
    let record = (
        (0..12_u8, text(), text(), text(), text()),
        vec(interface, 0..3),
        vec(module, 0..3),
        option::of(select(AssetRole::ALL.to_vec())),
    );
    let record = record.prop_map(|((key, name, vendor, serial, zone), interfaces, modules, role)| {
        let at = At::Line {
            line: usize::from(key) + 1,
            column: 1,
        };
        let mut asset = DeclaredAsset::new(SourceKey::new("test", "id", &key.to_string()), at.clone());
        (asset.name, asset.vendor, asset.serial, asset.zone) = (name, vendor, serial, zone);
        asset.role = role.map(|value| Fact {
            value,
            at: at.clone(),
        });
        for (mac, ip, vlan) in interfaces {
            let value = Interface {
                mac: mac.map(|n| cofferdam_terms::MacAddr([0, 0, 0, 0, 0, n])),
                ip: ip.map(|n| std::net::IpAddr::from([10, 0, 0, n])),
                vlan: vlan.and_then(cofferdam_terms::VlanId::new),
            };
            if value.mac.is_some() || value.ip.is_some() {
                asset.interfaces.push(Fact {
                    value,
                    at: at.clone(),
                });
            }
        }
        for (slot, product, firmware) in modules {
            let value = Module {
                slot: slot.to_string(),
                product: product.map(str::to_owned),
                order_number: None,
                firmware: firmware.map(str::to_owned),
                serial: None,
            };
            asset.modules.push(Fact {
                value,
                at: at.clone(),
            });
        }
        asset
    });
    vec(record, 0..10)
}

fn fact_text(text: &str) -> Fact<String> {
    Fact {
        value: crate::asset::clean(text).unwrap_or_default(),
        at: At::Line { line: 1, column: 1 },
    }
}

proptest! {
    #[test]
    fn a_second_import_of_the_same_file_changes_nothing(
        plant in plants(),
        records in records(),
        policy in select(OnConflict::ALL.to_vec()),
    ) {
        let mut intake = crate::intake::Intake::new("test", "a file", "UTF-8");
        records.into_iter().for_each(|record| intake.asset(record));
        let import = intake.finish();
        let document = Document::from_plant("plant.toml", &plant).unwrap();
        let first = plan(document.plant(), &import, policy);
        let Ok(after) = first.apply(&document) else {
            prop_assert!(policy == OnConflict::Stop && first.in_conflict() > 0);
            return Ok(());
        };
        let second = plan(after.plant(), &import, policy);
        prop_assert!(!second.changes_anything(), "{:#?}", second.changes);
        let third = second.apply(&after).unwrap();
        prop_assert_eq!(third.text(), after.text());
        // No asset is lost, and none of another's addresses is taken.
        for asset in plant.assets() {
            let now = after.plant().asset(&asset.id).unwrap();
            prop_assert!(asset.interfaces.len() <= now.interfaces.len());
        }
        for (before, zone) in plant.zones().iter().zip(after.plant().zones()) {
            prop_assert_eq!(before, zone);
        }
    }
}
