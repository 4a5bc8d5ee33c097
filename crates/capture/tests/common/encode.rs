//! Encoders for the forms of capture files that this crate only reads, for the tests.

use cofferdam_terms::{LinkType, Timestamp};

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    pub(crate) fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub(crate) fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub(crate) fn u64(self, value: u64) -> [u8; 8] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}

/// The three magics of pcap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pcap {
    Micros,
    Nanos,
    Modified,
}

/// A pcap file header.
pub(crate) fn pcap_header(order: Order, form: Pcap, snap_length: u32, link: LinkType) -> Vec<u8> {
    let magic = match form {
        Pcap::Micros => 0xa1b2_c3d4,
        Pcap::Nanos => 0xa1b2_3c4d,
        Pcap::Modified => 0xa1b2_cd34,
    };
    let mut file = order.u32(magic).to_vec();
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    file.extend([0; 8]);
    file.extend(order.u32(snap_length));
    file.extend(order.u32(u32::from(link.0)));
    file
}

/// A pcap record.
pub(crate) fn pcap_record(order: Order, form: Pcap, time: Timestamp, bytes: &[u8], original: u32) -> Vec<u8> {
    let nanos = u32::try_from(time.nanos().rem_euclid(1_000_000_000)).unwrap();
    let mut record = order.u32(u32::try_from(time.secs()).unwrap()).to_vec();
    record.extend(order.u32(if form == Pcap::Nanos { nanos } else { nanos / 1_000 }));
    record.extend(order.u32(u32::try_from(bytes.len()).unwrap()));
    record.extend(order.u32(original));
    if form == Pcap::Modified {
        // Interface index, protocol, packet type, padding.
        record.extend([2, 0, 0, 0, 8, 0, 0, 0]);
    }
    record.extend(bytes);
    record
}

/// A pcapng block around a body.
pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let length = order.u32(u32::try_from(12 + body.len().next_multiple_of(4)).unwrap());
    let mut block = order.u32(kind).to_vec();
    block.extend(length);
    block.extend(body);
    block.resize(8 + body.len().next_multiple_of(4), 0);
    block.extend(length);
    block
}

/// A pcapng option.
pub(crate) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut option = order.u16(code).to_vec();
    option.extend(order.u16(u16::try_from(value.len()).unwrap()));
    option.extend(value);
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

/// A section header block, of a section of unknown length.
pub(crate) fn section(order: Order) -> Vec<u8> {
    let mut body = order.u32(0x1a2b_3c4d).to_vec();
    body.extend(order.u16(1));
    body.extend(order.u16(0));
    body.extend(order.u64(u64::MAX));
    block(order, 0x0a0d_0d0a, &body)
}

/// An interface description block.
pub(crate) fn interface(order: Order, link: LinkType, snap_length: u32, options: &[u8]) -> Vec<u8> {
    let mut body = order.u16(link.0).to_vec();
    body.extend([0, 0]);
    body.extend(order.u32(snap_length));
    body.extend(options);
    block(order, 1, &body)
}

/// An enhanced packet block.
pub(crate) fn enhanced(order: Order, interface: u32, ticks: u64, bytes: &[u8], original: u32) -> Vec<u8> {
    let mut body = order.u32(interface).to_vec();
    body.extend(order.u32((ticks >> 32) as u32));
    body.extend(order.u32(ticks as u32));
    body.extend(order.u32(u32::try_from(bytes.len()).unwrap()));
    body.extend(order.u32(original));
    body.extend(bytes);
    block(order, 6, &body)
}

/// An obsolete packet block.
pub(crate) fn obsolete(order: Order, interface: u16, ticks: u64, bytes: &[u8], original: u32) -> Vec<u8> {
    let mut body = order.u16(interface).to_vec();
    body.extend(order.u16(0xffff));
    body.extend(order.u32((ticks >> 32) as u32));
    body.extend(order.u32(ticks as u32));
    body.extend(order.u32(u32::try_from(bytes.len()).unwrap()));
    body.extend(order.u32(original));
    body.extend(bytes);
    block(order, 2, &body)
}

/// A simple packet block.
pub(crate) fn simple(order: Order, bytes: &[u8], original: u32) -> Vec<u8> {
    let mut body = order.u32(original).to_vec();
    body.extend(bytes);
    block(order, 3, &body)
}
