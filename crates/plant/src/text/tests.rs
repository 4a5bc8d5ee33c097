use super::*;
use crate::render::{Colour, report};
use crate::strategies::plants;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_printed_model_reads_back_as_itself(plant in plants()) {
        let text = print(&plant);
        match parse("plant.toml", &text) {
            Ok(document) => prop_assert_eq!(document.plant(), &plant),
            Err(rejection) => prop_assert!(false, "{}\n{}", rendered(&rejection), text),
        }
    }
}

fn rendered(rejection: &Rejection) -> String {
    report(&rejection.diagnostics, &[&rejection.text], Colour::Plain)
}

fn codes(rejection: &Rejection) -> Vec<&'static str> {
    rejection.diagnostics.iter().map(|d| d.code.0).collect()
}

/// A text that is sound but for what is put into it.
fn with(entries: &str) -> String {
    format!("format = 1\n[site]\nid = \"mro\"\n{entries}")
}

/// A case for each kind of fault that a text of modest size can have.
fn faulty() -> Vec<(TextCode, String)> {
    let zone = "[[zone]]\nid = \"cell-1\"\nkind = \"control\"\n";
    let permit = "[[conduit]]\nid = \"c\"\nzones = [\"cell-1\"]\n[[conduit.permit]]\nid = \"p\"\nfrom = [\"zone:cell-1\"]\nto = [\"zone:cell-1\"]\n";
    let deep = (0..=MAX_ZONE_DEPTH).map(|n| {
        let parent = if n == 0 {
            String::new()
        } else {
            format!("parent = \"z{}\"\n", n - 1)
        };
        format!("[[zone]]\nid = \"z{n}\"\nkind = \"control\"\n{parent}")
    });
    vec![
        (
            TextCode::InvalidToml,
            with("name = \"engine\nowner = Kim\n[[zone\n"),
        ),
        (TextCode::InvalidToml, with("name = \"\\q\"\nstage = 08\n")),
        (
            TextCode::DuplicateKey,
            with(&format!(
                "id = \"b\"\n{zone}id = \"x\"\nkind = \"safety\"\nowner = 3\n[site]\n"
            )),
        ),
        (
            TextCode::UnknownFormat,
            "format = 2\n[site]\nid = \"mro\"\n".to_owned(),
        ),
        (
            TextCode::UnknownKey,
            with(&format!("{zone}ownr = \"x\"\ncolour = \"blue\"\n[[zones]]\n")),
        ),
        (TextCode::MissingKey, "[[zone]]\nname = \"x\"\n".to_owned()),
        (
            TextCode::WrongType,
            with(&format!(
                "name = 3\n{zone}subnets = \"10.0.0.0/8\"\nsl-t = \"2\"\n[zone.owner]\n[asset]\nid = \"a\"\n"
            )),
        ),
        (
            TextCode::WrongType,
            "format = \"1\"\nsite.id = \"mro\"\n".to_owned(),
        ),
        (
            TextCode::WrongType,
            with(
                "[[asset]]\nid = \"a\"\ninterfaces = [\"10.0.0.1\", { mac = 3, vlan = \"20\" }]\nrole = { value = \"plc\", file = \"a.csv\", row = -1 }\nvendor = { value = \"x\", capture = \"a.pcap\", packet = 1, field = \"f\", at = 2026-11-28T06:00:00, confidence = 1.5 }\n",
            ),
        ),
        (
            TextCode::InvalidId,
            with("[[zone]]\nid = \"Cell 1\"\nkind = \"control\"\n"),
        ),
        (
            TextCode::UnknownWord,
            with(&format!(
                "stage = \"drfat\"\n[[zone]]\nid = \"z\"\nkind = \"office\"\n{zone}{permit}services = [\"any\"]\noperations = [\"reed\"]\n"
            )),
        ),
        (
            TextCode::InvalidAddress,
            with(&format!(
                "{zone}subnets = [\"10.20.1.7/24\", \"cell\"]\n[[asset]]\nid = \"a\"\ninterfaces = [{{ mac = \"00:1b\", ip = \"10.20.1\", vlan = 5000 }}]\n"
            )),
        ),
        (
            TextCode::InvalidService,
            with(&format!(
                "{zone}{permit}services = [\"modbus\", \"tcp/99999\", \"icmp/8\"]\noperations = [\"read\"]\n"
            )),
        ),
        (
            TextCode::InvalidParty,
            with(&format!(
                "{zone}[[conduit]]\nid = \"c\"\nzones = [\"cell-1\"]\n[[conduit.permit]]\nid = \"p\"\nfrom = [\"cell-1\"]\nto = [\"zone:Cell 1\"]\nservices = [\"any\"]\noperations = \"any\"\n"
            )),
        ),
        (
            TextCode::InvalidLevel,
            with(
                "[[zone]]\nid = \"a\"\nkind = \"control\"\nsl-t = 5\n[[zone]]\nid = \"b\"\nkind = \"control\"\nsl-t = [1, 2, 3]\n",
            ),
        ),
        (
            TextCode::InvalidWindow,
            with(&format!(
                "{zone}{permit}services = [\"any\"]\noperations = \"any\"\nopen = [\"saturdays\", \"sat 10:00-10:00 UTC\", \"2026-11-28T06:00/2026-11-28T10:00Z\"]\n"
            )),
        ),
        (
            TextCode::InvalidProvenance,
            with(
                "[[asset]]\nid = \"a\"\nrole = { value = \"plc\", file = \"a.csv\", row = 1, capture = \"a.pcap\" }\n",
            ),
        ),
        (
            TextCode::InterfaceWithoutAddress,
            with("[[asset]]\nid = \"a\"\ninterfaces = [{ vlan = 20 }]\n"),
        ),
        (
            TextCode::EmptyList,
            with(&format!(
                "{zone}{permit}services = []\noperations = []\nopen = []\n"
            )),
        ),
        (
            TextCode::DuplicateId,
            with(&format!(
                "{zone}{zone}{permit}services = [\"any\"]\noperations = \"any\"\n[[conduit.permit]]\nid = \"p\"\nfrom = [\"zone:cell-1\"]\nto = [\"zone:cell-1\"]\nservices = [\"any\"]\noperations = \"any\"\n"
            )),
        ),
        (
            TextCode::UnresolvedReference,
            with(&format!(
                "{zone}parent = \"plant\"\n[[asset]]\nid = \"a\"\nzone = \"cel-1\"\n[[conduit]]\nid = \"c\"\nzones = [\"cell-1\"]\nenforcement-points = [\"fw\"]\n"
            )),
        ),
        (
            TextCode::ZoneCycle,
            with(
                "[[zone]]\nid = \"a\"\nkind = \"control\"\nparent = \"b\"\n[[zone]]\nid = \"b\"\nkind = \"control\"\nparent = \"a\"\n[[zone]]\nid = \"in-a\"\nkind = \"control\"\nparent = \"a\"\n",
            ),
        ),
        (TextCode::ZonesTooDeep, with(&deep.collect::<String>())),
    ]
}

