//! Any bytes as a file of another inventory.

use crate::Target;
use cofferdam_import::merge::{OnConflict, plan};
use cofferdam_import::{Options, READERS, read};
use cofferdam_plant::{Document, parse};
use std::path::Path;

pub(crate) fn target() -> Target {
    Target {
        name: "import",
        run: Box::new(import),
        seeds: seeds(),
    }
}

const PLANT: &str = "format = 1\n[site]\nid = \"a\"\n[[zone]]\nid = \"z\"\nkind = \"control\"\nsubnets = [\"10.0.0.0/8\"]\n\
                     [[asset]]\nid = \"plc-1\"\nzone = \"z\"\ninterfaces = [{ ip = \"10.20.1.11\" }]\n";

/// Reads bytes, behind a first one that chooses the reader or leaves the choice to the content, and merges what they
/// say into a small model twice.
///
/// # Panics
/// When a merge can't be written, or a second one changes anything.
pub fn import(input: &[u8]) {
    let [choice, bytes @ ..] = input else {
        return;
    };
    let options = Options {
        format: READERS
            .get(usize::from(*choice))
            .map(|reader| reader.name.to_owned()),
        ..Options::default()
    };
    let (Ok(import), Ok(document)) = (read("a file", bytes, &options), parse("plant.toml", PLANT)) else {
        return;
    };
    let merged = |document: &Document| {
        let plan = plan(document.plant(), &import, OnConflict::Update);
        plan.apply(document)
            .unwrap_or_else(|fault| panic!("{fault}: {:?}", plan.changes))
    };
    let once = merged(&document);
    assert_eq!(merged(&once).text(), once.text());
}

/// The samples of the readers' own tests, which this finds by itself. 255 leaves the choice to the content.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/import/tests/samples");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let bytes = paths.iter().filter_map(|path| std::fs::read(path).ok());
    bytes.map(|bytes| [&[255][..], &bytes].concat()).collect()
}
