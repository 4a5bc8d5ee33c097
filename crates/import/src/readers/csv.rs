//! Comma-separated values (RFC 4180) and what goes by that name: semicolons, tabs and bars, quoted or not, in UTF-8,
//! UTF-16 or Windows-1252.
//!
//! Bounds: [`MAX_ROW_BYTES`], and those of tables. A formula is text like any other and never evaluated.

use super::{Options, Probe, Read, Reader};
use crate::bounds::MAX_ROW_BYTES;
use crate::decode::decode;
use crate::fault::{Fault, ReadError, Scope};
use crate::table::Rows;
use csv::{ReaderBuilder, StringRecord};

pub(super) const READER: Reader = Reader {
    name: "csv",
    title: "table of assets as CSV",
    extensions: &["csv", "tsv", "txt"],
    probe,
    read: Read::Table(rows),
};

fn probe(probe: &Probe<'_>) -> bool {
    let text = !probe.is_packed() && !probe.head.contains('\0') && probe.root.is_none();
    let named = READER.extensions.contains(&probe.extension.as_str());
    let line = probe.head.trim_start().lines().next().unwrap_or_default();
    text && (named || (line.contains(SEPARATORS) && !line.starts_with(['{', '[', '<'])))
}

const SEPARATORS: [char; 4] = [';', ',', '\t', '|'];

fn rows(bytes: &[u8], _options: &Options) -> Result<(Rows, &'static str), ReadError> {
    let decoded = decode(bytes);
    let mut rows = Rows::new("", Vec::new());
    if let Some(fault) = decoded.fault {
        rows.set_aside(rows.at(1, 0), Scope::Value, fault);
    }
    // A line end of two characters would be taken as the start of the next row, and put it on the wrong line.
    let text = decoded.text.replace("\r\n", "\n");
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(&text))
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            // Text is UTF-8 and rows may have any length, so nothing else can be wrong; but it is no reason to fail.
            Err(fault) => {
                let line = fault.position().map_or(0, csv::Position::line);
                let reason = Fault::Damaged(crate::guess::shown(&fault.to_string()));
                rows.set_aside(rows.at(line, 0), Scope::Rest, reason);
                break;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        let length = record.as_slice().len();
        if length > MAX_ROW_BYTES {
            rows.set_aside(rows.at(line, 0), Scope::Record, Fault::RowTooLong(length));
            continue;
        }
        if rows
            .push(line, record.iter().map(str::to_owned).collect())
            .is_break()
        {
            break;
        }
    }
    Ok((rows, decoded.encoding))
}

/// The separator that parts the first lines most often; a spreadsheet's own line `sep=;` goes before.
fn separator(text: &str) -> u8 {
    const LINES: usize = 5;
    const MAX_LINE: usize = 4096;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let mut best = (0, ',');
    let Some(first) = lines.next() else {
        return b',';
    };
    if let Some(said) = first.strip_prefix("sep=").and_then(|said| said.chars().next())
        && let Ok(byte) = u8::try_from(said)
    {
        return byte;
    }
    let all: Vec<&str> = std::iter::once(first).chain(lines).collect();
    for separator in SEPARATORS {
        let count = |line: &&str| {
            let start = line.get(..line.floor_char_boundary(MAX_LINE)).unwrap_or_default();
            start.matches(separator).count()
        };
        let total: usize = all.iter().map(count).sum();
        if total > best.0 {
            best = (total, separator);
        }
    }
    u8::try_from(best.1).unwrap_or(b',')
}