#[test]
fn each_kind_of_fault_is_shown_at_its_place_with_its_mend() {
    let mut shown = String::new();
    let mut seen = Vec::new();
    for (code, text) in faulty() {
        let rejection = parse("plant.toml", &text).unwrap_err();
        assert!(
            codes(&rejection).contains(&code.code().0),
            "{code:?}\n{}",
            rendered(&rejection)
        );
        shown += &format!("======== {}\n{}\n", code.code(), rendered(&rejection));
        seen.push(code);
    }
    insta::assert_snapshot!(shown);
    // The others take bytes or sizes that no snapshot should hold; each has a test below.
    let apart = [
        TextCode::InvalidUtf8,
        TextCode::TextTooLarge,
        TextCode::TooManyEntries,
        TextCode::TooManyDiagnostics,
    ];
    for code in TextCode::ALL {
        assert!(
            seen.contains(code) || apart.contains(code),
            "{code:?} has no case"
        );
    }
}

#[test]
fn a_reference_to_what_could_not_be_read_is_not_reported_as_well() {
    let check = |entries: &str, expected: &[&str]| {
        let rejection = parse("plant.toml", &with(entries)).unwrap_err();
        assert_eq!(codes(&rejection), expected, "{}", rendered(&rejection));
    };
    let asset = "[[asset]]\nid = \"a\"\nzone = \"cell-1\"\n";
    check(
        &format!("[[zone]]\nid = \"cell-1\"\nkind = \"office\"\n{asset}"),
        &["unknown-word"],
    );
    check(
        &format!("[[zone]]\nkind = \"control\"\n{asset}"),
        &["missing-key"],
    );
    check(
        &format!("[[zone]]\nid = \"cell-2\"\nkind = \"office\"\n{asset}"),
        &["unknown-word", "unresolved-reference"],
    );
}

