//! Workbooks (ECMA-376 part 1, SpreadsheetML): one sheet's cells as rows.
//!
//! A formula is never evaluated: the value that was stored with it counts, and a formula without one is set aside.
//! Dates, styles and hidden rows are not looked at. Bounds: those of packed files and of tables,
//! [`MAX_SHARED_BYTES`] and
//! [`MAX_SHARED`] for the texts that cells share, [`MAX_SHEETS`] listed.

use super::{Options, Probe, Read, Reader};
use crate::bounds::{MAX_COLUMNS, MAX_XML_TEXT_BYTES};
use crate::fault::{Fault, ReadError, Scope};
use crate::pack::Pack;
use crate::table::Rows;
use crate::xml::Tree;
use quick_xml::events::{BytesStart, Event};
use std::sync::Arc;

pub(super) const READER: Reader = Reader {
    name: "xlsx",
    title: "table of assets as a workbook",
    extensions: &["xlsx", "xlsm"],
    probe,
    read: Read::Table(rows),
};

/// The most bytes of the texts that cells share.
const MAX_SHARED_BYTES: usize = 64 * 1024 * 1024;
/// The most texts that cells share.
const MAX_SHARED: usize = 1_000_000;
/// The most sheets that are looked at.
const MAX_SHEETS: usize = 256;
const NAME: &str = "workbook";

fn probe(probe: &Probe<'_>) -> bool {
    let parts = |bytes| {
        Pack::open(NAME, bytes)
            .map(|pack| pack.names())
            .unwrap_or_default()
    };
    probe.is_packed() && parts(probe.bytes).iter().any(|name| name == "xl/workbook.xml")
}

/// A sheet and the part that it is in.
struct Sheet {
    name: String,
    part: String,
}

fn rows(bytes: &[u8], options: &Options) -> Result<(Rows, &'static str), ReadError> {
    let mut pack = Pack::open(NAME, bytes)?;
    let sheets = sheets(&mut pack)?;
    let names: Vec<String> = sheets
        .iter()
        .filter_map(|sheet| crate::asset::clean(&sheet.name))
        .collect();
    let chosen: Vec<&Sheet> = match &options.sheet {
        None => sheets.iter().collect(),
        Some(wanted) => sheets.iter().filter(|sheet| sheet.name == *wanted).collect(),
    };
    if let (Some(wanted), true) = (&options.sheet, chosen.is_empty()) {
        return Err(ReadError::NoSheet {
            wanted: crate::guess::shown(wanted),
            sheets: names,
        });
    }
    let shared = shared(&mut pack)?;
    for sheet in chosen {
        let part = pack.wanted(&sheet.part)?;
        let name = crate::asset::clean(&sheet.name).unwrap_or_default();
        let mut rows = Rows::new(&name, names.clone());
        cells(&crate::decode::decode(&part).text, &shared, &mut rows);
        if !rows.rows.is_empty() {
            return Ok((rows, "UTF-8"));
        }
    }
    Err(ReadError::NotThis {
        format: NAME,
        reason: "no sheet has rows".to_owned(),
    })
}

/// The sheets in their order, with the parts that the relationships name.
fn sheets(pack: &mut Pack<'_>) -> Result<Vec<Sheet>, ReadError> {
    let workbook = tree(&pack.wanted("xl/workbook.xml")?);
    let relations = tree(&pack.wanted("xl/_rels/workbook.xml.rels")?);
    let relation = |id: &str| {
        let mut all = relations.root()?.named("Relationship");
        let target = all.find(|relation| relation.attribute("Id") == Some(id))?;
        let target = target.attribute("Target")?;
        Some(match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{target}"),
        })
    };
    let listed = workbook.root().and_then(|root| root.first("sheets"));
    let mut found = Vec::new();
    for sheet in listed
        .iter()
        .flat_map(|sheets| sheets.named("sheet"))
        .take(MAX_SHEETS)
    {
        let part = sheet.attribute("id").and_then(relation);
        if let (Some(name), Some(part)) = (sheet.attribute("name"), part) {
            found.push(Sheet {
                name: name.to_owned(),
                part,
            });
        }
    }
    Ok(found)
}

fn tree(bytes: &[u8]) -> Tree {
    Tree::parse(&crate::decode::decode(bytes).text)
}

/// The texts that cells refer to by number. Phonetic hints (`rPh`) are no part of them.
fn shared(pack: &mut Pack<'_>) -> Result<Vec<Arc<str>>, ReadError> {
    let Some(part) = pack.part("xl/sharedStrings.xml")? else {
        return Ok(Vec::new());
    };
    let text = crate::decode::decode(&part).text;
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut found: Vec<Arc<str>> = Vec::new();
    let mut total = 0;
    let mut here = Run::default();
    while let Ok(event) = reader.read_event() {
        match &event {
            Event::Eof => break,
            Event::Start(start) => here.open(start.local_name().as_ref()),
            Event::End(end) => {
                if end.local_name().as_ref() == "si" {
                    total += here.text.len();
                    if total > MAX_SHARED_BYTES || found.len() >= MAX_SHARED {
                        return Err(ReadError::UnpacksTooLarge);
                    }
                    found.push(std::mem::take(&mut here.text).into());
                }
                here.close(end.local_name().as_ref());
            }
            Event::Empty(start) if start.local_name().as_ref() == "si" => {
                if found.len() >= MAX_SHARED {
                    return Err(ReadError::UnpacksTooLarge);
                }
                found.push("".into());
            }
            other => here.take(other),
        }
    }
    Ok(found)
}

