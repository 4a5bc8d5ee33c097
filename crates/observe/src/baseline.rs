//! What is usual: per pair of hosts and service the operations, objects, periods and written values of a stated time;
//! and what deviates from it later.
//!
//! An object is known if it lies within one that was learned. A period deviates when the median of at least
//! [`MIN_INTERVALS`] intervals leaves what was learned by more than a factor of [`TOLERANCE`]. A written value deviates
//! outside the least and greatest that were learned of the object; the numbers are those of
//! [`Exchange::written`](crate::Exchange::written). Bounds: [`Baseline::MAX_USES`] pairs with their services,
//! [`Baseline::MAX_OPERATIONS`] operations of each, [`Baseline::MAX_OBJECTS`] objects of each operation;
//! [`Baseline::MAX_DEVIATIONS`] deviations of one record. What was not learned for lack of room is counted, and of an
//! operation whose objects are not all known, or are new nearly every time, no object is called new.

use crate::number::Number;
use crate::record::{FlowRecord, OperationRecord};
use crate::uses::{Talker, TalkerPair, UsedService};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{OperationClass, Timestamp, WireText};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So many intervals tell a period.
const MIN_INTERVALS: u64 = 8;
/// So many sightings of objects tell whether they are a closed set.
const MIN_SIGHTINGS: u64 = 4;
/// The set is open if more than one sighting in so many was of an object that was seen once.
const OPEN_SHARE: u64 = 4;
/// How far a period may leave what was learned.
const TOLERANCE: u32 = 2;

/// An operation as it is compared: by what it is, whoever its names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsedOperation {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The operation class.
    pub operation: OperationClass,
    /// The function's code.
    pub function: u32,
    /// The unit behind the responder.
    pub unit: Option<u32>,
}

impl UsedOperation {
    pub(crate) fn of(row: &OperationRecord) -> Self {
        Self {
            protocol: row.protocol,
            operation: row.operation,
            function: row.function,
            unit: row.unit,
        }
    }
}

/// What was learned of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) objects: BTreeSet<WireText>,
    /// Objects that found no place.
    pub(crate) more_objects: u64,
    /// Those objects that one record alone showed, and how often any was shown.
    pub(crate) once: BTreeSet<WireText>,
    pub(crate) sightings: u64,
    /// The least and greatest median of intervals.
    pub(crate) period: Option<[Duration; 2]>,
    pub(crate) written: BTreeMap<WireText, [Number; 2]>,
}

pub(crate) type Operations = BTreeMap<UsedOperation, Learned>;

/// What is usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) pairs: BTreeMap<TalkerPair, BTreeMap<UsedService, Operations>>,
    /// Everybody in `pairs`.
    pub(crate) talkers: BTreeSet<Talker>,
    pub(crate) uses: usize,
    pub(crate) not_learned: u64,
    pub(crate) outside: u64,
}

/// How something later differs from what is usual.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviationKind {
    /// A host that was not there at all. What it does is told with it.
    NewTalker(Talker),
    /// The two were both there, and never dealt with each other.
    NewPair,
    /// They did, but not by this service.
    NewService,
    /// They did by this service, but never asked this.
    NewOperation(UsedOperation),
    /// They asked this, but not of this object.
    NewObject {
        /// What was asked.
        operation: UsedOperation,
        /// The object.
        object: WireText,
    },
    /// They ask this in another rhythm.
    PeriodChanged {
        /// What is asked.
        operation: UsedOperation,
        /// The least and greatest median of what was learned.
        learned: [Duration; 2],
        /// The median now.
        seen: Duration,
    },
    /// What was asked in a steady rhythm is not asked any more.
    Stopped {
        /// What was asked.
        operation: UsedOperation,
        /// The least and greatest median of what was learned.
        learned: [Duration; 2],
        /// How long it has not been.
        silent: Duration,
    },
    /// A value was written that leaves the range of those that were.
    ValueOutOfRange {
        /// By what.
        operation: UsedOperation,
        /// The object.
        object: WireText,
        /// The least and greatest that were learned.
        learned: [Number; 2],
        /// The least and greatest now.
        seen: [Number; 2],
    },
}

/// A deviation, and where it is to be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation {
    /// What.
    pub kind: DeviationKind,
    /// Between whom.
    pub pair: TalkerPair,
    /// By what service.
    pub service: UsedService,
    /// When the record's first packet was seen.
    pub at: Timestamp,
    /// The first packet of the operation or record.
    pub packet: u64,
}

