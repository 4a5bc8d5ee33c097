//! Datagrams in, flow records and what they make of hosts out.

use super::pair::{Key, Pair};
use super::template::{Domain, Kind, Templates};
use super::values::Values;
use super::wire::{self, Header, Version};
use super::{
    BadExport, Exporter, FaultyExport, ImportedExports, MAX_CONNECTIONS, MAX_EXPORTERS, MAX_PENDING, PORTS,
};
use crate::clock::Clock;
use crate::import::give;
use crate::recognise::Protocols;
use crate::record::FlowSink;
use crate::settings::{IdleTimes, Settings};
use crate::world::World;
use cofferdam_dissect::frame::{self, Network, Transport as Carried};
use cofferdam_dissect::{REGISTRY, Reader};
use cofferdam_terms::{LinkType, Transport};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;

/// Whether something was an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// It was one, and was read as far as it goes.
    Read,
    /// It is none.
    NotOne,
}

/// Takes export datagrams in the order in which they came; then [`finish`](Self::finish).
pub struct NetflowImport {
    world: World,
    protocols: Protocols,
    clock: Clock,
    idle: IdleTimes,
    templates: Templates,
    exporters: Vec<Heard>,
    index: BTreeMap<Domain, usize>,
    rates: BTreeMap<(usize, u64), u32>,
    pending: Vec<Waiting>,
    waiting: usize,
    pairs: BTreeMap<Key, Pair>,
    order: BTreeMap<u64, Key>,
    next: u64,
    datagrams: u64,
    records: u64,
    unused: u64,
    without_template: u64,
    without_template_bytes: u64,
    set_aside: Vec<FaultyExport>,
    set_aside_count: u64,
}

/// An exporter, and the number that its next datagram should have.
struct Heard {
    told: Exporter,
    /// The sequence number that the next one should have, if that is known.
    expected: Option<u32>,
    /// Data records that the datagram at hand was seen to have, and whether all of them could be counted.
    counted: u32,
    all_counted: Counted,
}

/// Whether a number is of all there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    All,
    Some,
}

/// A set of data that waits for its template.
struct Waiting {
    exporter: usize,
    domain: Domain,
    header: Header,
    datagram: u64,
    set: u16,
    bytes: Vec<u8>,
}

/// A datagram that is being read.
#[derive(Clone, Copy)]
struct At<'a> {
    exporter: usize,
    domain: Domain,
    header: &'a Header,
    datagram: u64,
}

