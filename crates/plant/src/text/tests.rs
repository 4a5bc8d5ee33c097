use super::*;
use crate::render::{Colour, human};
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
    let sources = [&rejection.text];
    rejection
        .diagnostics
        .iter()
        .map(|diagnostic| human(diagnostic, &sources, Colour::Plain))
        .collect()
}

#[test]
fn every_fault_of_a_text_is_shown_not_the_first_alone() {
    let text = "format = 1\n[site]\nid = \"a b\"\n[[zone]]\nid = \"z\"\nkind = \"contrl\"\n[[asset]]\nid = \"a\"\nzone = \"y\"\n";
    let rejection = parse("plant.toml", text).unwrap_err();
    let codes: Vec<_> = rejection.diagnostics.iter().map(|d| d.code.0).collect();
    assert_eq!(codes, ["invalid-id", "unknown-word"], "{}", rendered(&rejection));
}
