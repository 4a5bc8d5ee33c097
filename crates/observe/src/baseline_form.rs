//! A baseline as it is kept in a file: JSON by way of serde, lossless both ways.

use crate::baseline::{Baseline, Learned, Operations, UsedOperation};
use crate::intern::protocol;
use crate::number::Number;
use crate::uses::{Talker, TalkerPair, UsedService};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{OperationClass, Timestamp, Transport, WireText};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The version of the form.
const FORMAT: u32 = 1;

/// A baseline as plain values. Times are nanoseconds, since 1970 where they are points in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineForm {
    format: u32,
    from: i64,
    until: i64,
    not_learned: u64,
    outside: u64,
    uses: Vec<UseForm>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UseForm {
    initiator: String,
    responder: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    transport: String,
    port: u16,
    operations: Vec<OperationForm>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationForm {
    protocol: String,
    class: String,
    function: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<u32>,
    objects: Vec<String>,
    #[serde(default)]
    more_objects: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    once: Vec<String>,
    #[serde(default)]
    sightings: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<[u64; 2]>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    written: BTreeMap<String, [f64; 2]>,
}

/// Why a file is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBaseline {
    /// It is of a later version.
    #[error("the baseline is of format {0}; this version reads format {FORMAT}: update, or learn it anew")]
    Format(u32),
    /// A value is none of its kind.
    #[error("`{value}` is no {what}; the file was changed by hand or damaged: learn the baseline anew")]
    Value {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// It holds more than a baseline may.
    #[error("it holds more than {} services between pairs", Baseline::MAX_USES)]
    TooLarge,
}

fn bad(what: &'static str, value: &str) -> BadBaseline {
    BadBaseline::Value {
        what,
        value: value.chars().take(80).collect(),
    }
}

fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

impl From<&Baseline> for BaselineForm {
    fn from(baseline: &Baseline) -> Self {
        let uses = baseline.pairs.iter().flat_map(|(pair, services)| {
            services.iter().map(|(service, operations)| UseForm {
                initiator: pair.initiator.to_string(),
                responder: pair.responder.to_string(),
                protocol: service.protocol.map(|protocol| protocol.0.to_owned()),
                transport: service.transport.to_string(),
                port: service.port,
                operations: operations.iter().map(operation_form).collect(),
            })
        });
        Self {
            format: FORMAT,
            from: baseline.from.nanos(),
            until: baseline.until.nanos(),
            not_learned: baseline.not_learned,
            outside: baseline.outside,
            uses: uses.collect(),
        }
    }
}

fn operation_form((operation, learned): (&UsedOperation, &Learned)) -> OperationForm {
    let texts = learned.objects.iter();
    let written = learned.written.iter();
    OperationForm {
        protocol: operation.protocol.0.to_owned(),
        class: operation.operation.name().to_owned(),
        function: operation.function,
        unit: operation.unit,
        objects: texts.map(|object| object.as_str().to_owned()).collect(),
        more_objects: learned.more_objects,
        once: learned
            .once
            .iter()
            .map(|object| object.as_str().to_owned())
            .collect(),
        sightings: learned.sightings,
        period: learned.period.map(|period| period.map(nanos)),
        written: written
            .map(|(object, range)| (object.as_str().to_owned(), range.map(Number::value)))
            .collect(),
    }
}

impl TryFrom<BaselineForm> for Baseline {
    type Error = BadBaseline;

    fn try_from(form: BaselineForm) -> Result<Self, BadBaseline> {
        if form.format != FORMAT {
            return Err(BadBaseline::Format(form.format));
        }
        if form.uses.len() > Self::MAX_USES {
            return Err(BadBaseline::TooLarge);
        }
        let mut baseline = Self::new(
            Timestamp::from_nanos(form.from),
            Timestamp::from_nanos(form.until),
        );
        (baseline.not_learned, baseline.outside) = (form.not_learned, form.outside);
        for one in &form.uses {
            let pair = TalkerPair {
                initiator: talker(&one.initiator)?,
                responder: talker(&one.responder)?,
            };
            let transport: Transport = one
                .transport
                .parse()
                .map_err(|_| bad("transport", &one.transport))?;
            let service = UsedService {
                protocol: one.protocol.as_deref().map(named).transpose()?,
                transport,
                port: one.port,
            };
            let operations: Operations = one.operations.iter().map(operation).collect::<Result<_, _>>()?;
            baseline.talkers.extend([pair.initiator, pair.responder]);
            baseline
                .pairs
                .entry(pair)
                .or_default()
                .insert(service, operations);
        }
        baseline.uses = baseline.pairs.values().map(BTreeMap::len).sum();
        Ok(baseline)
    }
}

fn talker(text: &str) -> Result<Talker, BadBaseline> {
    if text == "unknown" {
        return Ok(Talker::Unknown);
    }
    let ip = text.parse().map(Talker::Ip).ok();
    ip.or_else(|| text.parse().map(Talker::Mac).ok())
        .ok_or_else(|| bad("IP or MAC address", text))
}

fn named(text: &str) -> Result<Protocol, BadBaseline> {
    protocol(text).ok_or_else(|| bad("protocol", text))
}

fn operation(form: &OperationForm) -> Result<(UsedOperation, Learned), BadBaseline> {
    let class = OperationClass::ALL
        .into_iter()
        .find(|class| class.name() == form.class);
    let used = UsedOperation {
        protocol: named(&form.protocol)?,
        operation: class.ok_or_else(|| bad("operation class", &form.class))?,
        function: form.function,
        unit: form.unit,
    };
    let objects: BTreeSet<WireText> = form
        .objects
        .iter()
        .map(|text| WireText::from_stored(text))
        .collect();
    let written = form.written.iter();
    let learned = Learned {
        objects,
        more_objects: form.more_objects,
        once: form.once.iter().map(|text| WireText::from_stored(text)).collect(),
        sightings: form.sightings,
        period: form.period.map(|period| period.map(Duration::from_nanos)),
        written: written
            .map(|(object, range)| (WireText::from_stored(object), range.map(Number::new)))
            .collect(),
    };
    Ok((used, learned))
}