#[test]
fn bytes_that_are_no_text_are_shown_at_their_place() {
    let mut bytes = with("name = \"Zürich\"\n").into_bytes();
    assert!(parse_bytes("plant.toml", &bytes).is_ok());
    let at = bytes.windows(2).position(|pair| pair == "ü".as_bytes()).unwrap();
    bytes[at + 1] = b' ';
    let rejection = parse_bytes("plant.toml", &bytes).unwrap_err();
    insta::assert_snapshot!(rendered(&rejection), @r#"
    error[invalid-utf8]: byte 0xc3 is no UTF-8
     --> plant.toml:4:10
      |
    4 | name = "Z� rich"
      |          ^
      |
    help: save the file as UTF-8
    "#);
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    let text = "#".repeat(100 * 1024 * 1024);
    let rejection = parse("plant.toml", &text).unwrap_err();
    assert_eq!(codes(&rejection), ["text-too-large"]);
    assert_eq!(
        codes(&parse_bytes("plant.toml", text.as_bytes()).unwrap_err()),
        ["text-too-large"]
    );
    assert_eq!(rejection.text.text(), "", "what was refused is not kept");
}

#[test]
fn too_many_entries_and_too_many_faults_are_counted() {
    let zones: String = (0..=MAX_ENTRIES)
        .map(|n| format!("[[zone]]\nid=\"z{n}\"\nkind=\"dmz\"\n"))
        .collect();
    let rejection = parse("plant.toml", &with(&zones)).unwrap_err();
    assert_eq!(codes(&rejection), ["too-many-entries"]);
    assert_eq!(
        rejection.diagnostics[0].message,
        "there are 100001 `zone` entries"
    );
    let zones = "[[zone]]\n".repeat(MAX_DIAGNOSTICS);
    let rejection = parse("plant.toml", &with(&zones)).unwrap_err();
    assert_eq!(rejection.diagnostics.len(), MAX_DIAGNOSTICS + 1);
    let last = rejection.diagnostics.last().unwrap();
    assert_eq!(last.message, "1000 further errors are not shown");
}

#[test]
fn deep_nesting_is_a_fault_and_no_overflow() {
    for open in ["[", "{a=", "[{a=["] {
        let rejection = parse("plant.toml", &with(&format!("name = {}", open.repeat(200_000)))).unwrap_err();
        assert!(codes(&rejection).iter().all(|code| *code == "invalid-toml"));
    }
    let dotted = format!("name{} = 1\n", ".a".repeat(100_000));
    parse("plant.toml", &with(&dotted)).unwrap_err();
    let long_way_round: String = (0..20_000)
        .map(|n| {
            format!(
                "[[zone]]\nid=\"z{n}\"\nkind=\"dmz\"\nparent=\"z{}\"\n",
                (n + 1) % 20_000
            )
        })
        .collect();
    let rejection = parse("plant.toml", &with(&long_way_round)).unwrap_err();
    assert_eq!(codes(&rejection), ["zone-cycle"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\PC\n\t\u{0}\u{1b}]{0,200}") {
        if let Err(rejection) = parse("plant.toml", &text) {
            prop_assert!(!rejection.diagnostics.is_empty());
            rendered(&rejection);
        }
    }

    #[test]
    fn no_damage_to_a_sound_text_makes_the_reader_panic(
        plant in plants(),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        put in "[\\PC\n\"\\[\\]={},#']{0,6}",
    ) {
        let mut text = print(&plant);
        let start = text.floor_char_boundary(at.index(text.len()));
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        text.replace_range(start..end, &put);
        match parse("plant.toml", &text) {
            // Damage may leave a text that says another model; that one holds together too.
            Ok(document) => {
                let checked = document.check(crate::Facts::default());
                prop_assert!(checked.diagnostics.iter().all(|d| d.primary.span.is_some()));
            }
            Err(rejection) => {
                prop_assert!(!rejection.diagnostics.is_empty());
                rendered(&rejection);
            }
        }
    }
}

#[test]
fn the_example_of_the_manual_is_true() {
    let page = include_str!("../../../../docs/plant-toml.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let document =
        parse("plant.toml", example).unwrap_or_else(|rejection| panic!("{}", rendered(&rejection)));
    let checked = document.check(crate::Facts::default());
    let told: Vec<_> = checked.diagnostics.iter().map(|d| d.code.0).collect();
    assert_eq!(
        told,
        ["single-enforcement-point"],
        "an example to follow has no worse faults"
    );
    for word in crate::AssetRole::ALL.map(crate::AssetRole::name) {
        assert!(
            page.contains(&format!("`{word}`")),
            "the page lacks the role {word}"
        );
    }
    for word in cofferdam_terms::OperationClass::ALL.map(cofferdam_terms::OperationClass::name) {
        assert!(
            page.contains(&format!("`{word}`")),
            "the page lacks the operation class {word}"
        );
    }
    for word in crate::ZoneKind::ALL.map(crate::ZoneKind::name) {
        assert!(page.contains(word), "the page lacks the kind {word}");
    }
}
