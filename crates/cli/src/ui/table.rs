//! Tables that keep to the width: no frame, columns that wrap.

use super::WIDTH;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};
use std::fmt;

/// The space behind each column.
const GAP: u16 = 2;

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Flush left: words.
    Left,
    /// Flush right: numbers.
    Right,
    /// Flush left, and wide enough for a MAC address or a time before it wraps: addresses, times.
    Whole,
}

impl Align {
    /// The width up to which cells are not wrapped.
    const fn unwrapped(self) -> usize {
        match self {
            Self::Left => 0,
            Self::Right => 12,
            Self::Whole => 19,
        }
    }
}

/// A table for people.
pub(crate) struct Table {
    inner: comfy_table::Table,
    aligns: Vec<Align>,
    /// The widest cell of each column.
    widest: Vec<usize>,
}

impl Table {
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let mut inner = comfy_table::Table::new();
        inner
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
        let (names, aligns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let widest = names.iter().map(|name: &&str| name.chars().count()).collect();
        inner.set_header(names);
        for (column, align) in inner.column_iter_mut().zip(&aligns) {
            column.set_padding((0, GAP));
            column.set_cell_alignment(match align {
                Align::Left | Align::Whole => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        Self {
            inner,
            aligns,
            widest,
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        for (widest, cell) in self.widest.iter_mut().zip(&cells) {
            *widest = (*widest).max(cell.chars().count());
        }
        self.inner.add_row(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut inner = self.inner.clone();
        let columns = inner.column_iter_mut().zip(&self.aligns).zip(&self.widest);
        for ((column, align), widest) in columns {
            let width = u16::try_from(align.unwrapped().min(*widest)).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)));
        }
        for line in inner.lines() {
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
            ("ASSET", Align::Whole),
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

    #[test]
    fn an_address_or_time_is_not_broken_where_there_is_room() {
        let mut table = Table::new([
            ("FIRST SEEN", Align::Whole),
            ("INITIATOR", Align::Whole),
            ("RESPONDER", Align::Whole),
            ("SERVICE", Align::Left),
            ("OPERATIONS", Align::Left),
        ]);
        let (time, mac) = ("2026-03-02 00:00:00", "00:50:56:5a:00:20");
        table.row([
            time,
            mac,
            mac,
            "arp ethernet-0x0806",
            &"12 read-holding-registers ".repeat(9),
        ]);
        let text = table.to_string();
        assert!(text.contains(time), "{text}");
        assert_eq!(text.matches(mac).count(), 2, "{text}");
    }
}
