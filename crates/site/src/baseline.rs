//! What is usual, learned of a span of time and kept beside the model; and what deviates from it later.
//!
//! It is learned and judged from flow records as telemetry keeps them. Those hold no rhythms and no written values, so
//! that deviations of these two kinds are only told where packets are at hand.

use crate::error::SiteError;
use crate::look::{FlowFilter, More};
use crate::site::Site;
use cofferdam_observe::{Baseline, BaselineForm, Deviation, DeviationKind, TalkerPair, UsedService};
use cofferdam_telemetry::TimeRange;
use cofferdam_telemetry::durable::{self, at};
use cofferdam_terms::Timestamp;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// The baseline.
pub const BASELINE_FILE: &str = "baseline.json";
/// The most different deviations that are told one by one.
pub const MAX_DEVIATIONS: usize = 10_000;
/// The largest file that is read.
const MAX_BASELINE_BYTES: u64 = 256 << 20;

/// A deviation, told once for all the records that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The first of its kind.
    pub first: Deviation,
    /// The capture in which that is.
    pub capture: Arc<str>,
    /// How many records show it.
    pub records: u64,
}

/// What deviates from a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deviating {
    /// Records that were judged.
    pub judged: u64,
    /// Deviations, in the order of time.
    pub told: Vec<Told>,
    /// Deviations that were not told for their number.
    pub dropped: u64,
}

impl Site {
    /// Learns a baseline of what was observed in a span of time, in the place of a former one.
    ///
    /// # Errors
    /// When nothing was observed, somebody else writes, or telemetry can't be read.
    pub fn learn_baseline(&self, range: TimeRange) -> Result<Baseline, SiteError> {
        let _lock = self.lock()?;
        let (begin, end) = self.span()?.ok_or(SiteError::NothingObserved)?;
        let from = range.from.unwrap_or(begin);
        let past_the_end = Timestamp::from_nanos(end.nanos().saturating_add(1));
        let mut baseline = Baseline::new(from, range.to.unwrap_or(past_the_end));
        let filter = FlowFilter {
            range,
            ..FlowFilter::default()
        };
        self.flows(&filter, &mut |replayed| {
            baseline.learn(&replayed.record);
            More::More
        })?;
        if baseline.uses() == 0 {
            return Err(SiteError::NothingObserved);
        }
        let path = self.folder().join(BASELINE_FILE);
        let json = serde_json::to_vec(&BaselineForm::from(&baseline))
            .map_err(|error| at("write", &path)(error.into()))?;
        durable::write_file(&path, &json)?;
        Ok(baseline)
    }

    /// The site's baseline.
    ///
    /// # Errors
    /// When there is none, or its file can't be read.
    pub fn baseline(&self) -> Result<Baseline, SiteError> {
        let path = self.folder().join(BASELINE_FILE);
        let mut json = Vec::new();
        match File::open(&path).and_then(|file| file.take(MAX_BASELINE_BYTES).read_to_end(&mut json)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(SiteError::NoBaseline),
            Err(error) => return Err(at("read", &path)(error).into()),
        }
        let form: BaselineForm = serde_json::from_slice(&json).map_err(SiteError::BaselineJson)?;
        Ok(Baseline::try_from(form)?)
    }

    /// What deviates from the baseline in a span of time; without a beginning, in all that comes after it.
    ///
    /// # Errors
    /// When there is no baseline, or telemetry can't be read.
    pub fn deviations(&self, baseline: &Baseline, range: TimeRange) -> Result<Deviating, SiteError> {
        let (_, until) = baseline.span();
        let filter = FlowFilter {
            range: TimeRange {
                from: Some(range.from.unwrap_or(until)),
                ..range
            },
            ..FlowFilter::default()
        };
        let mut found = Deviating::default();
        let mut known: BTreeMap<(TalkerPair, UsedService, DeviationKind), usize> = BTreeMap::new();
        self.flows(&filter, &mut |replayed| {
            found.judged += 1;
            let deviations = baseline.judge(&replayed.record);
            found.dropped += deviations.dropped;
            for deviation in deviations.kept {
                let key = (deviation.pair, deviation.service, deviation.kind.clone());
                if let Some(told) = known.get(&key).and_then(|place| found.told.get_mut(*place)) {
                    told.records += 1;
                } else if known.len() < MAX_DEVIATIONS {
                    known.insert(key, found.told.len());
                    found.told.push(Told {
                        first: deviation,
                        capture: Arc::clone(&replayed.capture),
                        records: 1,
                    });
                } else {
                    found.dropped += 1;
                }
            }
            More::More
        })?;
        Ok(found)
    }
}
