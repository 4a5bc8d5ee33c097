//! What was asked in a steady rhythm and is not asked any more.
//!
//! Whoever watches gives each record, and asks from time to time who fell silent. Bound: operations that have a learned
//! period, of which a baseline holds few.

use crate::baseline::{Baseline, Deviation, DeviationKind, UsedOperation};
use crate::record::FlowRecord;
use crate::uses::{TalkerPair, UsedService};
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// After so many of its longest learned periods an operation has stopped.
const PERIODS: u32 = 5;
/// And not before this: records come at the end of a connection or of the clock hour.
const LEAST: Duration = Duration::from_mins(65);

/// When each operation was asked last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rhythms {
    last: BTreeMap<(TalkerPair, UsedService, UsedOperation), (Timestamp, u64)>,
}

impl Rhythms {
    /// Takes a record, if the baseline has learned periods of what it asks.
    pub fn take(&mut self, baseline: &Baseline, record: &FlowRecord) {
        let (pair, service) = (TalkerPair::of(record), UsedService::of(record));
        let Some(learned) = baseline
            .pairs
            .get(&pair)
            .and_then(|services| services.get(&service))
        else {
            return;
        };
        for row in &record.operations {
            let operation = UsedOperation::of(row);
            if learned
                .get(&operation)
                .is_some_and(|learned| learned.period.is_some())
            {
                let last = self
                    .last
                    .entry((pair, service, operation))
                    .or_insert((record.last, row.packet));
                if record.last >= last.0 {
                    *last = (record.last, row.packet);
                }
            }
        }
    }

    /// What has stopped by a time, ordered. The evidence is the last record: its time, and the first packet that asked
    /// in it. What was not seen since the baseline counts from the baseline's end.
    #[must_use]
    pub fn stopped(&self, baseline: &Baseline, now: Timestamp) -> Vec<Deviation> {
        let mut stopped = Vec::new();
        for (pair, services) in &baseline.pairs {
            for (service, operations) in services {
                for (operation, learned) in operations {
                    let Some(period) = learned.period else {
                        continue;
                    };
                    let last = self.last.get(&(*pair, *service, *operation));
                    let (at, packet) = last.copied().unwrap_or((baseline.until, 0));
                    let silent = now - at;
                    if silent > (period[1] * PERIODS).max(LEAST) {
                        stopped.push(Deviation {
                            kind: DeviationKind::Stopped {
                                operation: *operation,
                                learned: period,
                                silent,
                            },
                            pair: *pair,
                            service: *service,
                            at,
                            packet,
                        });
                    }
                }
            }
        }
        stopped.sort_unstable();
        stopped
    }
}
