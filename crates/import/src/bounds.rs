//! Every bound of what is read. What lies beyond one is set aside or refused, and said.

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes that come out of a packed file, all its parts together.
pub const MAX_UNPACKED_BYTES: u64 = 128 * 1024 * 1024;
/// The most parts that a packed file may have.
pub const MAX_PARTS: usize = 4096;
/// The deepest nesting of XML elements.
pub const MAX_XML_DEPTH: usize = 64;
/// The most XML elements that are kept.
pub const MAX_XML_ELEMENTS: usize = 1_000_000;
/// The most attributes of one XML element.
pub const MAX_XML_ATTRIBUTES: usize = 64;
/// The most bytes of text that are kept of one XML element.
pub const MAX_XML_TEXT_BYTES: usize = 4096;
/// The most assets of one file: as many as the plant model takes.
pub const MAX_ASSETS: usize = 100_000;
/// The most entries of a device catalogue.
pub const MAX_CATALOGUE: usize = 10_000;
/// The most rows of a table.
pub const MAX_ROWS: usize = 200_000;
/// The most columns of a table.
pub const MAX_COLUMNS: usize = 256;
/// The most cells of a table.
pub const MAX_CELLS: usize = 4_000_000;
/// The most records of a JSON file.
pub const MAX_RECORDS: usize = 200_000;
/// The most bytes of one row of a CSV file.
pub const MAX_ROW_BYTES: usize = 256 * 1024;
/// In how many rows from the top the headings are looked for.
pub const MAX_ROWS_ABOVE_HEADINGS: usize = 20;
/// How many rows a preview shows.
pub const MAX_PREVIEW_ROWS: usize = 10;
/// The longest value, in characters; a longer one ends in `…`.
pub const MAX_VALUE_CHARS: usize = 255;
/// The most interfaces of one asset, and as many modules and services each.
pub const MAX_PARTS_OF_ASSET: usize = 1024;
/// How many things set aside are listed; the rest is counted.
pub const MAX_SET_ASIDE_LISTED: usize = 1000;
