//! What breaks TOML's grammar, all of it. `toml_edit` stops at the first fault, so the parser beneath it is asked.

use super::codes::TextCode;
use super::reader::{Reader, shorten};
use std::ops::Range;
use toml_edit::TomlError;
use toml_parser::parser::{Event, EventKind, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError};

/// How deep values may nest, as `toml_edit` bounds it.
const MAX_NESTING: u32 = 80;

/// Reports what breaks the grammar of a text that `toml_edit` refused with `first`.
pub(super) fn report(reader: &mut Reader<'_>, first: &TomlError) {
    let text = reader.source.text();
    for fault in faults(text) {
        let range = fault.unexpected().or(fault.context());
        let range = range.map_or(text.len()..text.len(), |span| span.start()..span.end());
        let expected = expected(&fault);
        push(reader, range, fault.description(), expected);
    }
    if reader.is_clean() {
        // The grammar is whole; keys that stand twice come out when the tree is built.
        let range = first.span().unwrap_or(0..0);
        push(reader, range, first.message(), None);
    }
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
