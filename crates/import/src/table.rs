//! Tables of assets, from CSV or a spreadsheet: which column is what, and a row's values as an asset's.
//!
//! Columns are known by their headings, in many usual words; a mapping given as values goes before. Several rows of one
//! identifier are one asset with several interfaces; a row with a slot is a module of it.

use crate::asset::{At, DeclaredAsset, Fact, SourceKey, clean};
use crate::bounds::{
    MAX_CELLS, MAX_COLUMNS, MAX_PREVIEW_ROWS, MAX_ROWS, MAX_ROWS_ABOVE_HEADINGS, MAX_SET_ASIDE_LISTED,
};
use crate::fault::{Fault, ReadError, Scope, SetAside};
pub use crate::field::Field;
use crate::field::field_of;
use crate::guess::{self, letters};
use crate::intake::{Intake, add_interface};
use cofferdam_plant::{AssetId, Interface, Module};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A column that a mapping names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By its heading; spaces, signs and case don't count.
    Heading(String),
    /// By its place, from 1.
    Number(usize),
}

/// Which column holds which field, where it was decided by a person.
pub type Mapping = Vec<(Field, Column)>;

/// Why a column is taken for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The mapping says so.
    Given,
    /// Its heading is the field's name or a usual other word for it.
    Heading,
}

/// A column as it would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewColumn {
    /// Its heading.
    pub heading: String,
    /// What it is taken for, and why; nothing for one that is not read.
    pub field: Option<(Field, Why)>,
}

/// How a table would be read, and its first rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The sheets; empty for CSV.
    pub sheets: Vec<String>,
    /// The row of the headings.
    pub headings_at: u64,
    /// The columns.
    pub columns: Vec<PreviewColumn>,
    /// The first rows below the headings.
    pub rows: Vec<Vec<String>>,
}

/// A table's rows, as a reader of CSV or spreadsheets gives them.
pub(crate) struct Rows {
    pub(crate) sheet: Arc<str>,
    pub(crate) sheets: Vec<String>,
    /// Each with its number; empty ones are left out.
    pub(crate) rows: Vec<(u64, Vec<String>)>,
    cells: usize,
    /// What was wrong with cells and rows, as far as it is listed, and how much more there was.
    faults: Vec<SetAside>,
    unlisted: u64,
}

impl Rows {
    pub(crate) fn new(sheet: &str, sheets: Vec<String>) -> Self {
        Self {
            sheet: sheet.into(),
            sheets,
            rows: Vec::new(),
            cells: 0,
            faults: Vec::new(),
            unlisted: 0,
        }
    }

    pub(crate) fn set_aside(&mut self, at: At, scope: Scope, fault: Fault) {
        if self.faults.len() < MAX_SET_ASIDE_LISTED {
            self.faults.push(SetAside { at, scope, fault });
        } else {
            self.unlisted += 1;
        }
    }

    pub(crate) fn at(&self, row: u64, column: usize) -> At {
        At::Cell {
            sheet: Arc::clone(&self.sheet),
            row,
            column,
        }
    }

    /// Adds a row, bounded; says whether there is room for more.
    pub(crate) fn push(&mut self, row: u64, mut cells: Vec<String>) -> std::ops::ControlFlow<()> {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return std::ops::ControlFlow::Continue(());
        }
        if cells.len() > MAX_COLUMNS {
            let fault = Fault::TooMany {
                what: "columns",
                max: MAX_COLUMNS,
            };
            self.set_aside(self.at(row, MAX_COLUMNS + 1), Scope::Value, fault);
            cells.truncate(MAX_COLUMNS);
        }
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        self.cells += cells.len();
        let beyond = match (self.rows.len() >= MAX_ROWS, self.cells > MAX_CELLS) {
            (true, _) => Some(("rows", MAX_ROWS)),
            (false, true) => Some(("cells", MAX_CELLS)),
            (false, false) => None,
        };
        if let Some((what, max)) = beyond {
            self.set_aside(self.at(row, 0), Scope::Rest, Fault::TooMany { what, max });
            return std::ops::ControlFlow::Break(());
        }
        self.rows.push((row, cells));
        std::ops::ControlFlow::Continue(())
    }
}