impl NetflowImport {
    /// An import with nothing read yet, by the name that the observation is to have.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            idle: settings.idle,
            world: World::new(settings),
            protocols: Protocols::new(REGISTRY),
            clock: Clock::default(),
            templates: Templates::default(),
            exporters: Vec::new(),
            index: BTreeMap::new(),
            rates: BTreeMap::new(),
            pending: Vec::new(),
            waiting: 0,
            pairs: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 1,
            datagrams: 0,
            records: 0,
            unused: 0,
            without_template: 0,
            without_template_bytes: 0,
            set_aside: Vec::new(),
            set_aside_count: 0,
        }
    }

    /// Takes a captured frame that may carry an export to a collector.
    pub fn frame(&mut self, link: LinkType, bytes: &[u8], original: u32, sink: &mut dyn FlowSink) -> Export {
        let Network::Ip(packet) = frame::decode(link, bytes, original).network else {
            return Export::NotOne;
        };
        let Carried::Udp {
            destination, payload, ..
        } = packet.transport
        else {
            return Export::NotOne;
        };
        if !is_export(payload, destination) {
            return Export::NotOne;
        }
        self.datagram(Some(packet.source), payload, sink);
        Export::Read
    }

    /// Takes a file of datagrams one after the other, without anything between them.
    pub fn file(&mut self, mut bytes: &[u8], sink: &mut dyn FlowSink) {
        while !bytes.is_empty() {
            match wire::end_of_first(bytes) {
                Ok(end) => {
                    let (first, rest) = bytes.split_at_checked(end.max(1)).unwrap_or((bytes, &[]));
                    self.datagram(None, first, sink);
                    bytes = rest;
                }
                // Nothing tells where the next one begins.
                Err(reason) => {
                    self.datagrams += 1;
                    return self.fault(None, reason);
                }
            }
        }
    }

    /// Takes one datagram from an exporter.
    pub fn datagram(&mut self, from: Option<IpAddr>, bytes: &[u8], sink: &mut dyn FlowSink) {
        self.datagrams += 1;
        if let Err(reason) = self.read(from, bytes, sink) {
            self.fault(from, reason);
        }
    }

    fn fault(&mut self, exporter: Option<IpAddr>, reason: BadExport) {
        self.set_aside_count += 1;
        let ledger = &mut self.world.ledger;
        ledger.not_understood.add(reason.code(), 1, self.datagrams);
        if self.set_aside.len() < ImportedExports::MAX_SET_ASIDE {
            self.set_aside.push(FaultyExport {
                datagram: self.datagrams,
                exporter,
                reason,
            });
        }
    }

    fn read(&mut self, from: Option<IpAddr>, bytes: &[u8], sink: &mut dyn FlowSink) -> Result<(), BadExport> {
        let (header, mut reader) = wire::header(bytes)?;
        let domain = (from, header.version, header.domain);
        let exporter = self.exporter(domain)?;
        let at = At {
            exporter,
            domain,
            header: &header,
            datagram: self.datagrams,
        };
        let before = self.heard(exporter, &header);
        let mut read = Ok(());
        match header.version {
            Version::V5 => {
                for _ in 0..header.count {
                    match Values::v5(&mut reader, &header) {
                        Ok(values) => self.flow(&values, at, sink),
                        Err(truncated) => {
                            read = Err(truncated.into());
                            break;
                        }
                    }
                }
            }
            Version::V9 | Version::Ipfix => {
                // Fewer bytes than a set's head are padding.
                while read.is_ok() && reader.left() >= 4 {
                    read = wire::set(&mut reader).and_then(|(id, body)| self.set(id, body, at, sink));
                }
            }
        }
        let whole = if read.is_ok() { Counted::All } else { Counted::Some };
        self.expect(exporter, &header, before, whole);
        read
    }

    fn exporter(&mut self, domain: Domain) -> Result<usize, BadExport> {
        if let Some(known) = self.index.get(&domain) {
            return Ok(*known);
        }
        if self.exporters.len() >= MAX_EXPORTERS {
            return Err(BadExport::Room);
        }
        let number = self.exporters.len();
        self.index.insert(domain, number);
        self.exporters.push(Heard {
            told: Exporter {
                address: domain.0,
                version: domain.1.number(),
                domain: domain.2,
                datagrams: 0,
                records: 0,
                lost: 0,
                set_back: 0,
                sampling: 1,
            },
            expected: None,
            counted: 0,
            all_counted: Counted::All,
        });
        Ok(number)
    }

    fn set(
        &mut self,
        id: u16,
        body: Reader<'_>,
        at: At<'_>,
        sink: &mut dyn FlowSink,
    ) -> Result<(), BadExport> {
        let kind = match (at.header.version, id) {
            (Version::V9, 0) | (Version::Ipfix, 2) => Kind::Flows,
            (Version::V9, 1) | (Version::Ipfix, 3) => Kind::Options,
            (_, 256..) => {
                self.data(id, body, at, sink);
                return Ok(());
            }
            // Numbers that the standards keep for later.
            _ => return Ok(()),
        };
        let given = self.templates.take(at.domain, kind, body)?;
        for id in given {
            self.take_waiting(at.exporter, id, sink);
        }
        Ok(())
    }

    fn data(&mut self, set: u16, mut body: Reader<'_>, at: At<'_>, sink: &mut dyn FlowSink) {
        let Some(template) = self.templates.get(at.domain, set).cloned() else {
            if let Some(heard) = self.exporters.get_mut(at.exporter) {
                heard.all_counted = Counted::Some;
            }
            return self.wait(set, body.rest(), at);
        };
        while body.left() >= template.least() {
            let mut values = Values::default();
            if template
                .record(&mut body, |field, bytes| values.take(field, bytes))
                .is_err()
            {
                return self.fault(at.domain.0, BadExport::Truncated);
            }
            if let Some(heard) = self.exporters.get_mut(at.exporter) {
                heard.counted = heard.counted.wrapping_add(1);
            }
            values.settle(at.header);
            match template.kind {
                Kind::Flows => self.flow(&values, at, sink),
                Kind::Options => self.option(&values, at),
            }
        }
    }

    /// Holds data until its template comes, if there is room.
    fn wait(&mut self, set: u16, bytes: &[u8], at: At<'_>) {
        if self.waiting + bytes.len() > MAX_PENDING {
            return self.miss(bytes.len());
        }
        self.waiting += bytes.len();
        self.pending.push(Waiting {
            exporter: at.exporter,
            domain: at.domain,
            header: *at.header,
            datagram: at.datagram,
            set,
            bytes: bytes.to_vec(),
        });
    }

    fn miss(&mut self, bytes: usize) {
        self.without_template += 1;
        self.without_template_bytes += bytes as u64;
        let ledger = &mut self.world.ledger;
        ledger
            .not_understood
            .add("export-without-template", 1, self.datagrams);
    }

    fn take_waiting(&mut self, exporter: usize, set: u16, sink: &mut dyn FlowSink) {
        let (ready, pending) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|one| one.exporter == exporter && one.set == set);
        self.pending = pending;
        let ready: Vec<Waiting> = ready;
        for one in ready {
            self.waiting -= one.bytes.len();
            let at = At {
                exporter,
                domain: one.domain,
                header: &one.header,
                datagram: one.datagram,
            };
            // The datagram at hand does not have these.
            let counted = self.exporters.get(exporter).map(|heard| heard.counted);
            self.data(set, Reader::new(&one.bytes), at, sink);
            if let (Some(heard), Some(counted)) = (self.exporters.get_mut(exporter), counted) {
                heard.counted = counted;
            }
        }
    }

    /// An exporter's option that says how it samples.
    fn option(&mut self, values: &Values, at: At<'_>) {
        self.unused += 1;
        if let Some(rate) = values.sampling
            && self.rates.len() < MAX_EXPORTERS
        {
            self.rates.insert((at.exporter, values.sampler), rate);
            self.sampled(at.exporter, rate);
        }
    }

    fn sampled(&mut self, exporter: usize, rate: u32) {
        if let Some(heard) = self.exporters.get_mut(exporter) {
            heard.told.sampling = heard.told.sampling.max(rate);
        }
    }

    fn flow(&mut self, values: &Values, at: At<'_>, sink: &mut dyn FlowSink) {
        let Some((key, from)) = Key::of(at.exporter, values) else {
            self.unused += 1;
            return;
        };
        self.records += 1;
        if let Some(heard) = self.exporters.get_mut(at.exporter) {
            heard.told.records += 1;
        }
        let said = values
            .sampling
            .or_else(|| self.rates.get(&(at.exporter, values.sampler)).copied());
        let rate = said.unwrap_or(1);
        self.sampled(at.exporter, rate);
        let span = values.span(at.header);
        let idle = match key.transport() {
            Transport::TCP => self.idle.connection,
            Transport::Ip(_) | Transport::Ethernet(_) => self.idle.datagrams,
        };
        let known = self.pairs.get(&key);
        if known.is_some_and(|pair| span.0 - pair.last > idle) {
            self.give(key, sink);
        }
        if !self.pairs.contains_key(&key) {
            if self.pairs.len() >= MAX_CONNECTIONS {
                self.world.ledger.evicted.add("connections", 1, at.datagram);
                self.give_oldest(sink);
            }
            let number = self.next;
            self.next += 1;
            self.order.insert(number, key);
            self.pairs.insert(key, Pair::new(number, at.datagram, span));
        }
        if let Some(pair) = self.pairs.get_mut(&key) {
            pair.add(values, from, span, rate);
        }
    }

    fn give_oldest(&mut self, sink: &mut dyn FlowSink) {
        if let Some((_, key)) = self.order.pop_first() {
            self.give(key, sink);
        }
    }

    fn give(&mut self, key: Key, sink: &mut dyn FlowSink) {
        let Some(pair) = self.pairs.remove(&key) else {
            return;
        };
        self.order.remove(&pair.number);
        let protocols = &self.protocols;
        let record = pair.record(&key, |transport, port| protocols.by_port(transport, port));
        let moment = self.clock.at(record.packet, record.first);
        give(&mut self.world, record, moment, sink);
    }

    /// Notes a datagram's number. Gives the one it should have had.
    fn heard(&mut self, exporter: usize, header: &Header) -> Option<u32> {
        let heard = self.exporters.get_mut(exporter)?;
        heard.told.datagrams += 1;
        (heard.counted, heard.all_counted) = (0, Counted::All);
        let expected = heard.expected?;
        match header.sequence.wrapping_sub(expected) {
            0 => {}
            ahead if ahead < 1 << 31 => heard.told.lost += u64::from(ahead),
            _ => heard.told.set_back += 1,
        }
        Some(expected)
    }

    /// What number the next datagram should have.
    fn expect(&mut self, exporter: usize, header: &Header, before: Option<u32>, whole: Counted) {
        let Some(heard) = self.exporters.get_mut(exporter) else {
            return;
        };
        let step = match header.version {
            Version::V5 => Some(header.count.into()),
            Version::V9 => Some(1),
            // Records of a set without its template can't be counted.
            Version::Ipfix => {
                (whole == Counted::All && heard.all_counted == Counted::All).then_some(heard.counted)
            }
        };
        let next = step.map(|step| header.sequence.wrapping_add(step));
        // One that was overtaken says nothing of what comes next, unless numbers began anew.
        let overtaken =
            before.is_some_and(|before| (1..=MAX_OVERTAKEN).contains(&before.wrapping_sub(header.sequence)));
        if !overtaken {
            heard.expected = next;
        } else if heard.told.lost > 0 {
            // It was counted as lost when the one that overtook it came.
            heard.told.lost -= u64::from(step.unwrap_or(0)).min(heard.told.lost);
        }
    }

    /// Gives the records that are left, and what was learned of assets and coverage.
    #[must_use]
    pub fn finish(mut self, sink: &mut dyn FlowSink) -> ImportedExports {
        for waiting in std::mem::take(&mut self.pending) {
            self.miss(waiting.bytes.len());
        }
        while !self.order.is_empty() {
            self.give_oldest(sink);
        }
        let mut exporters: Vec<Exporter> = self.exporters.iter().map(|heard| heard.told).collect();
        exporters.sort_unstable();
        ImportedExports {
            observation: crate::finish::observation(self.world, NonZeroUsize::MIN),
            datagrams: self.datagrams,
            records: self.records,
            unused: self.unused,
            templates: self.templates.read,
            without_template: self.without_template,
            without_template_bytes: self.without_template_bytes,
            exporters,
            set_aside: self.set_aside,
            set_aside_count: self.set_aside_count,
        }
    }
}

/// Datagrams that are so far behind were overtaken; what is further back was sent after a restart.
const MAX_OVERTAKEN: u32 = 1000;

/// Whether a datagram is an export: by its port and version, or on any port by a header that holds together.
fn is_export(payload: &[u8], port: u16) -> bool {
    let Ok((header, reader)) = wire::header(payload) else {
        return false;
    };
    // 2001-09-09 and 2100: clocks of exporters may be off, but not the form.
    let sane = (1_000_000_000..4_102_444_800).contains(&header.exported.secs());
    let fits = match header.version {
        Version::V5 => {
            (1..=30).contains(&header.count) && reader.left() == usize::from(header.count) * wire::V5_FLOW
        }
        Version::V9 | Version::Ipfix => sets_fit(reader),
    };
    fits && (sane || PORTS.contains(&port))
}

fn sets_fit(mut reader: Reader<'_>) -> bool {
    let mut sets = 0;
    while reader.left() >= 4 {
        match wire::set(&mut reader) {
            Ok((0..=3 | 256.., _)) => sets += 1,
            Ok(_) | Err(_) => return false,
        }
    }
    sets > 0
}
