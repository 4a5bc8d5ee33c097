//! Looking at what was observed: inventory, flows, questions in SQL.

use crate::error::SiteError;
use crate::site::Site;
use cofferdam_observe::{FlowRecord, ObservedAsset, Protocol};
use cofferdam_policy::Conversations;
use cofferdam_telemetry::{Answer, Replayed, SetAside, Telemetry, TelemetryError, TimeRange};
use cofferdam_terms::{MacAddr, OperationClass, Timestamp};
use std::net::IpAddr;

/// Which flow records are wanted. What is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowFilter {
    /// When they began.
    pub range: TimeRange,
    /// An address at either end.
    pub host: Option<HostFilter>,
    /// The application protocol, of the flow or of what was asked over it.
    pub protocol: Option<String>,
    /// A class of operation that was asked.
    pub operation: Option<OperationClass>,
    /// The responder's port.
    pub port: Option<u16>,
}

/// An address at either end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostFilter {
    /// By IP.
    Ip(IpAddr),
    /// By MAC.
    Mac(MacAddr),
}

impl FlowFilter {
    /// Whether a record is wanted.
    #[must_use]
    pub fn admits(&self, record: &FlowRecord) -> bool {
        let ends = [record.initiator, record.responder];
        let host = self.host.is_none_or(|host| match host {
            HostFilter::Ip(ip) => ends.iter().any(|end| end.ip == Some(ip)),
            HostFilter::Mac(mac) => ends.iter().any(|end| end.mac == Some(mac)),
        });
        let protocol = self.protocol.as_deref().is_none_or(|wanted| {
            let of_flow = record.protocol.map(|(protocol, _)| protocol);
            let inside = record.operations.iter().map(|asked| asked.protocol);
            of_flow
                .into_iter()
                .chain(inside)
                .any(|Protocol(name)| name == wanted)
        });
        let operation = self
            .operation
            .is_none_or(|class| record.operations.iter().any(|asked| asked.operation == class));
        let port = self.port.is_none_or(|port| record.responder_port == port);
        self.range.contains(record.first) && host && protocol && operation && port
    }
}

/// The inventory, and the captures that it leaves out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Assets, ordered by key.
    pub assets: Vec<ObservedAsset>,
    /// Captures whose telemetry is damaged.
    pub set_aside: Vec<SetAside>,
}

impl Site {
    /// The assets of every capture, joined.
    ///
    /// # Errors
    /// When telemetry can't be read.
    pub fn inventory(&self) -> Result<Inventory, SiteError> {
        let mut telemetry = self.telemetry()?;
        let ids: Vec<_> = telemetry.captures().map(|captured| captured.id.clone()).collect();
        let mut observations = Vec::with_capacity(ids.len());
        for id in ids {
            match telemetry.observation(&id) {
                Ok(observation) => observations.push(observation),
                Err(TelemetryError::Damaged(aside)) => telemetry.set_capture_aside(aside),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Inventory {
            assets: cofferdam_observe::inventory(observations),
            set_aside: telemetry.set_aside().cloned().collect(),
        })
    }

    /// Hands on each flow record that the filter admits, in the order of time, until `take` has had enough.
    ///
    /// # Errors
    /// When telemetry can't be read; a damaged file that is met on the way is named.
    pub fn flows(
        &self,
        filter: &FlowFilter,
        take: &mut dyn FnMut(Replayed) -> More,
    ) -> Result<(), SiteError> {
        let telemetry = self.telemetry()?;
        for replayed in telemetry.replay(filter.range, self.settings().query)? {
            let replayed = replayed?;
            if filter.admits(&replayed.record) && take(replayed) == More::Enough {
                break;
            }
        }
        Ok(())
    }

    /// Answers a question in SQL.
    ///
    /// # Errors
    /// When it is refused, can't be understood, or runs into a limit.
    pub fn query(&self, statement: &str) -> Result<Answer, SiteError> {
        Ok(self.telemetry()?.query(statement, self.settings().query)?)
    }

    /// The conversations of a span of time. A capture that turns out damaged while it is read is left out, and reading
    /// begins again.
    pub(crate) fn conversations(&self, range: TimeRange) -> Result<(Conversations, Telemetry), SiteError> {
        let mut telemetry = self.telemetry()?;
        loop {
            match self.gather(&telemetry, range) {
                Ok(conversations) => return Ok((conversations, telemetry)),
                Err(TelemetryError::Damaged(_) | TelemetryError::Engine(_))
                    if telemetry.find_damage() > 0 => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn gather(&self, telemetry: &Telemetry, range: TimeRange) -> Result<Conversations, TelemetryError> {
        let mut conversations = Conversations::default();
        for replayed in telemetry.replay(range, self.settings().query)? {
            conversations.absorb(&replayed?.record);
        }
        Ok(conversations)
    }

    /// When the first and last packets of all captures were seen.
    ///
    /// # Errors
    /// When telemetry can't be read.
    pub fn span(&self) -> Result<Option<(Timestamp, Timestamp)>, SiteError> {
        let telemetry = self.telemetry()?;
        let spans = telemetry.captures().filter_map(|captured| captured.span);
        let joined = spans.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)));
        Ok(joined.map(|(first, last)| (first.into(), last.into())))
    }
}

/// Whether more is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// It is.
    More,
    /// It is not.
    Enough,
}
