//! What can be wrong with a file and with what stands in it.

use crate::asset::At;
use crate::bounds;

/// Why nothing of a file can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is larger than [`bounds::MAX_FILE_BYTES`].
    #[error("the file has {0} bytes, and at most {max} are read", max = bounds::MAX_FILE_BYTES)]
    TooLarge(usize),
    /// No reader knows it.
    #[error("no reader knows what is in the file")]
    UnknownFormat,
    /// There is no reader of that name.
    #[error("there is no format `{0}`")]
    NoSuchFormat(String),
    /// The file is not what the format says.
    #[error("the file is no {format}: {reason}")]
    NotThis {
        /// The format.
        format: &'static str,
        /// What is missing or broken.
        reason: String,
    },
    /// A packed file would unpack to more than [`bounds::MAX_UNPACKED_BYTES`], or has more than
    /// [`bounds::MAX_PARTS`] parts.
    #[error(
        "the packed file holds more than is unpacked ({} bytes, {} parts)",
        bounds::MAX_UNPACKED_BYTES,
        bounds::MAX_PARTS
    )]
    UnpacksTooLarge,
    /// There is no such sheet.
    #[error("there is no sheet `{wanted}`; the sheets are {}", sheets.join(", "))]
    NoSheet {
        /// What was asked for.
        wanted: String,
        /// What there is.
        sheets: Vec<String>,
    },
    /// A heading that a mapping names is not there.
    #[error("there is no column `{wanted}`; the columns are {}", columns.join(", "))]
    NoColumn {
        /// What was asked for.
        wanted: String,
        /// What there is.
        columns: Vec<String>,
    },
    /// No column tells one asset from another.
    #[error("no column is understood that tells one asset from another; the columns are {}", columns.join(", "))]
    NoIdentity {
        /// What there is.
        columns: Vec<String>,
    },
}

impl ReadError {
    /// The mend.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::TooLarge(_) | Self::UnpacksTooLarge => {
                "export a part of the inventory at a time; is it the right file?"
            }
            Self::UnknownFormat => "name the format, or save the list as CSV with a row of headings",
            Self::NoSuchFormat(_) => "use one of the formats that the help lists",
            Self::NotThis { .. } => "export the file again, or name another format",
            Self::NoSheet { .. } => "name one of the sheets",
            Self::NoColumn { .. } => "name one of the columns, as it is written in the row of headings",
            Self::NoIdentity { .. } => {
                "map a column to `id`, `name`, `serial`, `mac` or `ip`, or name a column so in the row of headings"
            }
        }
    }
}

/// How much was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One value; the rest of its record was read.
    Value,
    /// A whole record.
    Record,
    /// All that follows in the file.
    Rest,
}

impl Scope {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Record => "record",
            Self::Rest => "rest of the file",
        }
    }
}

/// Something that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it stands.
    pub at: At,
    /// How much.
    pub scope: Scope,
    /// Why.
    pub fault: Fault,
}

/// Why something was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing in the record tells it from others.
    #[error("nothing here tells the asset from others")]
    NoIdentity,
    /// A text that is no IP address.
    #[error("`{0}` is no IP address")]
    NoIp(String),
    /// A text that is no MAC address.
    #[error("`{0}` is no MAC address")]
    NoMac(String),
    /// A text that is no VLAN.
    #[error("`{0}` is no VLAN")]
    NoVlan(String),
    /// A text that is no port.
    #[error("`{0}` is no port")]
    NoPort(String),
    /// A text that is no number of the right size.
    #[error("`{text}` is no number for `{field}`")]
    NoNumber {
        /// Where it should stand.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// A role that isn't known.
    #[error("`{0}` is no role that is known")]
    NoRole(String),
    /// Something that the record must have.
    #[error("there is no `{0}`")]
    Missing(&'static str),
    /// An earlier record of the same asset says another thing.
    #[error("`{field}` is `{here}` here and `{earlier}` at {at}")]
    Contradicts {
        /// The field.
        field: &'static str,
        /// What it says here.
        here: String,
        /// What it said there.
        earlier: String,
        /// Where.
        at: At,
    },
    /// The record names another one that isn't there.
    #[error("it belongs to `{0}`, which is not in the file")]
    NoOwner(String),
    /// A formula that no value is stored for.
    #[error("the cell is a formula and no value is stored with it")]
    FormulaWithoutValue,
    /// An error value of a spreadsheet: `#REF!`.
    #[error("the cell shows the error `{0}`")]
    CellError(String),
    /// The row is longer than [`bounds::MAX_ROW_BYTES`].
    #[error("the row has {0} bytes")]
    RowTooLong(usize),
    /// More than a bound allows.
    #[error("there are more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// Elements lie deeper than [`bounds::MAX_XML_DEPTH`].
    #[error("elements lie more than {max} deep", max = bounds::MAX_XML_DEPTH)]
    TooDeep,
    /// The file breaks off or is broken here.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// Bytes that are no text in the file's encoding.
    #[error("bytes that are no {0} were replaced")]
    Encoding(&'static str),
}

impl Fault {
    /// The mend.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoIdentity => "give it an identifier, a name, a serial number or an address",
            Self::NoIp(_) => "write it like `10.20.1.7` or `fd00::7`",
            Self::NoMac(_) => "write it like `00:1b:1b:aa:bb:cc`",
            Self::NoVlan(_) => "VLANs go from 0 to 4095",
            Self::NoPort(_) => "ports go from 0 to 65535",
            Self::NoNumber { .. } => "write a number as the format's definition says, decimal or with 0x",
            Self::NoRole(_) => "use a role of the plant model: `plc`, `hmi`, `switch`",
            Self::Missing(_) => "complete the record in the source and export it again",
            Self::Contradicts { .. } => "decide in the source which one is right; the first was taken",
            Self::NoOwner(_) => "export what it belongs to into the same file",
            Self::FormulaWithoutValue => "open the workbook, let it calculate, save it again",
            Self::CellError(_) => "mend the formula, or clear the cell",
            Self::RowTooLong(_) => "a quotation mark may not be closed; mend the row",
            Self::TooMany { .. } => "split the file",
            Self::TooDeep => "is it the right file? No tool of this format nests so deep",
            Self::Damaged(_) => "export the file again; what stood before this place was read",
            Self::Encoding(_) => "save the file as UTF-8",
        }
    }
}