/// Where the headings stand and which columns hold what.
struct Layout {
    heading_row: usize,
    /// For each field its columns, from 0; more than one only for addresses.
    columns: BTreeMap<Field, Vec<usize>>,
    given: Vec<Field>,
    origin: Origin,
}

/// Who wrote a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// This crate's own export: its identifiers are the plant model's.
    Ours,
    Others,
}

/// Shows how a table would be read.
pub(crate) fn preview(rows: &Rows, mapping: &Mapping) -> Result<Preview, ReadError> {
    let layout = layout(rows, mapping)?;
    let (headings_at, headings) = rows.rows.get(layout.heading_row).cloned().unwrap_or_default();
    let field_of = |column: usize| {
        let mut fields = layout.columns.iter();
        let (field, _) = fields.find(|(_, columns)| columns.contains(&column))?;
        let given = layout.given.contains(field);
        Some((*field, if given { Why::Given } else { Why::Heading }))
    };
    let columns = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| PreviewColumn {
            heading: clean(heading).unwrap_or_default(),
            field: field_of(column),
        });
    let below = rows.rows.iter().skip(layout.heading_row + 1);
    let shown = |cells: &Vec<String>| cells.iter().map(|cell| clean(cell).unwrap_or_default()).collect();
    Ok(Preview {
        sheets: rows.sheets.clone(),
        headings_at,
        columns: columns.collect(),
        rows: below
            .take(MAX_PREVIEW_ROWS)
            .map(|(_, cells)| shown(cells))
            .collect(),
    })
}

/// Reads a table's rows as assets.
pub(crate) fn read(rows: &Rows, mapping: &Mapping, intake: &mut Intake) -> Result<(), ReadError> {
    let layout = layout(rows, mapping)?;
    for aside in &rows.faults {
        intake.set_aside(aside.at.clone(), aside.scope, aside.fault.clone());
    }
    intake.unlisted(rows.unlisted);
    for (number, cells) in rows.rows.iter().skip(layout.heading_row + 1) {
        intake.record();
        let row = Row {
            rows,
            layout: &layout,
            number: *number,
            cells,
        };
        match row.asset(intake) {
            Some(asset) => intake.asset(asset),
            None => intake.set_aside(rows.at(*number, 0), Scope::Record, Fault::NoIdentity),
        }
    }
    Ok(())
}

/// The row among the first that has the most known headings, and what its columns are.
fn layout(rows: &Rows, mapping: &Mapping) -> Result<Layout, ReadError> {
    let mut heading_row = 0;
    let mut known = 0;
    for (at, (_, cells)) in rows.rows.iter().take(MAX_ROWS_ABOVE_HEADINGS).enumerate() {
        let here = cells.iter().filter(|cell| is_heading(cell, mapping)).count();
        if here > known {
            (heading_row, known) = (at, here);
        }
    }
    let empty = Vec::new();
    let headings = rows.rows.get(heading_row).map_or(&empty, |(_, cells)| cells);
    let names = || headings.iter().filter_map(|heading| clean(heading)).collect();
    let mut columns: BTreeMap<Field, Vec<usize>> = BTreeMap::new();
    for (field, column) in mapping {
        let at = match column {
            Column::Number(number) => number.checked_sub(1).filter(|at| *at < MAX_COLUMNS),
            Column::Heading(wanted) => headings
                .iter()
                .position(|heading| letters(heading) == letters(wanted)),
        };
        let Some(at) = at else {
            let wanted = match column {
                Column::Heading(heading) => heading.clone(),
                Column::Number(number) => number.to_string(),
            };
            return Err(ReadError::NoColumn {
                wanted,
                columns: names(),
            });
        };
        columns.entry(*field).or_default().push(at);
    }
    let given: Vec<Field> = columns.keys().copied().collect();
    let taken: Vec<usize> = columns.values().flatten().copied().collect();
    for (at, heading) in headings.iter().enumerate() {
        let Some(field) = field_of(heading).filter(|field| !given.contains(field) && !taken.contains(&at))
        else {
            continue;
        };
        let of_field = columns.entry(field).or_default();
        if of_field.is_empty() || matches!(field, Field::Ip | Field::Mac) {
            of_field.push(at);
        }
    }
    let identity = [Field::Id, Field::Serial, Field::Name, Field::Mac, Field::Ip];
    if identity.iter().any(|field| columns.contains_key(field)) {
        Ok(Layout {
            heading_row,
            columns,
            given,
            origin: if headings
                .iter()
                .map(String::as_str)
                .eq(Field::ALL.map(Field::name))
            {
                Origin::Ours
            } else {
                Origin::Others
            },
        })
    } else {
        Err(ReadError::NoIdentity { columns: names() })
    }
}

