//! The means of reading: sections with known keys, values with their spans, and the list of what is wrong.
//!
//! Nothing here stops at the first fault. What can't be read is reported, and the caller goes on with a stand-in, so
//! that entries keep their places and one run shows every fault.

use super::codes::TextCode;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plant::nearest;
use crate::source::Source;
use cofferdam_terms::WireText;
use std::ops::Range;
use toml_edit::{Item, TableLike, Value};

/// The most diagnostics that one text gives; what is beyond is counted.
pub const MAX_DIAGNOSTICS: usize = 1_000;

/// Collects what is wrong with a source.
pub(super) struct Reader<'t> {
    pub(super) source: &'t Source,
    diagnostics: Vec<Diagnostic>,
    dropped: usize,
}

impl<'t> Reader<'t> {
    pub(super) const fn new(source: &'t Source) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
            dropped: 0,
        }
    }

    /// An error at a range, to be pushed when it is complete.
    pub(super) fn error(
        &self,
        code: TextCode,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code.code(), Severity::Error, message).at_span(self.source.span(range))
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// What was found, in the order of the text.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.primary.span.as_ref().map(|span| span.start), d.code);
            key(a).cmp(&key(b))
        });
        if self.dropped > 0 {
            let message = format!("{} further errors are not shown", self.dropped);
            let end = self.source.text().len();
            let more = self.error(TextCode::TooManyDiagnostics, end..end, message);
            self.diagnostics.push(more);
        }
        self.diagnostics
    }

    /// Opens a section, reporting keys that it doesn't know.
    pub(super) fn section(
        &mut self,
        kind: &'static str,
        table: &'t dyn TableLike,
        head: Range<usize>,
        keys: &'static [&'static str],
    ) -> Section<'t> {
        for (name, item) in table.iter() {
            if keys.contains(&name) {
                continue;
            }
            let range = table
                .key(name)
                .and_then(toml_edit::Key::span)
                .or_else(|| item.span());
            let shown = shorten(name);
            let unknown = self.error(
                TextCode::UnknownKey,
                range.unwrap_or_else(|| head.clone()),
                format!("{kind} has no key `{shown}`"),
            );
            self.push(unknown.help(match nearest(&shown, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", keys.join(", ")),
            }));
        }
        Section { kind, table, head }
    }

    /// Reports a value of a wrong type.
    pub(super) fn wrong_type(&mut self, key: &str, range: Range<usize>, found: &str, wanted: &str) {
        let error = self.error(
            TextCode::WrongType,
            range,
            format!("`{key}` is {found}, and should be {wanted}"),
        );
        self.push(error);
    }

    /// A value that must be a text.
    pub(super) fn text(&mut self, field: &Field<'t>) -> Option<&'t str> {
        match field.value.as_str() {
            Some(text) => Some(text),
            None => {
                self.wrong_type(
                    field.key,
                    field.range.clone(),
                    a(field.value.type_name()),
                    "a text in quotes",
                );
                None
            }
        }
    }

    /// A value that must be a list; each element as a field of the same key.
    pub(super) fn list(&mut self, field: &Field<'t>) -> Vec<Field<'t>> {
        match field.value.as_array() {
            Some(array) => array
                .iter()
                .map(|value| Field {
                    key: field.key,
                    value,
                    range: value.span().unwrap_or_else(|| field.range.clone()),
                })
                .collect(),
            None => {
                self.wrong_type(
                    field.key,
                    field.range.clone(),
                    a(field.value.type_name()),
                    "a list in brackets",
                );
                Vec::new()
            }
        }
    }

    /// One of a fixed set of words.
    pub(super) fn word<T: Copy>(
        &mut self,
        field: &Field<'t>,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.text(field)?;
        let found = all.iter().copied().find(|value| name(*value) == text);
        if found.is_none() {
            let shown = shorten(text);
            let words: Vec<_> = all.iter().map(|value| name(*value)).collect();
            let help = match nearest(&shown, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? The words are {}", words.join(", ")),
                None => format!("the words are {}", words.join(", ")),
            };
            let error = self
                .error(
                    TextCode::UnknownWord,
                    field.range.clone(),
                    format!("`{shown}` is none of the words for `{}`", field.key),
                )
                .help(help);
            self.push(error);
        }
        found
    }

    /// A text that another type reads; its error becomes the diagnostic.
    pub(super) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        field: &Field<'t>,
        code: TextCode,
        forms: Option<&str>,
    ) -> Option<T> {
        let text = self.text(field)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(fault) => {
                let mut error = self.error(code, field.range.clone(), shorten(&fault.to_string()));
                error.help = forms.map(str::to_owned);
                self.push(error);
                None
            }
        }
    }
}

/// A section or inline table that is being read.
pub(super) struct Section<'t> {
    /// What it is, for messages: `zone`.
    pub(super) kind: &'static str,
    pub(super) table: &'t dyn TableLike,
    /// Its header, or the whole of an inline table.
    pub(super) head: Range<usize>,
}

impl<'t> Section<'t> {
    /// A key's value, if the key is there.
    pub(super) fn optional(&self, reader: &mut Reader<'t>, key: &'static str) -> Option<Field<'t>> {
        let item = self.table.get(key)?;
        match item {
            Item::Value(value) => Some(Field {
                key,
                value,
                range: value.span().unwrap_or_else(|| self.head.clone()),
            }),
            Item::None => None,
            Item::Table(_) | Item::ArrayOfTables(_) => {
                let range = item.span().unwrap_or_else(|| self.head.clone());
                reader.wrong_type(key, range, "a section", "a value behind `=`");
                None
            }
        }
    }

    /// A key's value; reports when it isn't there.
    pub(super) fn required(&self, reader: &mut Reader<'t>, key: &'static str) -> Option<Field<'t>> {
        if self.table.get(key).is_none() {
            let error = reader
                .error(
                    TextCode::MissingKey,
                    self.head.clone(),
                    format!("{} has no `{key}`", self.kind),
                )
                .help(format!("add `{key} = …`"));
            reader.push(error);
        }
        self.optional(reader, key)
    }
}

/// A value with its key and range.
#[derive(Clone)]
pub(super) struct Field<'t> {
    pub(super) key: &'static str,
    pub(super) value: &'t Value,
    pub(super) range: Range<usize>,
}

/// A TOML type's name with its article.
pub(super) fn a(type_name: &str) -> &'static str {
    match type_name {
        "string" => "a text",
        "integer" => "a whole number",
        "float" => "a number",
        "boolean" => "true or false",
        "datetime" => "a time",
        "array" => "a list",
        "inline table" => "a table in braces",
        _ => "something else",
    }
}

/// A text from the file as messages show it: cut, and with what could move a cursor escaped.
pub(super) fn shorten(text: &str) -> String {
    const MAX_SHOWN: usize = 120;
    let (shown, more) = match text.char_indices().nth(MAX_SHOWN) {
        Some((cut, _)) => (text.get(..cut).unwrap_or_default(), "…"),
        None => (text, ""),
    };
    format!("{}{more}", WireText::from_wire(shown.as_bytes()))
}
