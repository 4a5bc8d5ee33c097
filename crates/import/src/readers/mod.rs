//! The readers: one file each, registered in [`READERS`]. A reader tells by content whether a file is its own, and
//! turns bytes into declared assets. It never fails for one bad record.

mod automationml;
mod csv;
mod eds;
mod gsdml;
mod l5x;
mod nessus;
mod netbox;
mod nmap;
mod xlsx;

use crate::At;
use crate::bounds::MAX_FILE_BYTES;
use crate::decode::{Decoded, decode};
use crate::fault::{ReadError, Scope};
use crate::intake::{Import, Intake};
use crate::pack::MAGIC;
use crate::table::{Mapping, Preview, Rows};
use crate::xml::Tree;

/// Every reader, in the order in which they are asked whether a file is theirs; the least certain last.
pub const READERS: &[&Reader] = &[
    &xlsx::READER,
    &automationml::READER,
    &nmap::READER,
    &nessus::READER,
    &l5x::READER,
    &gsdml::READER,
    &netbox::READER,
    &eds::READER,
    &csv::READER,
];

/// A reader of one format.
pub struct Reader {
    /// Its name, as commands take it.
    pub name: &'static str,
    /// What it reads, in words.
    pub title: &'static str,
    /// How its files usually end, without the dot.
    pub extensions: &'static [&'static str],
    /// Whether a file is its own.
    probe: fn(&Probe<'_>) -> bool,
    read: Read,
}

/// Takes the rows out of a file; with them the encoding of the text.
type ReadRows = fn(&[u8], &Options) -> Result<(Rows, &'static str), ReadError>;

/// How a reader takes a file.
enum Read {
    /// As a table, which can be previewed and mapped.
    Table(ReadRows),
    /// As an XML document.
    Xml(fn(&Tree, &mut Intake) -> Result<(), ReadError>),
    /// As text of another kind.
    Text(fn(&str, &mut Intake) -> Result<(), ReadError>),
}

/// What a person decided before the file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The reader; else it is found by content.
    pub format: Option<String>,
    /// Which column of a table holds what, before headings are looked at.
    pub mapping: Mapping,
    /// The sheet of a workbook; else the first that has rows.
    pub sheet: Option<String>,
}

/// The start of a file, for telling whose it is.
pub(crate) struct Probe<'b> {
    /// The file's ending, lower case.
    extension: String,
    bytes: &'b [u8],
    /// The first bytes as text.
    head: String,
    /// The name of the outermost XML element, without prefix.
    root: Option<String>,
}

/// How many bytes are looked at to tell whose a file is.
const MAX_PROBED: usize = 16 * 1024;

impl Probe<'_> {
    fn new<'b>(name: &str, bytes: &'b [u8]) -> Probe<'b> {
        let start = bytes.get(..MAX_PROBED).unwrap_or(bytes);
        let head = decode(start).text;
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        Probe {
            extension: extension.to_ascii_lowercase(),
            bytes,
            root: root_of(&head),
            head,
        }
    }

    fn is_packed(&self) -> bool {
        self.bytes.starts_with(MAGIC)
    }

    fn has_root(&self, name: &str) -> bool {
        self.root.as_deref() == Some(name)
    }
}

/// The first element's name, behind declarations, comments and a document type.
fn root_of(head: &str) -> Option<String> {
    if !head.trim_start().starts_with('<') {
        return None;
    }
    let tree = Tree::parse(head);
    tree.root().map(|root| root.name().to_owned())
}

/// Reads a file. `name` is what reports and the plant model call it.
///
/// # Errors
/// When nothing of it can be read.
pub fn read(name: &str, bytes: &[u8], options: &Options) -> Result<Import, ReadError> {
    let reader = reader_for(name, bytes, options)?;
    let name = crate::guess::shown(name);
    match &reader.read {
        Read::Table(rows) => {
            let (rows, encoding) = rows(bytes, options)?;
            let mut intake = Intake::new(reader.name, &name, encoding);
            crate::table::read(&rows, &options.mapping, &mut intake)?;
            Ok(intake.finish())
        }
        Read::Xml(read) => {
            let unpacked = automationml::unpacked(bytes)?;
            let decoded = decode(unpacked.as_deref().unwrap_or(bytes));
            let tree = Tree::parse(&decoded.text);
            let mut intake = Intake::new(reader.name, &name, decoded.encoding);
            encoding_fault(&decoded, &mut intake);
            read(&tree, &mut intake)?;
            if let Some((at, fault)) = &tree.damage {
                intake.set_aside(at.clone(), Scope::Rest, fault.clone());
            }
            Ok(intake.finish())
        }
        Read::Text(read) => {
            let decoded = decode(bytes);
            let mut intake = Intake::new(reader.name, &name, decoded.encoding);
            encoding_fault(&decoded, &mut intake);
            read(&decoded.text, &mut intake)?;
            Ok(intake.finish())
        }
    }
}

/// Shows how a table would be read; nothing for a format that has no columns.
///
/// # Errors
/// When nothing of it can be read.
pub fn preview(name: &str, bytes: &[u8], options: &Options) -> Result<Option<Preview>, ReadError> {
    let reader = reader_for(name, bytes, options)?;
    match &reader.read {
        Read::Table(rows) => {
            let (rows, _) = rows(bytes, options)?;
            crate::table::preview(&rows, &options.mapping).map(Some)
        }
        Read::Xml(_) | Read::Text(_) => Ok(None),
    }
}

fn reader_for(name: &str, bytes: &[u8], options: &Options) -> Result<&'static Reader, ReadError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge(bytes.len()));
    }
    if let Some(wanted) = &options.format {
        let reader = READERS.iter().find(|reader| reader.name == wanted);
        return reader
            .copied()
            .ok_or_else(|| ReadError::NoSuchFormat(crate::guess::shown(wanted)));
    }
    let probe = Probe::new(name, bytes);
    let reader = READERS.iter().find(|reader| (reader.probe)(&probe));
    reader.copied().ok_or(ReadError::UnknownFormat)
}

fn encoding_fault(decoded: &Decoded, intake: &mut Intake) {
    if let Some(fault) = &decoded.fault {
        let before = decoded.text.split('\u{fffd}').next().unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
        intake.set_aside(At::Line { line, column }, Scope::Value, fault.clone());
    }
}

/// The outermost element, if it is the one that a format has.
fn wanted_root<'t>(
    tree: &'t Tree,
    format: &'static str,
    name: &str,
) -> Result<crate::xml::Element<'t>, ReadError> {
    let root = tree.root().filter(|root| root.name() == name);
    root.ok_or_else(|| ReadError::NotThis {
        format,
        reason: format!("its outermost element is not `{name}`"),
    })
}

/// A text of an attribute or element, cleaned, with its place.
fn fact(at: &At, text: Option<&str>) -> Option<crate::Fact<String>> {
    Some(crate::Fact {
        value: crate::asset::clean(text?)?,
        at: at.clone(),
    })
}
