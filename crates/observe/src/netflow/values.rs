//! A record's fields as a flow. Numbers of fields are IANA's IPFIX information elements, which include version 9's.

use super::template::Field;
use super::wire::Header;
use crate::record::Traffic;
use cofferdam_dissect::{Reader, Truncated};
use cofferdam_terms::{MacAddr, Timestamp, VlanId};
use std::net::IpAddr;

/// Of fields that tell the other direction of a biflow (RFC 5103, 6.1).
const REVERSE: u32 = 29_305;

/// Seconds from 1900, where NTP's times begin, to 1970.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// One direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) traffic: Traffic,
    pub(super) flags: u8,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// On which side of the exporter a flow was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    /// As it came in, or it isn't said.
    #[default]
    In,
    Out,
}

/// Who began, as far as the exporter says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Began {
    #[default]
    Unsaid,
    Source,
    Destination,
}

/// A record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) source: Option<IpAddr>,
    pub(super) destination: Option<IpAddr>,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) protocol: u8,
    pub(super) source_mac: Option<MacAddr>,
    pub(super) destination_mac: Option<MacAddr>,
    pub(super) vlan: Option<VlanId>,
    pub(super) sent: Way,
    /// The other direction, if the record tells both.
    pub(super) back: Option<Way>,
    pub(super) direction: Direction,
    pub(super) began: Began,
    /// One packet in so many.
    pub(super) sampling: Option<u32>,
    /// The sampler that the record, or an option, is of.
    pub(super) sampler: u64,
    /// Sampled of a group of packets, and left out after it.
    group: Option<u64>,
    uptimes: [Option<u32>; 2],
    started: Option<i64>,
}

impl Values {
    /// A flow of version 5.
    pub(super) fn v5(reader: &mut Reader<'_>, header: &Header) -> Result<Self, Truncated> {
        let address = |reader: &mut Reader<'_>| reader.array::<4>().map(IpAddr::from);
        let source = Some(address(reader)?);
        let destination = Some(address(reader)?);
        reader.skip(4 + 2 + 2)?; // next hop, interfaces
        let traffic = Traffic {
            packets: reader.u32_be()?.into(),
            bytes: reader.u32_be()?.into(),
        };
        let uptimes = [Some(reader.u32_be()?), Some(reader.u32_be()?)];
        let source_port = reader.u16_be()?;
        let destination_port = reader.u16_be()?;
        reader.skip(1)?;
        let flags = reader.u8()?;
        let protocol = reader.u8()?;
        reader.skip(1 + 2 + 2 + 1 + 1 + 2)?; // type of service, systems, masks, padding
        let mut values = Self {
            source,
            destination,
            source_port,
            destination_port,
            protocol,
            uptimes,
            sent: Way {
                traffic,
                flags,
                ..Way::default()
            },
            sampling: (header.sampling > 1).then_some(header.sampling),
            ..Self::default()
        };
        values.name_icmp(destination_port);
        values.settle(header);
        Ok(values)
    }

    /// Takes a field.
    pub(super) fn take(&mut self, field: Field, bytes: &[u8]) {
        let number = || number(bytes);
        if field.enterprise == REVERSE {
            let mut back = self.back.unwrap_or_default();
            back.take(field.id, bytes);
            self.back = Some(back);
            return;
        }
        if field.enterprise != 0 {
            return;
        }
        match field.id {
            4 => self.protocol = small(number()),
            7 => self.source_port = port(number()),
            11 => self.destination_port = port(number()),
            8 | 27 => self.source = address(bytes),
            12 | 28 => self.destination = address(bytes),
            21 => self.uptimes[1] = number().and_then(|number| u32::try_from(number).ok()),
            22 => self.uptimes[0] = number().and_then(|number| u32::try_from(number).ok()),
            32 | 139 => self.name_icmp(port(number())),
            34 | 50 => self.sampling = rate(number()),
            48 | 302 => self.sampler = number().unwrap_or(0),
            56 => self.source_mac = mac(bytes),
            80 => self.destination_mac = mac(bytes),
            58 | 243 => {
                let tag = number().and_then(|number| u16::try_from(number).ok());
                self.vlan = tag.filter(|tag| *tag != 0).and_then(VlanId::new).or(self.vlan);
            }
            61 => {
                self.direction = match number() {
                    Some(1) => Direction::Out,
                    _ => Direction::In,
                }
            }
            160 => self.started = number().and_then(|number| i64::try_from(number).ok()),
            231 => self.sent.traffic.bytes = number().unwrap_or(0),
            298 => self.sent.traffic.packets = number().unwrap_or(0),
            232 => self.back.get_or_insert_default().traffic.bytes = number().unwrap_or(0),
            299 => self.back.get_or_insert_default().traffic.packets = number().unwrap_or(0),
            239 => {
                self.began = match number() {
                    Some(1) => Began::Source,
                    Some(2) => Began::Destination,
                    _ => Began::Unsaid,
                }
            }
            305 => self.group = number(),
            306 => {
                let (taken, left) = (self.group.unwrap_or(1).max(1), number().unwrap_or(0));
                self.sampling = rate(taken.checked_add(left).map(|all| all / taken));
            }
            other => self.sent.take(other, bytes),
        }
    }

