use super::*;
use crate::plant::{Step, Table};
use crate::render::{Colour, human};
use crate::strategies::plants;
use crate::{Facts, OpenTimes, Party, SecurityLevel, SecurityLevelTarget, SecurityLevelVector, ZoneKind};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

proptest! {
    #[test]
    fn any_text_can_be_brought_to_any_model(from in plants(), to in plants()) {
        let document = decorated(&from).0;
        let changed = document.changed_to(&to);
        let changed = changed.unwrap_or_else(|fault| panic!("{fault}\n{}", document.text()));
        // And back, which has to put in again what was taken out.
        changed.changed_to(&from).unwrap_or_else(|fault| panic!("{fault}\n{}", changed.text()));
    }

    #[test]
    fn the_comment_behind_an_unchanged_key_stays(from in plants(), to in plants()) {
        let (document, comments) = decorated(&from);
        let changed = document.changed_to(&to).unwrap();
        let same: BTreeSet<_> = lines(&print(&to)).into_iter().map(|(key, _)| key).collect();
        for (key, comment) in comments.iter().filter(|(key, _)| same.contains(*key)) {
            prop_assert!(changed.text().contains(comment.as_str()), "{key:?}\n{}", changed.text());
        }
    }

    #[test]
    fn a_change_to_the_same_model_changes_no_byte(plant in plants()) {
        let document = decorated(&plant).0;
        let changed = document.changed_to(&plant).unwrap();
        prop_assert_eq!(changed.text(), document.text());
    }
}

/// Which entry a line is in, and the line.
type LineOf = (Vec<String>, String);

/// A model's text with a comment behind each key that takes one line and above each header, and those comments.
fn decorated(plant: &Plant) -> (Document, BTreeMap<LineOf, String>) {
    let text = print(plant);
    let mut comments = BTreeMap::new();
    let mut out: Vec<String> = text.lines().map(str::to_owned).collect();
    for (key, n) in lines(&text) {
        let comment = format!("# keep {n}.");
        out[n] = format!("{}  {comment}", out[n]);
        comments.insert(key, comment);
    }
    for (n, line) in out.iter_mut().enumerate() {
        if line.starts_with('[') {
            *line = format!("# above {n}\n{line}");
        }
    }
    (parse("plant.toml", &out.join("\n")).unwrap(), comments)
}

/// The lines that set a key to a value of one line, by their entry, with their numbers.
fn lines(text: &str) -> Vec<(LineOf, usize)> {
    let mut out = Vec::new();
    let mut entry: Vec<String> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        if line.starts_with("[[conduit.permit]]") {
            entry.truncate(2);
            entry.push(line.to_owned());
        } else if line.starts_with('[') {
            entry = vec![line.to_owned()];
        } else if line.contains(" = ") && !line.ends_with('[') && !line.starts_with([' ', '#']) {
            if line.starts_with("id = ") {
                entry.push(line.to_owned());
            }
            out.push(((entry.clone(), line.to_owned()), n));
        }
    }
    out
}

const PLANT: &str = r#"format = 1          # the only one so far
[site]
id = "mro"

# Zones ----------------------------------------------------------------

# The engine test cells; see drawing 4711.
[[zone]]
id   = "cell-1"     # called T1 by everyone
kind = "control"
subnets = [
    "10.20.1.0/24", # cell network
    # Added by Kim when the second bench came.
    "10.20.2.0/24",
]

[[zone]]
id = "scada"
kind = "supervisory"
owner = "SCADA team"

  [[asset]]
  id = "plc-1"
  zone = "cell-1"   # moved in March

[[conduit]]
id = "scada-to-cell-1"
zones = ["scada", "cell-1", "scada"]

# Trends need this.
[[conduit.permit]]
id = "modbus"
from = ["zone:scada"]
to = ["zone:cell-1"]
services = ["tcp/502 modbus"]
operations = ["write", "read"]  # write for set points
"#;

