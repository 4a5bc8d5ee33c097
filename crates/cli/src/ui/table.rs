//! Tables that keep to the width: no frame, columns that wrap.

use super::WIDTH;
use comfy_table::{CellAlignment, ContentArrangement, presets};
use std::fmt;

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Flush left: words.
    Left,
    /// Flush right: numbers.
    Right,
}

/// A table for people.
pub(crate) struct Table {
    inner: comfy_table::Table,
}

impl Table {
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let mut inner = comfy_table::Table::new();
        inner
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
        let (names, aligns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        inner.set_header(names);
        for (column, align) in inner.column_iter_mut().zip(aligns) {
            column.set_padding((0, 2));
            column.set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        Self { inner }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.inner.add_row(cells.into_iter().map(Into::<String>::into));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.inner.lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_wrap_and_no_line_is_wider_than_the_width() {
        let mut table = Table::new([
            ("ASSET", Align::Left),
            ("PACKETS", Align::Right),
            ("WHY", Align::Left),
        ]);
        table.row([
            "10.20.1.11".to_owned(),
            "1,234".to_owned(),
            "a long reason ".repeat(30),
        ]);
        let text = table.to_string();
        assert!(text.lines().count() > 4);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