/// The deviations of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deviations {
    /// Ordered by what they are; at most [`Baseline::MAX_DEVIATIONS`].
    pub kept: Vec<Deviation>,
    /// How many more there were.
    pub dropped: u64,
}

impl Baseline {
    /// The most pairs with their services that are learned.
    pub const MAX_USES: usize = 200_000;
    /// The most operations of one of them.
    pub const MAX_OPERATIONS: usize = 256;
    /// The most objects, and the most written objects, of one operation.
    pub const MAX_OBJECTS: usize = 512;
    /// The most deviations of one record that are told one by one.
    pub const MAX_DEVIATIONS: usize = 64;

    /// A baseline of what happens from a time until before another, with nothing learned yet.
    #[must_use]
    pub const fn new(from: Timestamp, until: Timestamp) -> Self {
        Self {
            from,
            until,
            pairs: BTreeMap::new(),
            talkers: BTreeSet::new(),
            uses: 0,
            not_learned: 0,
            outside: 0,
        }
    }

    /// Learns a record that begins in the baseline's time.
    pub fn learn(&mut self, record: &FlowRecord) {
        if record.first < self.from || record.first >= self.until {
            self.outside += 1;
            return;
        }
        self.take(record);
    }

    /// Takes what a record shows for usual from now on, whenever it was: somebody accepted it.
    pub fn accept(&mut self, record: &FlowRecord) {
        self.take(record);
    }

    fn take(&mut self, record: &FlowRecord) {
        let services = self.pairs.entry(TalkerPair::of(record)).or_default();
        let service = UsedService::of(record);
        if !services.contains_key(&service) {
            if self.uses >= Self::MAX_USES {
                self.not_learned += 1;
                if services.is_empty() {
                    self.pairs.remove(&TalkerPair::of(record));
                }
                return;
            }
            self.uses += 1;
            let TalkerPair { initiator, responder } = TalkerPair::of(record);
            self.talkers.extend([initiator, responder]);
        }
        let operations = services.entry(service).or_default();
        for row in &record.operations {
            let operation = UsedOperation::of(row);
            if operations.len() >= Self::MAX_OPERATIONS && !operations.contains_key(&operation) {
                self.not_learned += 1;
                continue;
            }
            operations.entry(operation).or_default().learn(row);
        }
    }

    /// Records, operations and objects that were not learned for lack of room.
    #[must_use]
    pub fn not_learned(&self) -> u64 {
        let operations = self
            .pairs
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(BTreeMap::values);
        self.not_learned + operations.map(|learned| learned.more_objects).sum::<u64>()
    }

    /// Records that were given to learn and lie outside the baseline's time.
    #[must_use]
    pub const fn outside(&self) -> u64 {
        self.outside
    }

    /// From when, and until before when, it was learned.
    #[must_use]
    pub const fn span(&self) -> (Timestamp, Timestamp) {
        (self.from, self.until)
    }

    /// How many pairs with their services were learned.
    #[must_use]
    pub const fn uses(&self) -> usize {
        self.uses
    }

    /// How a record differs from what is usual.
    #[must_use]
    pub fn judge(&self, record: &FlowRecord) -> Deviations {
        let pair = TalkerPair::of(record);
        let service = UsedService::of(record);
        let mut found = Found {
            pair,
            service,
            record,
            all: Deviations::default(),
        };
        let Some(services) = self.pairs.get(&pair) else {
            let strangers = [pair.initiator, pair.responder]
                .into_iter()
                .filter(|end| !self.talkers.contains(end));
            for stranger in strangers {
                found.add(DeviationKind::NewTalker(stranger), record.packet);
            }
            if found.all.kept.is_empty() {
                found.add(DeviationKind::NewPair, record.packet);
            }
            return found.all;
        };
        let Some(operations) = services.get(&service) else {
            found.add(DeviationKind::NewService, record.packet);
            return found.all;
        };
        for row in &record.operations {
            let operation = UsedOperation::of(row);
            match operations.get(&operation) {
                None => found.add(DeviationKind::NewOperation(operation), row.packet),
                Some(learned) => learned.judge(operation, row, &mut found),
            }
        }
        found.all.kept.sort_unstable();
        found.all
    }
}

/// Deviations as they are found.
struct Found<'a> {
    pair: TalkerPair,
    service: UsedService,
    record: &'a FlowRecord,
    all: Deviations,
}

