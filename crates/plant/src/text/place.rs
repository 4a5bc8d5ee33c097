//! From a place in the model to its bytes in the text.

use super::patch::Elements;
use crate::diagnostic::TextEdit;
use crate::plant::{Place, Step, Table};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value};

/// The bytes of a place: the value that its path names, or of the last step that is there. An entry as a whole is
/// shown at its `id`, since a header says nothing.
pub(super) fn range_of<S: AsRef<str>>(tree: &Document<S>, place: &Place) -> Range<usize> {
    let Some(entry) = entry(tree.as_table(), place.table, place.index) else {
        return 0..0;
    };
    follow(entry, &place.path)
}

/// An entry's section.
pub(super) fn entry(root: &toml_edit::Table, table: Table, index: usize) -> Option<&toml_edit::Table> {
    match (table, root.get(table.name())?) {
        (Table::Site, item) => item.as_table(),
        (_, item) => item.as_array_of_tables()?.get(index),
    }
}

fn follow(entry: &toml_edit::Table, path: &[Step]) -> Range<usize> {
    let mut here = Node::Section(entry);
    for step in path {
        match here.step(step) {
            Some(next) => here = next,
            None => break,
        }
    }
    here.range()
}

/// The bytes of the value that a path names, if it is there.
pub(super) fn value_range<S: AsRef<str>>(tree: &Document<S>, place: &Place) -> Option<Range<usize>> {
    match node(tree, place, &place.path)? {
        Node::Value(value) => value.span(),
        Node::Section(_) | Node::Sections(_) => None,
    }
}

/// The replacement that takes an element out of its list; the last one stays, since some lists must not be empty.
pub(super) fn removal<S: AsRef<str>>(tree: &Document<S>, text: &str, place: &Place) -> Option<TextEdit> {
    let (Step::Index(n), path) = place.path.split_last()? else {
        return None;
    };
    let Node::Value(Value::Array(array)) = node(tree, place, path)? else {
        return None;
    };
    let kept: Vec<bool> = (0..array.len()).map(|at| at != *n).collect();
    let edits = Elements::new(array)?.edits(text, &kept, &[])?;
    edits.into_iter().next()
}

fn node<'t, S: AsRef<str>>(tree: &'t Document<S>, place: &Place, path: &[Step]) -> Option<Node<'t>> {
    let entry = entry(tree.as_table(), place.table, place.index)?;
    path.iter()
        .try_fold(Node::Section(entry), |here, step| here.step(step))
}

/// Something that a path leads to.
#[derive(Clone, Copy)]
enum Node<'t> {
    Section(&'t toml_edit::Table),
    Sections(&'t toml_edit::ArrayOfTables),
    Value(&'t Value),
}

impl<'t> Node<'t> {
    fn step(self, step: &Step) -> Option<Node<'t>> {
        match (self, step) {
            (Node::Section(table), Step::Key(key)) => Node::of(table.get(key)?),
            (Node::Value(Value::InlineTable(table)), Step::Key(key)) => Node::of(TableLike::get(table, key)?),
            (Node::Sections(array), Step::Index(index)) => array.get(*index).map(Node::Section),
            (Node::Value(Value::Array(array)), Step::Index(index)) => array.get(*index).map(Node::Value),
            (Node::Section(_) | Node::Sections(_) | Node::Value(_), Step::Key(_) | Step::Index(_)) => None,
        }
    }

    fn of(item: &'t Item) -> Option<Node<'t>> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(Node::Value(value)),
            Item::Table(table) => Some(Node::Section(table)),
            Item::ArrayOfTables(array) => Some(Node::Sections(array)),
        }
    }

    fn range(self) -> Range<usize> {
        let span = match self {
            Node::Section(table) => table.get("id").and_then(Item::span).or_else(|| table.span()),
            Node::Sections(array) => array.iter().next().and_then(toml_edit::Table::span),
            Node::Value(value) => value.span(),
        };
        span.unwrap_or_default()
    }
}