/// Text that is gathered out of `t` elements (and `v`, in cells), up to the bound.
#[derive(Default)]
struct Run {
    text: String,
    inside: bool,
    phonetic: bool,
}

impl Run {
    fn open(&mut self, name: &str) {
        match name {
            "rPh" => self.phonetic = true,
            "t" | "v" => self.inside = !self.phonetic,
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "rPh" => self.phonetic = false,
            "t" | "v" => self.inside = false,
            _ => {}
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        if !self.inside {
            return;
        }
        match event {
            Event::Text(text) => self.push(&text.xml10_content()),
            Event::CData(data) => self.push(&data.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().ok().flatten();
                let named = reference.xml10_content();
                match (character, quick_xml::escape::resolve_predefined_entity(&named)) {
                    (Some(character), _) => self.push(character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => self.push(text),
                    (None, None) => {}
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        let free = MAX_XML_TEXT_BYTES.saturating_sub(self.text.len());
        let end = text.floor_char_boundary(free.min(text.len()));
        self.text.push_str(text.get(..end).unwrap_or_default());
    }
}

/// The cell that is being read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    formula: bool,
    value: Run,
}

/// Reads a sheet's cells event by event: a sheet is the one part that may be large.
fn cells(text: &str, shared: &[Arc<str>], rows: &mut Rows) {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut number = 0;
    let mut row: Vec<String> = Vec::new();
    let mut cell: Option<Cell> = None;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(fault) => {
                let fault = Fault::Damaged(crate::guess::shown(&fault.to_string()));
                rows.set_aside(rows.at(number, 0), Scope::Rest, fault);
                break;
            }
        };
        match &event {
            Event::Eof => break,
            Event::Start(start) => match (start.name().local_name().as_ref(), &mut cell) {
                ("row", _) => {
                    let given = attribute(start, "r").and_then(|r| r.parse().ok());
                    number = given.unwrap_or(number + 1);
                    row = Vec::new();
                }
                ("c", _) => cell = Some(Cell::new(start, row.len())),
                ("f", Some(cell)) => cell.formula = true,
                (name, Some(cell)) => cell.value.open(name),
                (_, None) => {}
            },
            Event::Empty(start) => {
                if let ("f", Some(cell)) = (start.local_name().as_ref(), &mut cell) {
                    cell.formula = true;
                }
            }
            Event::End(end) => match end.local_name().as_ref() {
                "c" => {
                    if let Some(cell) = cell.take() {
                        cell.finish(shared, number, &mut row, rows);
                    }
                }
                "row" => {
                    if rows.push(number, std::mem::take(&mut row)).is_break() {
                        break;
                    }
                }
                name => {
                    if let Some(cell) = &mut cell {
                        cell.value.close(name);
                    }
                }
            },
            other => {
                if let Some(cell) = &mut cell {
                    cell.value.take(other);
                }
            }
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    const MAX_LOOKED_AT: usize = 16;
    let mut attributes = start.attributes();
    let mut attributes = attributes.with_checks(false).take(MAX_LOOKED_AT).flatten();
    let found = attributes.find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.to_string())
}

impl Cell {
    fn new(start: &BytesStart<'_>, next: usize) -> Self {
        let reference = attribute(start, "r");
        Self {
            column: reference.as_deref().and_then(column).unwrap_or(next),
            kind: attribute(start, "t").unwrap_or_default(),
            ..Self::default()
        }
    }

    fn finish(self, shared: &[Arc<str>], number: u64, row: &mut Vec<String>, rows: &mut Rows) {
        let at = rows.at(number, self.column + 1);
        let mut fault = |fault| rows.set_aside(at.clone(), Scope::Value, fault);
        let value = match self.kind.as_str() {
            "s" => {
                let index = self.value.text.trim().parse::<usize>().ok();
                let text = index.and_then(|index| shared.get(index));
                text.map(|text| text.to_string()).unwrap_or_default()
            }
            "e" => {
                fault(Fault::CellError(crate::guess::shown(&self.value.text)));
                String::new()
            }
            _ => self.value.text,
        };
        if self.formula && value.is_empty() && self.kind != "e" {
            fault(Fault::FormulaWithoutValue);
        }
        // A column beyond the bound is said once for the row, when the row is pushed.
        let column = self.column.min(MAX_COLUMNS);
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        if let Some(place) = row.get_mut(column) {
            *place = value;
        }
    }
}

/// The column of a reference like `AB12`, from 0.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters.fold(0_usize, |number, letter| {
        number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}
