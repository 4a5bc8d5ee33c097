//! One answer to each new host and service: it belongs here, it does not, or it is a provider's.

use crate::baseline::{Deviation, DeviationKind};
use crate::learning::{Act, Decision};
use crate::uses::Talker;
use cofferdam_terms::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person says of a newcomer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ruling {
    /// It belongs here: what it does becomes usual.
    Accept,
    /// It does not: all that it does is a finding, whatever the mode.
    Rogue,
    /// It is a provider's: what it does becomes usual, and is told as the provider's.
    Provider {
        /// Whose.
        name: String,
    },
}

/// What is ruled on: a host, or a host's service. Text forms: `10.0.0.7`, `10.0.0.7 modbus tcp/502`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Newcomer(pub String);

impl Newcomer {
    /// What of a deviation somebody can rule on; the service before the host.
    #[must_use]
    pub fn of(deviation: &Deviation) -> Vec<Self> {
        let hosts = match deviation.kind {
            DeviationKind::NewTalker(host) => vec![host],
            DeviationKind::NewPair
            | DeviationKind::NewService
            | DeviationKind::NewOperation(_)
            | DeviationKind::NewObject { .. }
            | DeviationKind::PeriodChanged { .. }
            | DeviationKind::Stopped { .. }
            | DeviationKind::ValueOutOfRange { .. } => {
                vec![deviation.pair.initiator, deviation.pair.responder]
            }
        };
        let hosts = hosts.into_iter().map(|host| Self(host.to_string()));
        std::iter::once(Self::service_of(deviation))
            .chain(hosts)
            .collect()
    }

    fn service_of(deviation: &Deviation) -> Self {
        let service = &deviation.service;
        let protocol = service
            .protocol
            .map_or_else(String::new, |protocol| format!("{protocol} "));
        Self(format!(
            "{} {protocol}{}/{}",
            deviation.pair.responder, service.transport, service.port
        ))
    }
}

/// A ruling, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruled {
    /// What was said.
    pub ruling: Ruling,
    /// By whom.
    pub by: String,
    /// When, in nanoseconds since 1970.
    pub at: i64,
}

/// All rulings. A later one on the same newcomer stands in place of the earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rulings(BTreeMap<Newcomer, Ruled>);

impl Rulings {
    /// Rules on a newcomer.
    pub fn rule(&mut self, newcomer: Newcomer, ruling: Ruling, by: impl Into<String>, at: Timestamp) {
        let ruled = Ruled {
            ruling,
            by: by.into(),
            at: at.nanos(),
        };
        self.0.insert(newcomer, ruled);
    }

    /// What was ruled on one.
    #[must_use]
    pub fn on(&self, newcomer: &Newcomer) -> Option<&Ruled> {
        self.0.get(newcomer)
    }

    /// What is to be done with a deviation, and the ruling that says so. A rogue's doings are findings even while all
    /// is learned. Acceptance settles that somebody is there and serves, not what he is asked or which values he is
    /// given: of those the mode decides.
    #[must_use]
    pub fn act(&self, deviation: &Deviation, decision: Decision) -> (Act, Option<&Ruled>) {
        let all: Vec<&Ruled> = Newcomer::of(deviation)
            .iter()
            .filter_map(|one| self.0.get(one))
            .collect();
        if let Some(rogue) = all.iter().find(|ruled| ruled.ruling == Ruling::Rogue) {
            return (Act::Raise, Some(rogue));
        }
        let host = |host: Talker| Newcomer(host.to_string());
        let initiator = host(deviation.pair.initiator);
        // Who belongs here may deal with others; that others deal with him is theirs to be accepted for.
        let settled_by = match deviation.kind {
            DeviationKind::NewTalker(stranger) => vec![host(stranger)],
            DeviationKind::NewPair => vec![initiator],
            DeviationKind::NewService => vec![Newcomer::service_of(deviation), initiator],
            DeviationKind::NewOperation(_)
            | DeviationKind::NewObject { .. }
            | DeviationKind::PeriodChanged { .. }
            | DeviationKind::Stopped { .. }
            | DeviationKind::ValueOutOfRange { .. } => Vec::new(),
        };
        let settled = settled_by.iter().find_map(|one| self.0.get(one));
        match (settled, all.first()) {
            (Some(ruled), _) => (Act::Learn, Some(ruled)),
            (None, ruled) => (decision.act, ruled.copied()),
        }
    }
}