/// What `change` does to the text, as the lines that go and come.
fn difference(change: impl FnOnce(&Document) -> Document) -> String {
    let before = parse("plant.toml", PLANT).unwrap();
    let after = change(&before);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(before.text()), lines(after.text()));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tails = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = tails.take_while(|(a, b)| a == b).count();
    let gone = old[head..old.len() - tail]
        .iter()
        .map(|line| format!("- {line}\n"));
    let come = new[head..new.len() - tail]
        .iter()
        .map(|line| format!("+ {line}\n"));
    gone.chain(come).collect()
}

fn edited(edit: Edit) -> String {
    difference(|document| document.edited(&[edit]).unwrap())
}

#[test]
fn a_key_that_is_added_stands_in_its_order() {
    let zone = |document: &Document, at: usize| document.plant().zones()[at].clone();
    let two = SecurityLevel::new(2)
        .map(SecurityLevelVector::uniform)
        .map(SecurityLevelTarget);
    insta::assert_snapshot!(
        difference(|document| {
            let zone = crate::Zone { sl_t: two, ..zone(document, 1) };
            document.edited(&[Edit::PutZone(zone)]).unwrap()
        }),
        @r#"+ sl-t = 2"#
    );
}

#[test]
fn a_key_that_changes_keeps_its_layout_and_comment() {
    insta::assert_snapshot!(
        difference(|document| {
            let mut zone = document.plant().zones()[0].clone();
            zone.kind = ZoneKind::Safety;
            document.edited(&[Edit::PutZone(zone)]).unwrap()
        }),
        @r#"
    - kind = "control"
    + kind = "safety"
    "#
    );
    insta::assert_snapshot!(
        difference(|document| {
            let mut asset = document.plant().assets()[0].clone();
            asset.zone = Some("scada".parse().unwrap());
            asset.name = "Spindle".to_owned();
            document.edited(&[Edit::PutAsset(Box::new(asset))]).unwrap()
        }),
        @r#"
    -   zone = "cell-1"   # moved in March
    +   name = "Spindle"
    +   zone = "scada"   # moved in March
    "#
    );
}

#[test]
fn a_list_keeps_the_elements_that_stay_with_their_comments() {
    let subnets = |subnets: &[&str]| {
        let subnets = subnets.iter().map(|text| text.parse().unwrap()).collect();
        difference(|document| {
            let mut zone = document.plant().zones()[0].clone();
            zone.subnets = subnets;
            document.edited(&[Edit::PutZone(zone)]).unwrap()
        })
    };
    insta::assert_snapshot!(
        subnets(&["10.20.2.0/24", "10.20.3.0/24"]),
        @r#"
    -     "10.20.1.0/24", # cell network
    -     # Added by Kim when the second bench came.
    -     "10.20.2.0/24",
    +     # Added by Kim when the second bench came.
    +     "10.20.2.0/24",
    +     "10.20.3.0/24",
    "#
    );
    insta::assert_snapshot!(subnets(&["10.20.1.0/24"]), @r#"-     "10.20.2.0/24","#);
    insta::assert_snapshot!(
        difference(|document| {
            let mut permit = document.plant().conduits()[0].permits[0].clone();
            permit.operations.insert(cofferdam_terms::OperationClass::Alarm);
            permit.from.push(Party::Asset("plc-1".parse().unwrap()));
            permit.open = Some(OpenTimes {
                windows: vec!["sat 06:00-10:00 UTC".parse().unwrap()],
            });
            let conduit = document.plant().conduits()[0].id.clone();
            document.edited(&[Edit::PutPermit(conduit, permit)]).unwrap()
        }),
        @r#"
    - from = ["zone:scada"]
    - to = ["zone:cell-1"]
    - services = ["tcp/502 modbus"]
    - operations = ["write", "read"]  # write for set points
    + from = ["zone:scada", "asset:plc-1"]
    + to = ["zone:cell-1"]
    + services = ["tcp/502 modbus"]
    + operations = ["write", "read", "alarm"]  # write for set points
    + open = ["sat 06:00-10:00 UTC"]
    "#
    );
}

#[test]
fn an_entry_goes_with_the_comment_that_touches_it() {
    insta::assert_snapshot!(
        edited(Edit::RemovePermit("scada-to-cell-1".parse().unwrap(), "modbus".parse().unwrap())),
        @r##"
    - 
    - # Trends need this.
    - [[conduit.permit]]
    - id = "modbus"
    - from = ["zone:scada"]
    - to = ["zone:cell-1"]
    - services = ["tcp/502 modbus"]
    - operations = ["write", "read"]  # write for set points
    "##
    );
    insta::assert_snapshot!(
        edited(Edit::RemoveAsset("plc-1".parse().unwrap())),
        @r#"
    -   [[asset]]
    -   id = "plc-1"
    -   zone = "cell-1"   # moved in March
    - 
    "#
    );
}

#[test]
fn an_entry_that_is_added_comes_after_the_last_of_its_kind() {
    insta::assert_snapshot!(
        difference(|document| {
            let zone = crate::Zone {
                id: "dmz".parse().unwrap(),
                kind: ZoneKind::Dmz,
                ..document.plant().zones()[1].clone()
            };
            document.edited(&[Edit::PutZone(zone)]).unwrap()
        }),
        @r#"
    + [[zone]]
    + id = "dmz"
    + kind = "dmz"
    + owner = "SCADA team"
    + 
    "#
    );
}

#[test]
fn what_something_refers_to_is_not_taken_out() {
    let document = parse("plant.toml", PLANT).unwrap();
    let fault = document
        .edited(&[Edit::RemoveZone("scada".parse().unwrap())])
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the change leaves a model that doesn't fit together: there is no zone `scada`"
    );
    let fault = document
        .edited(&[Edit::RemoveAsset("plc-9".parse().unwrap())])
        .unwrap_err();
    assert_eq!(fault.to_string(), "there is no asset `plc-9`");
}

