//! Two policies on the same traffic: what one cuts and the other does not.

use super::report::{CutBy, Finding, ShadowReport};
use crate::conversation::ConversationKey;
use std::collections::BTreeMap;

/// What changes from one policy to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison<'a> {
    /// In one sentence.
    pub sentence: String,
    /// Each cut that only one of them makes, or that they make to another extent, ordered by conversation.
    pub changes: Vec<Change<'a>>,
    /// How many cuts both make alike.
    pub same: usize,
}

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change<'a> {
    /// The second policy cuts it and the first does not.
    NewlyCut(&'a Finding),
    /// The first policy cuts it and the second does not.
    NoLongerCut(&'a Finding),
    /// Both cut it, of different amount or operations: first and second.
    CutOtherwise(&'a Finding, &'a Finding),
}

/// Compares the reports of two policies on the same records.
#[must_use]
pub fn compare<'a>(first: &'a ShadowReport, second: &'a ShadowReport) -> Comparison<'a> {
    let by_key = |report: &'a ShadowReport| -> BTreeMap<(ConversationKey, CutBy), &'a Finding> {
        let findings = report.findings.iter();
        findings
            .map(|finding| ((finding.key, finding.cut_by), finding))
            .collect()
    };
    let (before, after) = (by_key(first), by_key(second));
    let mut changes: BTreeMap<(ConversationKey, CutBy), Change<'a>> = BTreeMap::new();
    let mut same = 0;
    for (key, finding) in &before {
        match after.get(key) {
            None => {
                changes.insert(*key, Change::NoLongerCut(finding));
            }
            Some(other) if finding.amount == other.amount && finding.classes() == other.classes() => {
                same += 1
            }
            Some(other) => {
                changes.insert(*key, Change::CutOtherwise(finding, other));
            }
        }
    }
    for (key, finding) in &after {
        if !before.contains_key(key) {
            changes.insert(*key, Change::NewlyCut(finding));
        }
    }
    let changes: Vec<_> = changes.into_values().collect();
    let count = |is: fn(&Change<'_>) -> bool| changes.iter().filter(|change| is(change)).count();
    let sentence = format!(
        "Of the same traffic, the second policy would cut {} more service uses, {} fewer, {} to another extent, and {same} alike.",
        count(|change| matches!(change, Change::NewlyCut(_))),
        count(|change| matches!(change, Change::NoLongerCut(_))),
        count(|change| matches!(change, Change::CutOtherwise(..))),
    );
    Comparison {
        sentence,
        changes,
        same,
    }
}
