//! The reader core for pcap files: a file header, then records of a header and a packet's bytes.
//!
//! It follows draft-ietf-opsawg-pcap, and from libpcap's practice: nanosecond and "modified" (Kuznetzov) magics, and
//! the two lengths in the other order in files before version 2.3, or when they contradict in 2.3 itself.
//!
//! A record that is sound (its lengths within the file's snap length and in order) is taken without looking further.
//! A doubtful one is taken only if a credible record follows it. Otherwise the next place is sought where two credible
//! records stand one after the other, and what lies between is reported.

use crate::bytes::Order;
use crate::damage::{DamageKind, DamageLog};
use crate::packet::Interface;
use crate::step::{Lost, MAX_PACKET, Record, Rest, Step, View};
use cofferdam_terms::{LinkType, Timestamp};

/// The length of the file header.
pub(crate) const FILE_HEADER: usize = 24;
/// How far apart in time two neighbouring records may be for one to vouch for the other after damage: a leap year.
const MAX_GAP_SECONDS: u32 = 366 * 24 * 60 * 60;

/// A pcap file's reader.
#[derive(Debug)]
pub(crate) struct Pcap {
    order: Order,
    /// 16, or 24 in the modified form.
    record_header: usize,
    fractions_per_second: u32,
    nanos_per_fraction: i64,
    lengths: Lengths,
    /// The most captured bytes of a sound record.
    limit: u32,
    interfaces: [Interface; 1],
    last_seconds: Option<u32>,
    lost: Option<Lost>,
}

/// In which order the two lengths of a record stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    /// Captured, then original.
    Usual,
    /// Original, then captured.
    Swapped,
    /// Whichever way round makes sense.
    Unsure,
}

