//! A text with its name, and places in it as people count them.

use std::ops::Range;
use std::sync::Arc;

/// A text that diagnostics point into. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Where each line starts, in bytes; the first is 0.
    lines: Arc<[usize]>,
}

/// A stretch of a source, in bytes and as lines and columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The source's name, most often a file's.
    pub file: Arc<str>,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line and column of the first byte.
    pub from: LineColumn,
    /// The line and column after the last byte.
    pub to: LineColumn,
}

/// A place as editors count: lines and columns from 1, columns in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Source {
    /// A source from its name and text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: name.into(),
            text: text.into(),
            lines: std::iter::once(0).chain(starts).collect(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The span of a range of bytes. A range that leaves the text or cuts a character is moved to what is there.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end).max(start);
        Span {
            file: Arc::clone(&self.name),
            start,
            end,
            from: self.line_column(start),
            to: self.line_column(end),
        }
    }

    /// Where a line starts, from 1; the text's end for lines after the last.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied();
        start.unwrap_or(self.text.len())
    }

    /// How many lines there are, an empty last one included.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    fn line_column(&self, at: usize) -> LineColumn {
        let line = self.lines.partition_point(|start| *start <= at);
        let before = self.text.get(self.line_start(line)..at).unwrap_or_default();
        LineColumn {
            line,
            column: 1 + before.chars().count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let source = Source::new("f", "ab\nzö: x\n");
        let at = |range: Range<usize>| {
            let span = source.span(range);
            (span.from.line, span.from.column, span.to.line, span.to.column)
        };
        assert_eq!(at(0..1), (1, 1, 1, 2));
        assert_eq!(at(3..6), (2, 1, 2, 3), "ö is two bytes and one column");
        assert_eq!(at(5..5), (2, 2, 2, 3), "the middle of ö widens to all of it");
        assert_eq!(at(900..2000), (3, 1, 3, 1), "past the end is the end");
    }
}
