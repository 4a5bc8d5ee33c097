//! The configuration's tree, flat: each entry with the sections that it stands in and what is set in it.

use crate::backends::text::words;
use crate::filter::Span;

/// The deepest that sections may lie in sections; deeper ones are passed over.
const MAX_DEPTH: usize = 16;

/// `set KEY VALUES…` of an entry.
#[derive(Clone, Debug)]
pub(super) struct Setting<'t> {
    pub(super) key: &'t str,
    pub(super) values: Vec<&'t str>,
    pub(super) span: Span,
    pub(super) text: &'t str,
}

/// An entry (`edit NAME`), or a section's own settings.
#[derive(Clone, Debug)]
pub(super) struct Entry<'t> {
    /// The virtual domain that it belongs to.
    pub(super) domain: &'t str,
    /// `firewall policy`: the section's words.
    pub(super) section: String,
    pub(super) name: &'t str,
    pub(super) settings: Vec<Setting<'t>>,
    pub(super) span: Span,
}

impl<'t> Entry<'t> {
    pub(super) fn get(&self, key: &str) -> Option<&Setting<'t>> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    pub(super) fn word(&self, key: &str) -> Option<&'t str> {
        self.get(key)?.values.first().copied()
    }

    pub(super) fn words(&self, key: &str) -> Vec<&'t str> {
        self.get(key)
            .map(|setting| setting.values.clone())
            .unwrap_or_default()
    }
}

/// A statement that stands in no entry or is no statement at all.
pub(super) struct Stray<'t> {
    pub(super) span: Span,
    pub(super) text: &'t str,
}

struct Open<'t> {
    section: String,
    entry: Option<Entry<'t>>,
}

/// Entries in the order in which they end, and what was not understood.
pub(super) fn entries(text: &str) -> (Vec<Entry<'_>>, Vec<Stray<'_>>) {
    let (mut out, mut strays) = (Vec::new(), Vec::new());
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut domain = "root";
    for (span, statement) in statements(text) {
        let words = words(statement);
        let Some((verb, rest)) = words.split_first() else {
            continue;
        };
        match *verb {
            "config" if open.len() < MAX_DEPTH => open.push(Open {
                section: rest.join(" "),
                entry: None,
            }),
            "edit" => {
                let name = rest.first().copied().unwrap_or_default();
                let Some(top) = open.last_mut() else {
                    strays.push(Stray {
                        span,
                        text: statement,
                    });
                    continue;
                };
                out.extend(top.entry.take());
                if top.section == "vdom" {
                    domain = name;
                } else {
                    top.entry = Some(entry(domain, &top.section, name, span));
                }
            }
            "set" => match (open.last_mut(), rest.split_first()) {
                (Some(top), Some((key, values))) => {
                    let section = top.section.clone();
                    let own = top.entry.get_or_insert_with(|| entry(domain, &section, "", span));
                    own.span.last = span.last;
                    own.settings.push(Setting {
                        key,
                        values: values.to_vec(),
                        span,
                        text: statement,
                    });
                }
                (Some(_) | None, _) => strays.push(Stray {
                    span,
                    text: statement,
                }),
            },
            "next" => {
                if let Some(top) = open.last_mut() {
                    out.extend(top.entry.take());
                }
            }
            "end" => {
                if let Some(top) = open.pop() {
                    out.extend(top.entry);
                }
            }
            "unset" | "delete" | "purge" => {}
            word if word.starts_with('#') => {}
            _ => strays.push(Stray {
                span,
                text: statement,
            }),
        }
    }
    out.extend(open.into_iter().filter_map(|open| open.entry));
    (out, strays)
}

fn entry<'t>(domain: &'t str, section: &str, name: &'t str, span: Span) -> Entry<'t> {
    Entry {
        domain,
        section: section.to_owned(),
        name,
        settings: Vec::new(),
        span,
    }
}

/// Lines; a quotation that is not closed in its line goes on in the next (banners, certificates).
fn statements(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = 0usize;
    let mut number = 0u32;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let first = number + 1;
        let mut length = 0usize;
        let mut quoted = false;
        for line in rest.split_inclusive('\n') {
            number += 1;
            length += line.len();
            let comment = !quoted && line.trim_start().starts_with('#');
            if !comment && quotes(line) % 2 == 1 {
                quoted = !quoted;
            }
            if !quoted {
                break;
            }
        }
        at += length;
        let span = Span { first, last: number };
        Some((span, rest.get(..length).unwrap_or_default().trim()))
    })
}

fn quotes(line: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for c in line.chars() {
        count += usize::from(c == '"' && !escaped);
        escaped = c == '\\' && !escaped;
    }
    count
}
