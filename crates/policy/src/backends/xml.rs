//! XML as a bounded tree with lines. Entities that a file declares are never expanded.

use crate::filter::Span;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The deepest that elements may lie in elements, and the most of them; beyond either the reading ends there.
const MAX_DEPTH: usize = 64;
/// The most elements of one file.
const MAX_ELEMENTS: usize = 2_000_000;

/// An element.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    pub(super) span: Span,
}

impl Element {
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// An element by the names on the way to it.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text of a child that has some.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.child(name)
            .map(|child| child.text.trim())
            .filter(|text| !text.is_empty())
    }
}

/// What a text holds: its outermost elements as children of one without a name; and where it ends early, if it does.
pub(super) fn parse(text: &str) -> (Element, Option<Span>) {
    let mut open = vec![Element::default()];
    let mut reader = Reader::from_str(text);
    let mut lines = Lines::default();
    let mut count = 0;
    let damage = loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = lines.of(text, at);
        let damaged = Some(Span::line(line));
        if open.len() > MAX_DEPTH || count > MAX_ELEMENTS {
            break damaged;
        }
        let Ok(event) = reader.read_event() else {
            break damaged;
        };
        match event {
            Event::Start(start) => {
                count += 1;
                let name: String = start.local_name().as_ref().into();
                open.push(Element {
                    name,
                    span: Span::line(line),
                    ..Element::default()
                });
            }
            Event::Empty(start) => {
                count += 1;
                let element = Element {
                    name: start.local_name().as_ref().into(),
                    span: Span::line(line),
                    ..Element::default()
                };
                if let Some(parent) = open.last_mut() {
                    parent.children.push(element);
                }
            }
            Event::End(_) => {
                if let (Some(mut done), Some(parent)) = (open.pop(), open.last_mut()) {
                    done.span.last = line;
                    parent.children.push(done);
                }
            }
            Event::Text(words) => add(&mut open, &words.xml10_content()),
            Event::CData(words) => add(&mut open, &words.xml10_content()),
            Event::GeneralRef(reference) => {
                let named = reference.xml10_content();
                match (
                    reference.resolve_char_ref().ok().flatten(),
                    quick_xml::escape::resolve_predefined_entity(&named),
                ) {
                    (Some(character), _) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                    (None, Some(known)) => add(&mut open, known),
                    (None, None) => {}
                }
            }
            Event::Eof => break (open.len() > 1).then_some(Span::line(line)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    };
    // What was open when it ended is kept as far as it went.
    while open.len() > 1 {
        if let (Some(done), Some(parent)) = (open.pop(), open.last_mut()) {
            parent.children.push(done);
        }
    }
    (open.pop().unwrap_or_default(), damage)
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// Lines of places that only grow.
#[derive(Default)]
struct Lines {
    at: usize,
    line: u32,
}

impl Lines {
    fn of(&mut self, text: &str, at: usize) -> u32 {
        let passed = text
            .as_bytes()
            .get(self.at..at.min(text.len()))
            .unwrap_or_default();
        let count = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        self.at = self.at.max(at);
        self.line.saturating_add(1)
    }
}
