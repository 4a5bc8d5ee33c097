//! What breaks TOML's grammar, all of it. `toml_edit` stops at the first fault, so the parser beneath it is asked.

use super::codes::TextCode;
use super::reader::{Reader, shorten};
use std::ops::Range;
use toml_edit::{Document, TomlError};
use toml_parser::parser::{Event, EventKind, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError};

/// How deep values may nest, as `toml_edit` bounds it.
const MAX_NESTING: u32 = 80;

/// The most keys that stand twice which one run shows.
const MAX_DUPLICATES: usize = 50;
/// The most bytes that are read again to find further keys that stand twice.
const MAX_READ_AGAIN: usize = 16 * 1024 * 1024;

/// Reports what makes no TOML of a text that `toml_edit` refused with `first`.
///
/// If the grammar is whole and only keys stand twice, returned is the tree without the second ones, so that the rest
/// of the text can be looked at too.
pub(super) fn report(reader: &mut Reader<'_>, first: TomlError) -> Option<WithoutDuplicates> {
    let text = reader.source.text();
    for fault in faults(text) {
        let range = fault.unexpected().or(fault.context());
        let range = range.map_or(text.len()..text.len(), |span| span.start()..span.end());
        let expected = expected(&fault);
        push(reader, range, fault.description(), expected);
    }
    if reader.is_clean() {
        duplicates(reader, first)
    } else {
        None
    }
}

/// A tree in which the keys at some places carry another name, since theirs was taken.
pub(super) struct WithoutDuplicates {
    pub(super) tree: Document<String>,
    pub(super) renamed: Vec<Range<usize>>,
}

/// Renames each key that stands twice, without moving a byte, until the tree can be built.
fn duplicates(reader: &mut Reader<'_>, first: TomlError) -> Option<WithoutDuplicates> {
    let mut text = reader.source.text().to_owned();
    let rounds = (MAX_READ_AGAIN / text.len().max(1)).clamp(1, MAX_DUPLICATES);
    let mut renamed: Vec<Range<usize>> = Vec::new();
    let mut fault = first;
    for n in 0..rounds {
        let range = fault.span().unwrap_or(0..0);
        push(reader, range.clone(), fault.message(), None);
        text.get(range.clone()).filter(|_| !renamed.contains(&range))?;
        text.replace_range(range.clone(), &format!("{n:_>width$}", width = range.len()));
        renamed.push(range);
        match Document::parse(text.clone()) {
            Ok(tree) => return Some(WithoutDuplicates { tree, renamed }),
            Err(next) => fault = next,
        }
    }
    None
}

fn push(reader: &mut Reader<'_>, range: Range<usize>, message: &str, help: Option<String>) {
    let (code, message, help) = if message.starts_with("duplicate key") {
        let name = reader.source.text().get(range.clone()).unwrap_or_default();
        (
            TextCode::DuplicateKey,
            format!("`{}` stands twice", shorten(name)),
            Some(
                "keep the one that is meant; entries that repeat have double brackets: `[[zone]]`".to_owned(),
            ),
        )
    } else {
        (TextCode::InvalidToml, message.to_owned(), help)
    };
    let mut error = reader.error(code, range, message);
    error.help = help;
    reader.push(error);
}

fn expected(fault: &ParseError) -> Option<String> {
    let words: Vec<_> = fault
        .expected()?
        .iter()
        .filter_map(|expected| match expected {
            Expected::Literal("\n") => Some("a new line".to_owned()),
            Expected::Literal(text) => Some(format!("`{text}`")),
            Expected::Description(text) => Some((*text).to_owned()),
            _ => None,
        })
        .collect();
    match words.split_last() {
        None => None,
        Some((only, [])) => Some(format!("expected {only}")),
        Some((last, rest)) => Some(format!("expected {} or {last}", rest.join(", "))),
    }
}

/// Faults of the grammar and of single keys and values.
fn faults(text: &str) -> Vec<ParseError> {
    let source = toml_parser::Source::new(text);
    let tokens = source.lex().into_vec();
    let mut events: Vec<Event> = Vec::with_capacity(tokens.len());
    let mut faults: Vec<ParseError> = Vec::new();
    {
        let mut checked = ValidateWhitespace::new(&mut events, source);
        let mut guarded = RecursionGuard::new(&mut checked, MAX_NESTING);
        parse_document(&tokens, &mut guarded, &mut faults);
    }
    for event in &events {
        decode(source, event, &mut faults);
    }
    faults
}

fn decode(source: toml_parser::Source<'_>, event: &Event, faults: &mut dyn ErrorSink) {
    let Some(raw) = source.get(event) else {
        return;
    };
    let mut decoded = std::borrow::Cow::Borrowed("");
    match event.kind() {
        EventKind::SimpleKey => {
            raw.decode_key(&mut decoded, faults);
        }
        EventKind::Scalar => {
            let _kind = raw.decode_scalar(&mut decoded, faults);
        }
        _ => {}
    }
}