fn is_heading(cell: &str, mapping: &Mapping) -> bool {
    let named =
        |column: &Column| matches!(column, Column::Heading(wanted) if letters(wanted) == letters(cell));
    field_of(cell).is_some() || mapping.iter().any(|(_, column)| named(column))
}

struct Row<'r> {
    rows: &'r Rows,
    layout: &'r Layout,
    number: u64,
    cells: &'r [String],
}

impl Row<'_> {
    /// The cells of a field as they stand, each with its place.
    fn cells(&self, field: Field) -> Vec<Fact<&str>> {
        let columns = self.layout.columns.get(&field).map(Vec::as_slice);
        let cell = |column: &usize| {
            Some(Fact {
                value: unescaped(self.cells.get(*column)?),
                at: self.rows.at(self.number, column + 1),
            })
        };
        columns.unwrap_or_default().iter().filter_map(cell).collect()
    }

    /// The value of a field, if there is one.
    fn value(&self, field: Field) -> Option<Fact<String>> {
        let mut values = self.cells(field).into_iter().filter_map(|cell| {
            let value = clean(cell.value)?;
            Some(Fact { value, at: cell.at })
        });
        values.next()
    }

    fn asset(&self, intake: &mut Intake) -> Option<DeclaredAsset> {
        let interfaces = self.interfaces(intake);
        let slot = self.value(Field::Slot);
        let key = self.key(&interfaces, slot.is_some())?;
        let mut asset = DeclaredAsset::new(key, self.rows.at(self.number, 0));
        asset.id = self.value(Field::Id).and_then(|id| {
            // A bare number names nothing to people; such an asset is called by its name.
            let ours = self.layout.origin == Origin::Ours;
            let telling = ours || id.value.bytes().any(|c| c.is_ascii_alphabetic());
            let value: AssetId = id.value.parse().ok().filter(|_| telling)?;
            Some(Fact { value, at: id.at })
        });
        asset.name = self.value(Field::Name);
        asset.zone = self.value(Field::Zone);
        if let Some(slot) = slot {
            let text = |field| self.value(field).map(|fact| fact.value);
            asset.modules.push(Fact {
                value: Module {
                    slot: slot.value,
                    product: text(Field::Product),
                    order_number: text(Field::OrderNumber),
                    firmware: text(Field::Firmware),
                    serial: text(Field::Serial),
                },
                at: slot.at,
            });
            return Some(asset);
        }
        asset.role = self
            .value(Field::Role)
            .and_then(|role| intake.value(&role.at, guess::role(&role.value)));
        asset.vendor = self.value(Field::Vendor);
        asset.product = self.value(Field::Product);
        asset.order_number = self.value(Field::OrderNumber);
        asset.firmware = self.value(Field::Firmware);
        asset.os = self.value(Field::Os);
        asset.serial = self.value(Field::Serial);
        asset.interfaces = interfaces;
        Some(asset)
    }

    /// By what the asset is told from others: the first of identifier, serial number, name and address.
    fn key(&self, interfaces: &[Fact<Interface>], of_module: bool) -> Option<SourceKey> {
        let key = |by: &str, value: &str| Some(SourceKey::new("table", by, value));
        if let Some(id) = self.value(Field::Id) {
            return key("id", &id.value);
        }
        if let Some(serial) = self.value(Field::Serial).filter(|_| !of_module) {
            let vendor = self.value(Field::Vendor).map(|vendor| vendor.value);
            return key(
                "serial",
                &format!("{} {}", vendor.unwrap_or_default(), serial.value),
            );
        }
        if let Some(name) = self.value(Field::Name) {
            return key("name", &name.value);
        }
        if let Some(mac) = interfaces.iter().find_map(|interface| interface.value.mac) {
            return key("mac", &mac.to_string());
        }
        let ip = interfaces.iter().find_map(|interface| interface.value.ip)?;
        key("ip", &ip.to_string())
    }

    /// One MAC and one IP address of a row belong together; of several, each stands for itself.
    fn interfaces(&self, intake: &mut Intake) -> Vec<Fact<Interface>> {
        let mut macs = Vec::new();
        for fact in self.cells(Field::Mac) {
            for word in words(fact.value) {
                macs.extend(intake.value(&fact.at, guess::mac(word)));
            }
        }
        let mut ips = Vec::new();
        for fact in self.cells(Field::Ip) {
            for word in words(fact.value) {
                ips.extend(intake.value(&fact.at, guess::ip(word)));
            }
        }
        let vlan = self.value(Field::Vlan);
        let vlan = vlan.and_then(|fact| intake.value(&fact.at, guess::vlan(&fact.value)));
        let vlan = vlan.map(|fact| fact.value);
        let mut found = Vec::new();
        let mut add = |mac, ip, at| {
            let value = Interface { mac, ip, vlan };
            add_interface(&mut found, Fact { value, at });
        };
        if let ([mac], [ip]) = (macs.as_slice(), ips.as_slice()) {
            add(Some(mac.value), Some(ip.value), ip.at.clone());
        } else {
            macs.into_iter()
                .for_each(|mac| add(Some(mac.value), None, mac.at));
            ips.into_iter().for_each(|ip| add(None, Some(ip.value), ip.at));
        }
        found
    }
}