impl Found<'_> {
    fn add(&mut self, kind: DeviationKind, packet: u64) {
        if self.all.kept.len() == Baseline::MAX_DEVIATIONS {
            self.all.dropped += 1;
            return;
        }
        self.all.kept.push(Deviation {
            kind,
            pair: self.pair,
            service: self.service,
            at: self.record.first,
            packet,
        });
    }
}

impl Learned {
    fn learn(&mut self, row: &OperationRecord) {
        self.more_objects += row.objects_dropped;
        for object in &row.objects {
            self.sightings += 1;
            if self.objects.contains(object) {
                self.once.remove(object);
            } else if self.objects.len() < Baseline::MAX_OBJECTS {
                self.objects.insert(object.clone());
                self.once.insert(object.clone());
            } else {
                self.more_objects += 1;
            }
        }
        if let Some(median) = period(row) {
            let [least, greatest] = self.period.unwrap_or([median, median]);
            self.period = Some([least.min(median), greatest.max(median)]);
        }
        for written in &row.exchange.written {
            if self.written.len() >= Baseline::MAX_OBJECTS && !self.written.contains_key(&written.object) {
                self.more_objects += 1;
                continue;
            }
            let range = self
                .written
                .entry(written.object.clone())
                .or_insert([written.min, written.max]);
            *range = [range[0].min(written.min), range[1].max(written.max)];
        }
    }

    /// Whether all objects are known that are usual. The share of sightings whose object was seen once estimates how
    /// likely the next one is new (Good 1953): orders by number and files by date are new nearly every time, and then
    /// none of them is a deviation.
    fn is_closed(&self) -> bool {
        let once = self.once.len() as u64;
        let open = self.sightings >= MIN_SIGHTINGS && once * OPEN_SHARE > self.sightings;
        self.more_objects == 0 && !open
    }

    fn judge(&self, operation: UsedOperation, row: &OperationRecord, found: &mut Found<'_>) {
        for object in row.objects.iter().filter(|_| self.is_closed()) {
            if !self.objects.contains(object) && !self.objects.iter().any(|known| lies_within(object, known))
            {
                let object = object.clone();
                found.add(DeviationKind::NewObject { operation, object }, row.packet);
            }
        }
        if let (Some(learned), Some(seen)) = (self.period, period(row))
            && (seen < learned[0] / TOLERANCE || seen > learned[1] * TOLERANCE)
        {
            let kind = DeviationKind::PeriodChanged {
                operation,
                learned,
                seen,
            };
            found.add(kind, row.packet);
        }
        for written in &row.exchange.written {
            if let Some(learned) = self.written.get(&written.object)
                && (written.min < learned[0] || written.max > learned[1])
            {
                let kind = DeviationKind::ValueOutOfRange {
                    operation,
                    object: written.object.clone(),
                    learned: *learned,
                    seen: [written.min, written.max],
                };
                found.add(kind, row.packet);
            }
        }
    }
}

/// The median interval of an operation, if there are enough.
fn period(row: &OperationRecord) -> Option<Duration> {
    let interval = row.exchange.interval?;
    (interval.count >= MIN_INTERVALS).then_some(interval.median)
}

/// A range of objects in its text form: what it is of, its first and its end.
type Extent<'a> = (&'a str, u64, u64);

/// Whether an object is part of another, both in the protocol's own notation: `holding-register 5` of
/// `holding-register 0-9`, `DB1.DBX 2.0 +8` of `DB1.DBX 0.0 +64`.
fn lies_within(object: &WireText, of: &WireText) -> bool {
    match (extent(object.as_str()), extent(of.as_str())) {
        (Some((space, first, end)), Some((theirs, low, high))) => {
            space == theirs && low <= first && end <= high
        }
        _ => false,
    }
}

fn extent(text: &str) -> Option<Extent<'_>> {
    if let Some((start, bits)) = text.rsplit_once(" +") {
        let (space, place) = start.rsplit_once(' ')?;
        let (byte, bit) = place.split_once('.')?;
        let first = byte
            .parse::<u64>()
            .ok()?
            .checked_mul(8)?
            .checked_add(bit.parse().ok()?)?;
        return Some((space, first, first.checked_add(bits.parse().ok()?)?));
    }
    let (space, range) = text.rsplit_once(' ')?;
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    Some((
        space,
        first.parse().ok()?,
        last.parse::<u64>().ok()?.checked_add(1)?,
    ))
}