/// A record's header, as it stands.
#[derive(Clone, Copy, Debug)]
struct Header {
    seconds: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

impl Pcap {
    /// Reads the file header; none if the bytes don't start with one.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let order = match bytes.first_chunk::<4>()? {
            [0xa1, 0xb2, ..] => Order::Big,
            [_, _, 0xb2, 0xa1] => Order::Little,
            _ => return None,
        };
        let (record_header, fractions_per_second) = match order.u32_at(bytes, 0)? {
            0xa1b2_c3d4 => (16, 1_000_000),
            0xa1b2_3c4d => (16, 1_000_000_000),
            0xa1b2_cd34 => (24, 1_000_000),
            _ => return None,
        };
        let lengths = match (order.u16_at(bytes, 4)?, order.u16_at(bytes, 6)?) {
            (2, 0..=2) => Lengths::Swapped,
            (2, 3) => Lengths::Unsure,
            _ => Lengths::Usual,
        };
        let snap_length = order.u32_at(bytes, 16)?;
        // The upper half of the field holds the length of the frame check sequence, for some link types.
        let [_, _, high, low] = order.u32_at(bytes, 20)?.to_be_bytes();
        let limit = match snap_length {
            0 => MAX_PACKET,
            limit => limit.min(MAX_PACKET),
        };
        Some(Self {
            order,
            record_header,
            fractions_per_second,
            nanos_per_fraction: i64::from(1_000_000_000 / fractions_per_second),
            lengths,
            limit,
            interfaces: [Interface {
                link: LinkType(u16::from_be_bytes([high, low])),
                name: None,
                snap_length,
                dropped: None,
            }],
            last_seconds: None,
            lost: None,
        })
    }

    /// The one interface.
    pub(crate) const fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Whether times are in nanoseconds.
    pub(crate) const fn is_nanos(&self) -> bool {
        self.nanos_per_fraction == 1
    }

    /// Reads one record.
    #[inline]
    pub(crate) fn step(&mut self, view: &View<'_>, log: &mut DamageLog) -> Step {
        if self.lost.is_some() {
            return self.seek(view, log);
        }
        let Some(header) = self.header(view.bytes) else {
            return view.need(self.record_header, log);
        };
        if !self.is_sound(&header) {
            return self.doubtful(view, &header);
        }
        if view.bytes.len() < self.length(&header) {
            return view.need(self.length(&header), log);
        }
        self.packet(&header)
    }

    fn packet(&mut self, header: &Header) -> Step {
        self.last_seconds = Some(header.seconds);
        let nanos =
            i64::from(header.seconds) * 1_000_000_000 + i64::from(header.fraction) * self.nanos_per_fraction;
        let length = self.length(header);
        let [interface] = &self.interfaces;
        Step::Packet(Record {
            length,
            packet: self.record_header..length,
            time: Timestamp::from_nanos(nanos),
            link: interface.link,
            interface: 0,
            original: header.original,
        })
    }

    fn header(&self, bytes: &[u8]) -> Option<Header> {
        let (words, _) = bytes.get(..self.record_header)?.as_chunks::<4>();
        let [seconds, fraction, first, second, ..] = words else {
            return None;
        };
        let (first, second) = (self.order.u32(*first), self.order.u32(*second));
        let swapped = match self.lengths {
            Lengths::Usual => false,
            Lengths::Swapped => true,
            Lengths::Unsure => first > second,
        };
        let (captured, original) = if swapped { (second, first) } else { (first, second) };
        Some(Header {
            seconds: self.order.u32(*seconds),
            fraction: self.order.u32(*fraction),
            captured,
            original,
        })
    }

    /// The record's length, its header included.
    const fn length(&self, header: &Header) -> usize {
        self.record_header + header.captured as usize
    }

    /// Whether nothing about the header is odd. Sixteen zero bytes are: space that was never written looks so.
    const fn is_sound(&self, header: &Header) -> bool {
        header.captured <= self.limit
            && header.captured <= header.original
            && header.fraction < self.fractions_per_second
            && (header.original | header.seconds | header.fraction) != 0
    }

    /// A record with something odd about it (more captured than the snap length or than there was, a fraction of more
    /// than a second): real files hold such. It is taken if something follows it that can be a record, or nothing.
    #[cold]
    fn doubtful(&mut self, view: &View<'_>, header: &Header) -> Step {
        let zero = header.seconds | header.fraction | header.captured | header.original == 0;
        let kind = if zero {
            DamageKind::ZeroFilled
        } else {
            DamageKind::ImpossibleLength {
                claimed: header.captured,
            }
        };
        if !zero && header.captured <= MAX_PACKET {
            let next = self.length(header);
            let after = view.bytes.get(next..);
            match after.and_then(|after| self.header(after)) {
                Some(after) => {
                    let can_be = after.captured <= MAX_PACKET
                        && after.seconds != 0
                        && after.seconds.abs_diff(header.seconds) <= MAX_GAP_SECONDS;
                    if can_be {
                        return self.packet(header);
                    }
                }
                None if view.rest == Rest::More => return Step::Need(next + self.record_header),
                None if after.is_some() => return self.packet(header),
                None => {}
            }
        }
        self.lost = Some(Lost { from: view.at, kind });
        Step::Pass(1)
    }

    /// Seeks the next place where a credible record stands with another behind it, or with the end behind it.
    #[cold]
    fn seek(&mut self, view: &View<'_>, log: &mut DamageLog) -> Step {
        let mut at = 0;
        let found = loop {
            let here = view.bytes.get(at..).unwrap_or_default();
            let Some(header) = self.header(here) else {
                break None;
            };
            if self.is_credible(&header, self.last_seconds) {
                let after = here.get(self.length(&header)..);
                match after.and_then(|after| self.header(after)) {
                    Some(after) if self.is_credible(&after, Some(header.seconds)) => break Some(at),
                    Some(_) => {}
                    None if view.rest == Rest::More && at > 0 => return Step::Pass(at),
                    None if view.rest == Rest::More => {
                        return Step::Need(self.length(&header) + self.record_header);
                    }
                    None if after.is_some() => break Some(at),
                    None => {}
                }
            }
            at += 1;
        };
        if found.is_none() && view.rest == Rest::More {
            return if at > 0 {
                Step::Pass(at)
            } else {
                Step::Need(self.record_header)
            };
        }
        if let Some(lost) = self.lost.take() {
            lost.until(found.map_or(view.end(), |at| view.at + at as u64), log);
        }
        match found {
            Some(0) => self.step(view, log),
            Some(at) => Step::Pass(at),
            None => Step::End,
        }
    }

    /// Whether a header found while seeking can be one: sound, not empty, not far in time from its neighbour.
    fn is_credible(&self, header: &Header, neighbour: Option<u32>) -> bool {
        header.captured > 0
            && header.original <= MAX_PACKET
            && self.is_sound(header)
            && neighbour.is_none_or(|seconds| seconds.abs_diff(header.seconds) <= MAX_GAP_SECONDS)
    }
}
