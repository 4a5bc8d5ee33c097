//! The replacements that make a text say another model, leaving everything else in it as it was.
//!
//! Entries are told apart by id. Those that differ have just the keys rewritten that differ, and of lists just the
//! elements. Entries and elements keep the order in which they stand; new ones come after their predecessors.

use super::patch::{self, Elements};
use super::place;
use super::write::{self, Keys, Written};
use super::{Document, keys};
use crate::diagnostic::TextEdit;
use crate::model::{Conduit, Permit};
use crate::plant::{Plant, Table};
use std::collections::BTreeMap;
use toml_edit::{ArrayOfTables, Item};

/// The replacements that bring a document to a model.
pub(super) fn edits(document: &Document, to: &Plant) -> Vec<TextEdit> {
    let mut change = Change {
        text: document.text(),
        root: document.tree.as_table(),
        keys: Vec::new(),
        permits: Vec::new(),
        entries: Vec::new(),
    };
    let from = document.plant();
    if let Some(section) = place::entry(change.root, Table::Site, 0) {
        change.keys(
            section,
            keys::SITE,
            &write::site(from.site()),
            &write::site(to.site()),
        );
    }
    change.entries(&Kind {
        table: Table::EnforcementPoint,
        order: keys::ENFORCEMENT_POINT,
        from: from.enforcement_points(),
        to: to.enforcement_points(),
        id: |point| point.id.as_str(),
        keys: write::enforcement_point,
        block: |point| write::block("[[enforcement-point]]", &write::enforcement_point(point)),
    });
    change.entries(&Kind {
        table: Table::Zone,
        order: keys::ZONE,
        from: from.zones(),
        to: to.zones(),
        id: |zone| zone.id.as_str(),
        keys: write::zone,
        block: |zone| write::block("[[zone]]", &write::zone(zone)),
    });
    change.entries(&Kind {
        table: Table::Asset,
        order: keys::ASSET,
        from: from.assets(),
        to: to.assets(),
        id: |asset| asset.id.as_str(),
        keys: write::asset,
        block: |asset| write::block("[[asset]]", &write::asset(asset)),
    });
    change.entries(&Kind {
        table: Table::Conduit,
        order: keys::CONDUIT,
        from: from.conduits(),
        to: to.conduits(),
        id: |conduit| conduit.id.as_str(),
        keys: write::conduit,
        block: write::conduit_block,
    });
    change.permits(from.conduits(), to.conduits());
    // What comes to stand at one place comes in this order, so that no key ends up in another section.
    let Change {
        keys,
        permits,
        entries,
        ..
    } = change;
    [keys, permits, entries].concat()
}

struct Change<'d> {
    text: &'d str,
    root: &'d toml_edit::Table,
    keys: Vec<TextEdit>,
    permits: Vec<TextEdit>,
    entries: Vec<TextEdit>,
}

/// One kind of entry: how it is told apart and written.
struct Kind<'p, T> {
    table: Table,
    order: &'static [&'static str],
    from: &'p [T],
    to: &'p [T],
    id: fn(&T) -> &str,
    keys: fn(&T) -> Keys,
    block: fn(&T) -> String,
}

impl<'d> Change<'d> {
    fn entries<T>(&mut self, kind: &Kind<'_, T>) {
        let sections = self
            .root
            .get(kind.table.name())
            .and_then(Item::as_array_of_tables);
        // Where the first entry would go if none stood before it: before all others, else at the text's end.
        let head = match sections.and_then(|sections| sections.get(0)) {
            Some(first) => {
                let block = patch::block(self.text, first);
                match patch::blank_before(self.text, &block) {
                    Some(blank) => Head::After(blank.start),
                    None => Head::Before(block.start),
                }
            }
            None => Head::After(self.text.len()),
        };
        let edits = self.sections(kind, sections, head);
        self.entries.extend(edits);
    }

