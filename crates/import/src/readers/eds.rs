//! Electronic data sheets: of CIP devices (ODVA, volume 1, chapter 7) and of CANopen devices (CiA 306). Both have
//! sections in brackets; of them the one about the device is read.
//!
//! CIP: an entry may run over lines until its semicolon, and `$` starts a comment. CANopen: an entry is a line, and a
//! line that starts with `;` is a comment. Bound: [`MAX_ENTRIES`].

use super::{Probe, Read, Reader};
use crate::asset::{At, CatalogueEntry, DeviceCode, Fact, clean};
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::Intake;
use std::collections::BTreeMap;

pub(super) const READER: Reader = Reader {
    name: "eds",
    title: "CIP or CANopen device description (EDS)",
    extensions: &["eds"],
    probe,
    read: Read::Text(read),
};

const CIP: &str = "[device]";
const CANOPEN: &str = "[deviceinfo]";
/// The most entries of a section that are read.
const MAX_ENTRIES: usize = 1000;

fn probe(probe: &Probe<'_>) -> bool {
    let mut lines = probe.head.lines().map(|line| line.trim().to_ascii_lowercase());
    lines.any(|line| line == CIP || line == CANOPEN)
}

type Entries = BTreeMap<String, Fact<String>>;

fn read(text: &str, intake: &mut Intake) -> Result<(), ReadError> {
    let (cip, canopen) = (section(text, CIP), section(text, CANOPEN));
    if cip.is_none() && canopen.is_none() {
        return Err(ReadError::NotThis {
            format: "EDS file",
            reason: "it has neither a section `[Device]` nor `[DeviceInfo]`".to_owned(),
        });
    }
    if let Some((line, body)) = cip {
        intake.record();
        let entries = statements(line, body);
        let code = cip_code(&entries, intake);
        take(
            &entries,
            line,
            code,
            ["vendname", "prodname", "catalog"],
            ["majrev", "minrev"],
            intake,
        );
    }
    if let Some((line, body)) = canopen {
        intake.record();
        let entries = lines(line, body);
        let code = canopen_code(&entries, intake);
        take(
            &entries,
            line,
            code,
            ["vendorname", "productname", "ordercode"],
            ["revisionnumber", ""],
            intake,
        );
    }
    Ok(())
}

/// A section's text and the line on which it starts, from 1.
fn section<'t>(text: &'t str, heading: &str) -> Option<(usize, &'t str)> {
    let mut start = None;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim();
        match start {
            None if bare.eq_ignore_ascii_case(heading) => start = Some((number + 2, offset + line.len())),
            Some((first, from)) if bare.starts_with('[') => return Some((first, text.get(from..offset)?)),
            None | Some(_) => {}
        }
        offset += line.len();
    }
    let (first, from) = start?;
    Some((first, text.get(from..)?))
}

/// Entries that end in a semicolon, with strings in quotes that may hold one.
fn statements(first: usize, body: &str) -> Entries {
    let mut entries = Entries::new();
    let mut statement = String::new();
    let mut began = first;
    for (number, line) in body.lines().enumerate() {
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => {
                    quoted = !quoted;
                    statement.push(c);
                }
                '$' if !quoted => break,
                ';' if !quoted => {
                    entry(&statement, began, &mut entries);
                    statement.clear();
                    began = first + number;
                }
                c => {
                    if statement.trim().is_empty() {
                        began = first + number;
                    }
                    statement.push(c);
                }
            }
        }
        if entries.len() > MAX_ENTRIES {
            break;
        }
    }
    entries
}

fn lines(first: usize, body: &str) -> Entries {
    let mut entries = Entries::new();
    for (number, line) in body.lines().enumerate().take(MAX_ENTRIES) {
        if !line.trim_start().starts_with(';') {
            entry(line, first + number, &mut entries);
        }
    }
    entries
}

fn entry(text: &str, line: usize, entries: &mut Entries) {
    let Some((key, value)) = text.split_once('=') else {
        return;
    };
    // Neighbouring strings are one.
    let value = value.trim();
    let value = match value.starts_with('"') {
        true => value.split('"').skip(1).step_by(2).collect::<String>(),
        false => value.to_owned(),
    };
    if let Some(value) = clean(&value) {
        let at = At::Line { line, column: 1 };
        entries.insert(key.trim().to_ascii_lowercase(), Fact { value, at });
    }
}

fn number<T: TryFrom<u64>>(entries: &Entries, key: &'static str, intake: &mut Intake) -> Option<T> {
    let fact = entries.get(key)?;
    Some(intake.value(&fact.at, guess::number(key, &fact.value))?.value)
}

fn cip_code(entries: &Entries, intake: &mut Intake) -> Option<DeviceCode> {
    Some(DeviceCode::Cip {
        vendor: number(entries, "vendcode", intake)?,
        product_type: number(entries, "prodtype", intake)?,
        product_code: number(entries, "prodcode", intake)?,
    })
}

fn canopen_code(entries: &Entries, intake: &mut Intake) -> Option<DeviceCode> {
    Some(DeviceCode::CanOpen {
        vendor: number(entries, "vendornumber", intake)?,
        product: number(entries, "productnumber", intake)?,
    })
}

fn take(
    entries: &Entries,
    line: usize,
    code: Option<DeviceCode>,
    [vendor, product, order]: [&str; 3],
    [major, minor]: [&str; 2],
    intake: &mut Intake,
) {
    let at = At::Line { line, column: 1 };
    let Some(code) = code else {
        return intake.set_aside(at, Scope::Record, Fault::Missing("vendor and product number"));
    };
    let text = |key: &str| entries.get(key).map(|fact| fact.value.clone());
    let revision = match (text(major), text(minor)) {
        (Some(major), Some(minor)) => Some(format!("{major}.{minor}")),
        (major, _) => major,
    };
    intake.catalogue(CatalogueEntry {
        code,
        at,
        vendor: text(vendor),
        product: text(product),
        order_number: text(order),
        revision,
    });
}