#[test]
fn a_key_is_set_by_its_place() {
    let set = |place: Place, value: &str| difference(|document| document.set(&place, value).unwrap());
    let zone = |key| Place::new(Table::Zone, 1, &[Step::Key(key)]);
    insta::assert_snapshot!(set(zone("owner"), "\"Plant IT\""), @r#"
    - owner = "SCADA team"
    + owner = "Plant IT"
    "#);
    insta::assert_snapshot!(set(zone("parent"), "\"cell-1\""), @r#"+ parent = "cell-1""#);
    let permit = Place::new(
        Table::Conduit,
        0,
        &[Step::Key("permit"), Step::Index(0), Step::Key("reason")],
    );
    insta::assert_snapshot!(set(permit, "\"Trends\""), @r#"+ reason = "Trends""#);
    let document = parse("plant.toml", PLANT).unwrap();
    let EditFault::Refused(rejection) = document.set(&zone("kind"), "\"office\"").unwrap_err() else {
        panic!("a refusal was due");
    };
    assert_eq!(rejection.diagnostics[0].code.0, "unknown-word");
}

#[test]
fn a_fix_takes_the_second_one_out_and_leaves_the_rest() {
    let document = parse("plant.toml", PLANT).unwrap();
    let checked = document.check(Facts::default());
    insta::assert_snapshot!(
        checked.diagnostics.iter().filter(|d| d.fix.is_some()).map(|d| human(d, &[document.source()], Colour::Plain)).collect::<String>(),
        @r#"
    warning[duplicate-list-entry]: `zones` names the same thing twice
      --> plant.toml:28:29
       |
    28 | zones = ["scada", "cell-1", "scada"]
       |          ------- first here ^^^^^^^
       |
    help: take the second one out
       |
    28 - zones = ["scada", "cell-1", "scada"]
    28 + zones = ["scada", "cell-1"]
       |
    "#
    );
    insta::assert_snapshot!(
        difference(|document| {
            let (fixed, count) = document.fixed(&checked.diagnostics).unwrap();
            assert_eq!(count, 1);
            fixed
        }),
        @r#"
    - zones = ["scada", "cell-1", "scada"]
    + zones = ["scada", "cell-1"]
    "#
    );
}