    /// Brings the sections of one kind to what they shall be: their keys at once, whole sections as edits.
    fn sections<T>(
        &mut self,
        kind: &Kind<'_, T>,
        sections: Option<&'d ArrayOfTables>,
        head: Head,
    ) -> Vec<TextEdit> {
        let mut edits = Vec::new();
        let section = |at: usize| sections.and_then(|sections| sections.get(at));
        let mut gone: BTreeMap<&str, usize> = kind
            .from
            .iter()
            .enumerate()
            .map(|(at, entry)| ((kind.id)(entry), at))
            .collect();
        let mut after = None;
        for entry in kind.to {
            match gone.remove((kind.id)(entry)) {
                Some(at) => {
                    let (Some(section), Some(old)) = (section(at), kind.from.get(at)) else {
                        continue;
                    };
                    self.keys(section, kind.order, &(kind.keys)(old), &(kind.keys)(entry));
                    after = Some(full_end(self.text, section));
                }
                None => {
                    let block = (kind.block)(entry);
                    edits.push(match (after, head) {
                        (Some(at), _) | (None, Head::After(at)) => {
                            patch::insert_lines(self.text, at, &format!("\n{block}"))
                        }
                        (None, Head::Before(at)) => patch::insert_lines(self.text, at, &format!("{block}\n")),
                    });
                }
            }
        }
        for section in gone.into_values().filter_map(section) {
            // With those below it, each by itself since others may stand between.
            let below = section.iter().filter_map(|(_, item)| item.as_array_of_tables());
            for section in std::iter::once(section).chain(below.flat_map(ArrayOfTables::iter)) {
                let block = patch::block(self.text, section);
                edits.push(patch::remove_block(self.text, block));
            }
        }
        edits
    }

    fn permits(&mut self, from: &[Conduit], to: &[Conduit]) {
        let to: BTreeMap<_, _> = to.iter().map(|conduit| (&conduit.id, conduit)).collect();
        for (at, old) in from.iter().enumerate() {
            let (Some(new), Some(section)) = (to.get(&old.id), place::entry(self.root, Table::Conduit, at))
            else {
                continue;
            };
            let kind: Kind<'_, Permit> = Kind {
                table: Table::Conduit,
                order: keys::PERMIT,
                from: &old.permits,
                to: &new.permits,
                id: |permit| permit.id.as_str(),
                keys: write::permit,
                block: |permit| write::block(write::PERMIT_HEADER, &write::permit(permit)),
            };
            let sections = section.get("permit").and_then(Item::as_array_of_tables);
            let head = Head::After(patch::own_end(self.text, section));
            let edits = self.sections(&kind, sections, head);
            self.permits.extend(edits);
        }
    }

    /// Rewrites the keys that differ.
    fn keys(&mut self, section: &toml_edit::Table, order: &[&str], from: &Keys, to: &Keys) {
        for ((key, old), (_, new)) in from.iter().zip(to).filter(|(old, new)| old != new) {
            let there = section.get(key).and_then(Item::as_value);
            let edits = match (there, new.text(key)) {
                (None, None) => continue,
                (None, Some(value)) => {
                    vec![patch::insert_key(self.text, section, order, key, &value)]
                }
                (Some(_), None) => patch::remove_key(self.text, section, key).into_iter().collect(),
                (Some(value), Some(written)) => {
                    let list = elements(self.text, key, value, old, new);
                    list.unwrap_or_else(|| {
                        let span = value.span();
                        span.map(|span| patch::replace(span, written))
                            .into_iter()
                            .collect()
                    })
                }
            };
            self.keys.extend(edits);
        }
    }
}

/// Where an entry goes that has none of its kind before it.
#[derive(Clone, Copy)]
enum Head {
    /// Before what starts here.
    Before(usize),
    /// After what ends here.
    After(usize),
}

/// The end of a section and of all sections below it.
fn full_end(text: &str, section: &toml_edit::Table) -> usize {
    let below = section
        .iter()
        .filter_map(|(_, item)| item.as_array_of_tables())
        .flat_map(ArrayOfTables::iter)
        .map(|section| patch::own_end(text, section));
    below
        .chain([patch::own_end(text, section)])
        .max()
        .unwrap_or_default()
}

/// Replacements within a list, if both are lists and an element stays.
fn elements(
    text: &str,
    key: &str,
    value: &toml_edit::Value,
    old: &Written,
    new: &Written,
) -> Option<Vec<TextEdit>> {
    let (Written::List(old), Written::List(new), Some(array)) = (old, new, value.as_array()) else {
        return None;
    };
    let elements = Elements::new(array)?;
    let mut rest = new.as_slice();
    if key == "operations" {
        // A set: it stands in whatever order, and may name a class twice.
        let words: Vec<String> = array
            .iter()
            .map(|value| write::quoted(value.as_str().unwrap_or_default()))
            .collect();
        let kept: Vec<bool> = words.iter().map(|word| new.contains(word)).collect();
        let added: Vec<String> = new.iter().filter(|word| !words.contains(word)).cloned().collect();
        return elements.edits(text, &kept, &added);
    }
    let mut kept = Vec::with_capacity(old.len());
    for element in old {
        let stays = rest.first() == Some(element);
        if stays {
            rest = rest.get(1..)?;
        }
        kept.push(stays);
    }
    elements.edits(text, &kept, rest)
}
