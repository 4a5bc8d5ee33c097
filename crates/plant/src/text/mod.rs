//! The text form of the model, `plant.toml`: read with every fault shown at its place, written for people to review,
//! changed without disturbing what they wrote.
//!
//! A [`Document`] is a text together with the model that it says. It can't hold one without the other.

mod change;
mod codes;
mod edit;
mod keys;
mod patch;
mod place;
mod read;
mod reader;
mod syntax;
mod values;
mod words;
mod write;

pub use codes::TextCode;
pub use edit::{Edit, EditFault};
pub use read::{MAX_ENTRIES, MAX_ZONE_DEPTH};
pub use reader::MAX_DIAGNOSTICS;
pub use words::{InvalidParty, InvalidService, InvalidWindow};

use crate::diagnostic::{Diagnostic, Fix, Label};
use crate::plant::{Place, Plant};
use crate::source::{Source, Span};
use reader::Reader;
use std::sync::Arc;

/// The largest text that is read, in bytes: some 80,000 assets.
pub const MAX_TEXT_BYTES: usize = 32 * 1024 * 1024;

/// A text and the model that it says.
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    tree: toml_edit::Document<Arc<str>>,
    plant: Plant,
}

/// A text that says no model, and why. All faults are in it, in the order of the text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{} has {} faults, first: {}", text.name(), diagnostics.len(), diagnostics.first().map_or("", |d| &d.message))]
pub struct Rejection {
    /// The text.
    pub text: Source,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text. `name` is what diagnostics call it, most often the file's path.
///
/// # Errors
/// Everything that is wrong with the text, as far as it could be read.
pub fn parse(name: &str, text: &str) -> Result<Document, Rejection> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(too_large(name, text.len()));
    }
    let source = Source::new(name, text);
    let tree = match toml_edit::Document::parse(source.shared_text()) {
        Ok(tree) => tree,
        Err(first) => {
            let mut reader = Reader::new(&source);
            let rest = syntax::report(&mut reader, first);
            let mut diagnostics = reader.finish();
            diagnostics.extend(rest.map(|rest| further(&source, &rest)).unwrap_or_default());
            diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.clone());
            return Err(Rejection {
                text: source,
                diagnostics,
            });
        }
    };
    match read::plant(&source, &tree) {
        Ok(plant) => Ok(Document { source, tree, plant }),
        Err(diagnostics) => Err(Rejection {
            text: source,
            diagnostics,
        }),
    }
}

/// What else is wrong with a text in which keys stand twice.
fn further(source: &Source, rest: &syntax::WithoutDuplicates) -> Vec<Diagnostic> {
    let mut diagnostics = read::plant(source, &rest.tree).err().unwrap_or_default();
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span.as_ref();
        !span.is_some_and(|span| rest.renamed.contains(&(span.start..span.end)))
    });
    diagnostics
}

/// Reads bytes that should be a text.
///
/// # Errors
/// As [`parse`], and when the bytes are no UTF-8.
pub fn parse_bytes(name: &str, bytes: &[u8]) -> Result<Document, Rejection> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(too_large(name, bytes.len()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(name, text),
        Err(fault) => {
            let text = String::from_utf8_lossy(bytes);
            let source = Source::new(name, &text);
            // Up to here the lossy text is the same, byte for byte.
            let at = fault.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let reader = Reader::new(&source);
            let error = reader
                .error(
                    TextCode::InvalidUtf8,
                    at..at + '\u{fffd}'.len_utf8(),
                    format!("byte 0x{byte:02x} is no UTF-8"),
                )
                .help("save the file as UTF-8");
            Err(Rejection {
                diagnostics: vec![error],
                text: source.clone(),
            })
        }
    }
}

fn too_large(name: &str, length: usize) -> Rejection {
    let source = Source::new(name, "");
    let error = Reader::new(&source)
        .error(
            TextCode::TextTooLarge,
            0..0,
            format!("the text has {length} bytes"),
        )
        .help(format!(
            "at most {MAX_TEXT_BYTES} are read; is it the right file?"
        ));
    Rejection {
        diagnostics: vec![error],
        text: source.clone(),
    }
}

/// The text of a model: commented, in the fixed order and layout.
#[must_use]
pub fn print(plant: &Plant) -> String {
    write::plant(plant)
}

impl Document {
    /// A fresh text for a model.
    ///
    /// # Errors
    /// When the model holds what the text form refuses: a permit without services, an interface without address.
    pub fn from_plant(name: &str, plant: &Plant) -> Result<Self, Rejection> {
        parse(name, &print(plant))
    }

    /// The model.
    #[must_use]
    pub const fn plant(&self) -> &Plant {
        &self.plant
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The text with its name, for rendering diagnostics.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// Where a place of the model stands in the text. A key that isn't there is shown at its entry.
    #[must_use]
    pub fn span_of(&self, place: &Place) -> Span {
        self.source.span(place::range_of(&self.tree, place))
    }

    /// Fills in the spans of diagnostics that have places, and turns their fixes into replacements of text.
    pub fn locate(&self, diagnostics: &mut [Diagnostic]) {
        let fill = |label: &mut Label| {
            if let (None, Some(place)) = (&label.span, &label.place) {
                label.span = Some(self.span_of(place));
            }
        };
        for diagnostic in diagnostics {
            fill(&mut diagnostic.primary);
            diagnostic.secondary.iter_mut().for_each(fill);
            if let Some(Fix::RemoveItem(place)) = &diagnostic.fix {
                diagnostic.fix = self.removal(place).map(Fix::Text);
            }
        }
    }
}

#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod tests;
