//! What a file declares: assets with where each fact stands, and device catalogues.

use crate::bounds::MAX_VALUE_CHARS;
use cofferdam_plant::{AssetId, AssetRole, Interface, Module};
use cofferdam_terms::WireText;
use std::fmt;
use std::sync::Arc;

/// Where something stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// In a text, both from 1.
    Line {
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// In a table, both from 1.
    Cell {
        /// The sheet's name; empty for a file that has but one.
        sheet: Arc<str>,
        /// The row, or for CSV the line on which the row starts.
        row: u64,
        /// The column; 0 is the whole row.
        column: usize,
    },
}

impl At {
    /// The line or row, as the plant model keeps it.
    #[must_use]
    pub fn row(&self) -> u64 {
        match self {
            Self::Line { line, .. } => u64::try_from(*line).unwrap_or(u64::MAX),
            Self::Cell { row, .. } => *row,
        }
    }
}

impl fmt::Display for At {
    /// `line 12, column 5`, `sheet Assets, cell C7`, `row 7, column 3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, column } => write!(f, "line {line}, column {column}"),
            Self::Cell { sheet, row, column } => match (sheet.is_empty(), column) {
                (true, 0) => write!(f, "row {row}"),
                (true, column) => write!(f, "row {row}, column {column}"),
                (false, 0) => write!(f, "sheet {sheet}, row {row}"),
                (false, column) => write!(f, "sheet {sheet}, cell {}{row}", letters(*column)),
            },
        }
    }
}

/// A column's letters as spreadsheets write them: 1 is `A`, 28 is `AB`.
fn letters(mut column: usize) -> String {
    let mut out = String::new();
    while column > 0 {
        let digit = u8::try_from((column - 1) % 26).unwrap_or_default();
        out.insert(0, char::from(b'A' + digit));
        column = (column - 1) / 26;
    }
    out
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the file.
    pub at: At,
}

/// By what a source tells an asset from others: `nmap:mac:00:1b:1b:aa:0b:01`. The same asset has the same key in the
/// next export of that source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey(String);

impl SourceKey {
    /// A key: the source's name, by what it tells assets apart, and the value, which is made harmless to print.
    #[must_use]
    pub fn new(source: &str, by: &str, value: &str) -> Self {
        Self(format!("{source}:{by}:{}", clean(value).unwrap_or_default()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An asset as a file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredAsset {
    /// Its key in the source.
    pub key: SourceKey,
    /// Where it stands.
    pub at: At,
    /// The identifier that the source gives it, where it can be one here.
    pub id: Option<Fact<AssetId>>,
    /// Name.
    pub name: Option<Fact<String>>,
    /// The zone's identifier or name.
    pub zone: Option<Fact<String>>,
    /// What it does.
    pub role: Option<Fact<AssetRole>>,
    /// Maker.
    pub vendor: Option<Fact<String>>,
    /// Product.
    pub product: Option<Fact<String>>,
    /// The maker's order or catalogue number.
    pub order_number: Option<Fact<String>>,
    /// Firmware or software version.
    pub firmware: Option<Fact<String>>,
    /// Operating system.
    pub os: Option<Fact<String>>,
    /// Serial number.
    pub serial: Option<Fact<String>>,
    /// Where it is reached; each has a MAC or IP address.
    pub interfaces: Vec<Fact<Interface>>,
    /// What is plugged into it.
    pub modules: Vec<Fact<Module>>,
    /// What it answers to. The plant model has no place for these: what may be used is a permit, which people decide.
    pub services: Vec<Fact<DeclaredService>>,
}

impl DeclaredAsset {
    /// An asset of which nothing else is known.
    #[must_use]
    pub const fn new(key: SourceKey, at: At) -> Self {
        Self {
            key,
            at,
            id: None,
            name: None,
            zone: None,
            role: None,
            vendor: None,
            product: None,
            order_number: None,
            firmware: None,
            os: None,
            serial: None,
            interfaces: Vec::new(),
            modules: Vec::new(),
            services: Vec::new(),
        }
    }
}

/// A service that a scanner found open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeclaredService {
    /// `tcp`, `udp`, `sctp`.
    pub transport: String,
    /// The port.
    pub port: u16,
    /// What the scanner takes it for: `modbus`.
    pub name: Option<String>,
    /// What answers there: `Schneider Electric BMX P34 2020 2.8`.
    pub product: Option<String>,
}

/// How devices of a kind name themselves on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceCode {
    /// PROFINET, as DCP and the I&M records carry it.
    Profinet {
        /// The vendor's number.
        vendor: u16,
        /// The device's number within the vendor.
        device: u16,
    },
    /// CIP identity object (EtherNet/IP, DeviceNet, ControlNet).
    Cip {
        /// The vendor's number.
        vendor: u16,
        /// The product type.
        product_type: u16,
        /// The product code within the vendor and type.
        product_code: u16,
    },
    /// CANopen identity object 0x1018.
    CanOpen {
        /// The vendor's number.
        vendor: u32,
        /// The product's number.
        product: u32,
    },
}

impl fmt::Display for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profinet { vendor, device } => write!(f, "profinet 0x{vendor:04x}/0x{device:04x}"),
            Self::Cip {
                vendor,
                product_type,
                product_code,
            } => write!(f, "cip {vendor}/{product_type}/{product_code}"),
            Self::CanOpen { vendor, product } => write!(f, "canopen 0x{vendor:08x}/0x{product:08x}"),
        }
    }
}

/// One product of a device description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// By what it is known on the wire.
    pub code: DeviceCode,
    /// Where it stands.
    pub at: At,
    /// Maker.
    pub vendor: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// The maker's order or catalogue number.
    pub order_number: Option<String>,
    /// The revision that the description is for.
    pub revision: Option<String>,
}

/// A text of a file as it is kept: trimmed, cut to [`MAX_VALUE_CHARS`], and with what could move a cursor or hide
/// escaped. Nothing, if nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let kept = match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    };
    Some(WireText::from_stored(&kept).as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (column, expected) in [
            (1, "A"),
            (26, "Z"),
            (27, "AA"),
            (28, "AB"),
            (702, "ZZ"),
            (703, "AAA"),
        ] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn a_cleaned_text_is_bounded_and_harmless_and_stays_when_cleaned_again() {
        for text in ["  a\u{1b}[2J ", &"ä".repeat(1000), "a\nb", "\u{202e}x", "C:\\x"] {
            let once = clean(text).unwrap();
            assert!(!once.chars().any(char::is_control), "{once}");
            if once.chars().count() <= MAX_VALUE_CHARS {
                assert_eq!(clean(&once).as_ref(), Some(&once));
            }
        }
        assert_eq!(clean(" \t "), None);
    }
}
