//! Good conversations, for tests and as seeds for fuzzing.

use crate::registry::Sample;
use crate::session::{Carrier, Context, Side};

const fn context(side: Side, carrier: Carrier, port: u16) -> Context {
    Context { side, carrier, port }
}

const CLIENT: Context = context(Side::Initiator, Carrier::Udp, 53);
const SERVER: Context = context(Side::Responder, Carrier::Udp, 53);
const CLIENT_TCP: Context = context(Side::Initiator, Carrier::Tcp, 53);
const MULTICAST: Context = context(Side::Initiator, Carrier::Udp, 5353);
const LINK_LOCAL: Context = context(Side::Initiator, Carrier::Udp, 5355);
const NETBIOS: Context = context(Side::Initiator, Carrier::Udp, 137);

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "an address asked for and given",
        turns: &[(CLIENT, QUERY), (SERVER, ANSWER)],
    },
    Sample {
        name: "the same over TCP",
        turns: &[(CLIENT_TCP, QUERY_TCP)],
    },
    Sample {
        name: "a host that announces itself",
        turns: &[(MULTICAST, ANNOUNCEMENT)],
    },
    Sample {
        name: "a name asked for on the link",
        turns: &[(LINK_LOCAL, QUERY)],
    },
    Sample {
        name: "a NetBIOS name registered",
        turns: &[(NETBIOS, REGISTRATION)],
    },
];

#[rustfmt::skip]
pub(super) const QUERY: &[u8] = &[
    0x12, 0x34, 0x01, 0x00, // id, recursion desired
    0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // one question
    4, b'h', b'i', b's', b't', 5, b'p', b'l', b'a', b'n', b't', 0,
    0x00, 0x01, 0x00, 0x01, // A, Internet
];

#[rustfmt::skip]
const QUERY_TCP: &[u8] = &[
    0x00, 0x1c, // 28 bytes
    0x12, 0x34, 0x01, 0x00,
    0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    4, b'h', b'i', b's', b't', 5, b'p', b'l', b'a', b'n', b't', 0,
    0x00, 0x01, 0x00, 0x01,
];

#[rustfmt::skip]
pub(super) const ANSWER: &[u8] = &[
    0x12, 0x34, 0x85, 0x80, // id; response, authoritative, recursion both ways
    0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, // one question, one answer
    4, b'h', b'i', b's', b't', 5, b'p', b'l', b'a', b'n', b't', 0,
    0x00, 0x01, 0x00, 0x01,
    0xc0, 0x0c,             // the name at 12
    0x00, 0x01, 0x00, 0x01, // A, Internet
    0x00, 0x00, 0x0e, 0x10, // for an hour
    0x00, 0x04, 10, 20, 5, 17,
];

#[rustfmt::skip]
pub(super) const ANNOUNCEMENT: &[u8] = &[
    0x00, 0x00, 0x84, 0x00,
    0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, // two answers
    3, b'h', b'm', b'i', 5, b'l', b'o', b'c', b'a', b'l', 0,
    0x00, 0x01, 0x80, 0x01, // A; flush
    0x00, 0x00, 0x00, 0x78,
    0x00, 0x04, 10, 20, 5, 18,
    0xc0, 0x0c,
    0x00, 0x1c, 0x80, 0x01, // AAAA
    0x00, 0x00, 0x00, 0x78,
    0x00, 0x10, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12,
];

#[rustfmt::skip]
pub(super) const REGISTRATION: &[u8] = &[
    0x80, 0x01, 0x29, 0x10, // id; registration, recursion desired, broadcast
    0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, // one question, one additional record
    32, b'E', b'M', b'E', b'J', b'E', b'O', b'E', b'F', b'D', b'D', b'C', b'A', b'C', b'A', b'C', b'A',
    b'C', b'A', b'C', b'A', b'C', b'A', b'C', b'A', b'C', b'A', b'C', b'A', b'C', b'A', b'C', b'A', 0,
    0x00, 0x20, 0x00, 0x01, // NB, Internet
    0xc0, 0x0c,
    0x00, 0x20, 0x00, 0x01,
    0x00, 0x04, 0x93, 0xe0,
    0x00, 0x06, 0x00, 0x00, 10, 20, 5, 19, // unique, address
];