    /// Type and code of ICMP stand in the destination's port, or in a field of their own.
    const fn name_icmp(&mut self, kind_and_code: u16) {
        if matches!(self.protocol, 1 | 58) {
            self.source_port = 0;
            self.destination_port = kind_and_code;
        }
    }

    /// Makes times of what the fields say of them.
    pub(super) fn settle(&mut self, header: &Header) {
        let by_uptime = |at: u32| match self.started {
            Some(started) => {
                Timestamp::from_nanos(started.saturating_add(i64::from(at)).saturating_mul(1_000_000))
            }
            // Both wrap after 49 days.
            None => {
                let before = header.uptime.wrapping_sub(at).cast_signed();
                Timestamp::from_nanos(
                    header
                        .exported
                        .nanos()
                        .saturating_sub(i64::from(before) * 1_000_000),
                )
            }
        };
        let [start, end] = self.uptimes.map(|at| at.map(by_uptime));
        self.sent.start = self.sent.start.or(start);
        self.sent.end = self.sent.end.or(end);
        // Delays before the export are times before 1970 so far.
        for time in [&mut self.sent.start, &mut self.sent.end].into_iter().flatten() {
            if time.nanos() < 0 {
                *time = Timestamp::from_nanos(header.exported.nanos().saturating_add(time.nanos()));
            }
        }
        self.sent.start = self.sent.start.or(self.sent.end);
        self.sent.end = self.sent.end.max(self.sent.start);
    }

    /// When the flow was, by its own times or by the export's.
    pub(super) fn span(&self, header: &Header) -> (Timestamp, Timestamp) {
        let start = self.sent.start.unwrap_or(header.exported);
        (start, self.sent.end.unwrap_or(start))
    }
}

impl Way {
    fn take(&mut self, id: u16, bytes: &[u8]) {
        let number = || number(bytes);
        let time = |scale: i64| {
            let number = i64::try_from(number()?).ok()?;
            Some(Timestamp::from_nanos(number.saturating_mul(scale)))
        };
        match id {
            // Totals where no deltas are told; both count the same flow.
            1 | 85 => self.traffic.bytes = self.traffic.bytes.max(number().unwrap_or(0)),
            2 | 86 => self.traffic.packets = self.traffic.packets.max(number().unwrap_or(0)),
            23 if self.traffic.bytes == 0 => self.traffic.bytes = number().unwrap_or(0),
            24 if self.traffic.packets == 0 => self.traffic.packets = number().unwrap_or(0),
            // Reduced to one byte, or with the control bits of RFC 7270 in two.
            6 => self.flags = number().unwrap_or(0).to_be_bytes().last().copied().unwrap_or(0),
            150 => self.start = time(1_000_000_000),
            151 => self.end = time(1_000_000_000),
            152 => self.start = time(1_000_000),
            153 => self.end = time(1_000_000),
            154 | 156 => self.start = ntp(bytes),
            155 | 157 => self.end = ntp(bytes),
            158 => self.start = time(-1000),
            159 => self.end = time(-1000),
            _ => {}
        }
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn small(number: Option<u64>) -> u8 {
    number.and_then(|number| u8::try_from(number).ok()).unwrap_or(0)
}

fn port(number: Option<u64>) -> u16 {
    number.and_then(|number| u16::try_from(number).ok()).unwrap_or(0)
}

/// A sampling rate of 0 or 1 says that all packets are counted.
fn rate(number: Option<u64>) -> Option<u32> {
    number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|rate| *rate > 1)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

fn mac(bytes: &[u8]) -> Option<MacAddr> {
    let mac = MacAddr(bytes.try_into().ok()?);
    (mac != MacAddr::default()).then_some(mac)
}

/// NTP's form: seconds since 1900, and a fraction in 32 bits.
fn ntp(bytes: &[u8]) -> Option<Timestamp> {
    let mut reader = Reader::new(bytes);
    let (seconds, fraction) = (reader.u32_be().ok()?, reader.u32_be().ok()?);
    let nanos = i64::try_from((u64::from(fraction) * 1_000_000_000) >> 32).ok()?;
    let seconds = i64::from(seconds) - NTP_TO_UNIX;
    Some(Timestamp::from_nanos(
        seconds.saturating_mul(1_000_000_000).saturating_add(nanos),
    ))
}
