//! Stretches of text that belong together, and putting replacements into a text.
//!
//! All edits of a document are replacements of stretches, so that every byte outside them stays as a person wrote it.

use crate::diagnostic::TextEdit;
use std::ops::Range;
use toml_edit::{Array, Item, Table};

/// Puts replacements into a text, those at one place in their order. Ones that overlap an earlier one are left out;
/// returned is also how many were put in.
pub(super) fn apply(text: &str, mut edits: Vec<TextEdit>) -> (String, usize) {
    // Stable: insertions at one place stay in order, and stand before a removal that starts there.
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut count = 0;
    for edit in &edits {
        let Some(before) = text.get(done..edit.range.start) else {
            continue;
        };
        out.push_str(before);
        out.push_str(&edit.replacement);
        done = edit.range.end;
        count += 1;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (out, count)
}

pub(super) fn replace(range: Range<usize>, replacement: impl Into<String>) -> TextEdit {
    TextEdit {
        range,
        replacement: replacement.into(),
    }
}

/// The start of the line that a byte is on.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// The start of the line after the one that a byte is on; the text's end on the last.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    let after = text.get(at..).unwrap_or_default();
    after.find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The spaces that the line of a byte begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = text.get(line_start(text, at)..).unwrap_or_default();
    let length = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..length).unwrap_or_default()
}

/// An insertion of whole lines at the start of a line, or at the end of a text whose last line lacks its end.
pub(super) fn insert_lines(text: &str, at: usize, lines: &str) -> TextEdit {
    let unended = at == text.len() && !text.is_empty() && !text.ends_with('\n');
    replace(at..at, format!("{}{lines}", if unended { "\n" } else { "" }))
}

/// The end of a section's own keys: the start of the line after the last. Sections below it don't count.
pub(super) fn own_end(text: &str, section: &Table) -> usize {
    let values = section
        .iter()
        .filter_map(|(_, item)| item.as_value().and_then(toml_edit::Value::span));
    let ends = section.span().into_iter().chain(values).map(|span| span.end);
    next_line(text, ends.max().unwrap_or(0))
}

/// A section's header and own keys, with the comment lines that touch it from above.
pub(super) fn block(text: &str, section: &Table) -> Range<usize> {
    let header = section.span().unwrap_or_default().start;
    let mut start = line_start(text, header);
    while start > 0 {
        let above = line_start(text, start - 1);
        let line = text.get(above..start).unwrap_or_default();
        if !line.trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start..own_end(text, section)
}

/// The blank line before a block, if there is one.
pub(super) fn blank_before(text: &str, block: &Range<usize>) -> Option<Range<usize>> {
    let before = line_start(text, block.start.checked_sub(1)?)..block.start;
    is_blank(text, &before).then_some(before)
}

/// Takes a block out, with the blank line before it if one would be left after it. What is put in at the end of the
/// block is not touched.
pub(super) fn remove_block(text: &str, block: Range<usize>) -> TextEdit {
    let after = block.end..next_line(text, block.end);
    let before = blank_before(text, &block).filter(|_| is_blank(text, &after));
    let start = before.map_or(block.start, |before| before.start);
    replace(start..block.end, "")
}

fn is_blank(text: &str, line: &Range<usize>) -> bool {
    text.get(line.clone()).is_some_and(|line| line.trim().is_empty())
}

/// Takes a key with its value out, the rest of its line included.
pub(super) fn remove_key(text: &str, section: &Table, key: &str) -> Option<TextEdit> {
    let start = section.key(key)?.span()?.start;
    let end = section.get(key)?.span()?.end;
    Some(replace(line_start(text, start)..next_line(text, end), ""))
}

/// Puts a key in, after the nearest of those that stand before it in the fixed order.
pub(super) fn insert_key(text: &str, section: &Table, order: &[&str], key: &str, value: &str) -> TextEdit {
    let earlier = order.iter().take_while(|known| **known != key);
    let span = earlier
        .filter_map(|known| section.get(known).and_then(Item::as_value)?.span())
        .last()
        .or_else(|| section.span())
        .unwrap_or_default();
    let line = format!(
        "{}{key} = {value}\n",
        indent(text, section.span().unwrap_or_default().start)
    );
    insert_lines(text, next_line(text, span.end), &line)
}

/// Elements of a list in the text.
pub(super) struct Elements {
    spans: Vec<Range<usize>>,
    /// The list with its brackets.
    whole: Range<usize>,
}

impl Elements {
    pub(super) fn new(array: &Array) -> Option<Self> {
        Some(Self {
            spans: array.iter().map(toml_edit::Value::span).collect::<Option<_>>()?,
            whole: array.span()?,
        })
    }

    /// Takes the elements out that aren't kept and puts others in at the end. `None` if no element is kept, so that
    /// there is nothing to go by.
    pub(super) fn edits(&self, text: &str, kept: &[bool], added: &[String]) -> Option<Vec<TextEdit>> {
        if !kept.contains(&true) || kept.len() != self.spans.len() {
            return None;
        }
        let mut edits = Vec::new();
        let mut n = 0;
        while n < kept.len() {
            let run = kept.get(n..)?.iter().take_while(|kept| !**kept).count();
            if run > 0 {
                self.remove(text, n, n + run - 1, &mut edits)?;
            }
            n += run.max(1);
        }
        self.append(text, added, &mut edits)?;
        Some(edits)
    }

    /// Takes out the elements from the first to the last, of which not all there are.
    fn remove(&self, text: &str, first: usize, last: usize, edits: &mut Vec<TextEdit>) -> Option<()> {
        let lines: Option<Vec<_>> = (first..=last).map(|n| self.own_lines(text, n)).collect();
        if let Some(lines) = lines {
            edits.extend(lines.into_iter().map(|line| replace(line, "")));
            return Some(());
        }
        let range = match self.spans.get(last + 1) {
            Some(next) => self.spans.get(first)?.start..next.start,
            None => self.spans.get(first.checked_sub(1)?)?.end..self.spans.get(last)?.end,
        };
        edits.push(replace(range, ""));
        Some(())
    }

    fn append(&self, text: &str, added: &[String], edits: &mut Vec<TextEdit>) -> Option<()> {
        let last = self.spans.len().checked_sub(1)?;
        let end = self.spans.get(last)?.end;
        match self.own_lines(text, last) {
            None => edits.extend(
                added
                    .iter()
                    .map(|element| replace(end..end, format!(", {element}"))),
            ),
            Some(lines) => {
                if !added.is_empty() && !self.has_comma(text, end) {
                    edits.push(replace(end..end, ","));
                }
                let indent = indent(text, end);
                let at = lines.end;
                edits.extend(
                    added
                        .iter()
                        .map(|element| replace(at..at, format!("{indent}{element},\n"))),
                );
            }
        }
        Some(())
    }

    fn has_comma(&self, text: &str, end: usize) -> bool {
        let rest = text.get(end..self.whole.end).unwrap_or_default();
        rest.trim_start().starts_with(',')
    }

    /// The lines of an element that has them to itself, with its comma and a comment behind it.
    fn own_lines(&self, text: &str, n: usize) -> Option<Range<usize>> {
        let span = self.spans.get(n)?;
        let start = line_start(text, span.start);
        let end = next_line(text, span.end);
        let before = text.get(start..span.start)?;
        let after = text.get(span.end..end)?.trim();
        let after = after.strip_prefix(',').unwrap_or(after).trim_start();
        let alone = before.trim().is_empty()
            && (after.is_empty() || after.starts_with('#'))
            && self.whole.start < start
            && end < self.whole.end;
        alone.then_some(start..end)
    }
}
