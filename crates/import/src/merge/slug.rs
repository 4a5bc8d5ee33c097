//! Identifiers for new assets, made of what the file calls them: the same file gives the same identifiers.

use cofferdam_plant::AssetId;
use std::collections::BTreeMap;

/// The longest identifier that the plant model takes, with room for a number behind it.
const MAX: usize = 56;

/// Lower-case letters, digits and single hyphens out of any text; nothing, if nothing is left.
pub(super) fn slug(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if out.len() >= MAX {
            break;
        }
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    (!out.is_empty()).then(|| out.to_owned())
}

/// Identifiers that are given out, each once.
#[derive(Default)]
pub(super) struct Ids {
    /// How often a start was asked for, so that the next free number is found at once.
    asked: BTreeMap<String, usize>,
}

impl Ids {
    /// The first of the wishes that makes an identifier, with a number behind it if it is taken.
    pub(super) fn next<'w>(
        &mut self,
        wishes: impl IntoIterator<Item = &'w str>,
        taken: impl Fn(&AssetId) -> bool,
    ) -> Option<AssetId> {
        let start = wishes
            .into_iter()
            .find_map(slug)
            .unwrap_or_else(|| "asset".to_owned());
        let number = self.asked.entry(start.clone()).or_insert(0);
        loop {
            *number += 1;
            let text = match *number {
                1 => start.clone(),
                number => format!("{start}-{number}"),
            };
            let id = text.parse().ok()?;
            if !taken(&id) {
                return Some(id);
            }
        }
    }
}
