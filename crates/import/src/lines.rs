//! Lines and columns of a text, found fast also where a line is as long as the file.

use crate::asset::At;

/// A text and marks in it.
pub(crate) struct Lines {
    text: Box<str>,
    /// At each line's start, and at least every [`STRIDE`] bytes.
    marks: Vec<Mark>,
}

struct Mark {
    offset: usize,
    line: usize,
    column: usize,
}

/// How many bytes are looked at to count a column.
const STRIDE: usize = 1024;

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let mut marks = Vec::new();
        let (mut line, mut column) = (1, 1);
        let mut last = None;
        for (offset, c) in text.char_indices() {
            if last.is_none_or(|last| offset >= last + STRIDE) || column == 1 {
                marks.push(Mark { offset, line, column });
                last = Some(offset);
            }
            if c == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        Self {
            text: text.into(),
            marks,
        }
    }

    /// Where a byte stands; beyond the text is its end.
    pub(crate) fn at(&self, offset: usize) -> At {
        let offset = self.text.floor_char_boundary(offset);
        let after = self.marks.partition_point(|mark| mark.offset <= offset);
        let Some(mark) = after.checked_sub(1).and_then(|at| self.marks.get(at)) else {
            return At::Line { line: 1, column: 1 };
        };
        let between = self.text.get(mark.offset..offset).unwrap_or_default();
        if let Some((before, rest)) = between.rsplit_once('\n') {
            // Only the text's end lies behind a line end and has no mark of its own.
            return At::Line {
                line: mark.line + before.matches('\n').count() + 1,
                column: 1 + rest.chars().count(),
            };
        }
        At::Line {
            line: mark.line,
            column: mark.column + between.chars().count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let long = format!("ä\n{}\nend\n", "ö".repeat(10_000));
        let lines = Lines::of(&long);
        let check = |offset: usize, line: usize, column: usize| {
            assert_eq!(lines.at(offset), At::Line { line, column }, "{offset}");
        };
        check(0, 1, 1);
        check(3, 2, 1);
        check(3 + 2 * 9_999, 2, 10_000);
        check(3 + 20_000 + 1, 3, 1);
        check(3 + 20_000 + 3, 3, 3);
        check(long.len(), 4, 1);
        check(usize::MAX, 4, 1);
        assert_eq!(Lines::of("").at(5), At::Line { line: 1, column: 1 });
    }
}