/// The addresses of a cell.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    let words = cell.split([',', ';', '|', ' ', '\n', '\r', '\t']);
    words.filter(|word| !word.is_empty())
}

/// What a spreadsheet takes for the start of a formula, and our own mark before it.
const FORMULA_STARTS: [char; 9] = ['=', '+', '-', '@', '\t', '\r', '\'', '＝', '＠'];

/// A value made safe to open in a spreadsheet: one that could start a formula gets an apostrophe in front.
pub(crate) fn escaped(value: &str) -> String {
    if value.starts_with(FORMULA_STARTS) {
        format!("'{value}")
    } else {
        value.to_owned()
    }
}

/// The value without the apostrophe that [`escaped`] puts in front.
fn unescaped(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA_STARTS) => rest,
        Some(_) | None => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_known_in_many_words_and_no_word_means_two_fields() {
        for (heading, field) in [
            ("Serial Number", Field::Serial),
            ("MAC-Address", Field::Mac),
            ("IP address", Field::Ip),
            ("Hersteller", Field::Vendor),
            ("Catalog No.", Field::OrderNumber),
            ("order-number", Field::OrderNumber),
        ] {
            assert_eq!(field_of(heading), Some(field), "{heading}");
        }
        assert_eq!(field_of("Remarks"), None);
        for field in Field::ALL {
            for word in field.synonyms() {
                assert_eq!(field_of(word), Some(field), "{word}");
                assert_eq!(letters(word), *word);
            }
        }
    }

    #[test]
    fn a_value_that_could_start_a_formula_is_marked_and_comes_back() {
        for value in ["=1+1", "'=x", "-5", "@a", "plain", "'quoted'", "''", "＝1", ""] {
            let safe = escaped(value);
            assert!(!safe.starts_with(['=', '+', '-', '@', '＝', '＠']), "{safe}");
            assert_eq!(unescaped(&safe), value);
        }
    }
}
