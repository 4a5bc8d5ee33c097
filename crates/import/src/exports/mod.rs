//! The plant model in formats that other tools read: one file each, registered in [`EXPORTS`]. Each is a pure writer:
//! the same model gives the same text, and every text of the model is escaped for where it goes.

mod automationml;
mod csv;
mod cyclonedx;
mod dot;
mod drawio;
mod svg;

use cofferdam_plant::Plant;
use cofferdam_terms::{Timestamp, WireText};
use sha2::{Digest, Sha256};

/// Every export, by name.
pub const EXPORTS: &[&Export] = &[
    &automationml::EXPORT,
    &csv::EXPORT,
    &cyclonedx::EXPORT,
    &dot::EXPORT,
    &drawio::EXPORT,
    &svg::EXPORT,
];

/// A format that a model can be written in.
#[derive(Debug)]
pub struct Export {
    /// Its name, as commands take it.
    pub name: &'static str,
    /// What comes out, in words.
    pub title: &'static str,
    /// How its files usually end, without the dot.
    pub extension: &'static str,
    write: fn(&Plant, &ExportContext) -> String,
}

/// What is not in the model and may stand in an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportContext {
    /// The time, if it shall stand in the file; without it the same model gives the same bytes.
    pub now: Option<Timestamp>,
}

impl Export {
    /// The export of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        EXPORTS.iter().find(|export| export.name == name).copied()
    }

    /// Writes a model.
    #[must_use]
    pub fn write(&self, plant: &Plant, context: &ExportContext) -> String {
        (self.write)(plant, context)
    }
}

/// The program's version, for formats that name what wrote them.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A text without what could move a cursor, hide, or is no character of XML.
fn harmless(text: &str) -> String {
    let text = WireText::from_stored(text);
    text.as_str()
        .replace('\u{fffe}', "\\u{fffe}")
        .replace('\u{ffff}', "\\u{ffff}")
}

/// A text for an XML attribute or element.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A text for a box of so many characters.
fn short(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// An identifier of the form of a UUID (RFC 9562, version 8) made of a text: the same text gives the same one.
fn uuid(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut octets = [0_u8; 16];
    octets
        .iter_mut()
        .zip(digest.iter())
        .for_each(|(octet, byte)| *octet = *byte);
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e @ ..] = octets;
    let (c0, d0) = (c0 & 0x0f | 0x80, d0 & 0x3f | 0x80);
    let node: String = e.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{a0:02x}{a1:02x}{a2:02x}{a3:02x}-{b0:02x}{b1:02x}-{c0:02x}{c1:02x}-{d0:02x}{d1:02x}-{node}")
}

/// The colours of a kind of zone: fill and line, dark enough on white for text and lines to be read.
const fn colours(kind: cofferdam_plant::ZoneKind) -> (&'static str, &'static str) {
    use cofferdam_plant::ZoneKind as Kind;
    match kind {
        Kind::Safety => ("#fdecea", "#b3261e"),
        Kind::Control => ("#e8f1fb", "#1d5fa8"),
        Kind::Supervisory => ("#e9f5ee", "#1f7a4d"),
        Kind::Operations => ("#f3effa", "#6a3fa0"),
        Kind::Dmz => ("#fff6e0", "#8a5a00"),
        Kind::Enterprise => ("#f1f3f5", "#4a5560"),
        Kind::External => ("#f7f7f7", "#555555"),
        Kind::Wireless => ("#e6f7f8", "#0b7285"),
        Kind::Temporary => ("#fbf1f7", "#9c2f74"),
    }
}
