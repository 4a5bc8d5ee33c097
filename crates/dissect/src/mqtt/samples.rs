//! Good conversations.

use crate::registry::Sample;
use crate::session::{Carrier, Context, Side};

pub(super) const CLIENT: Context = on(Side::Initiator);
pub(super) const BROKER: Context = on(Side::Responder);

const fn on(side: Side) -> Context {
    Context {
        side,
        carrier: Carrier::Tcp,
        port: 1883,
    }
}

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "a gateway connects, publishes and is sent a command",
        turns: &[
            (CLIENT, CONNECTING),
            (BROKER, ACCEPTED),
            (CLIENT, SUBSCRIBING),
            (BROKER, &[0x90, 0x03, 0x00, 0x01, 0x00]),
            (CLIENT, DATA),
            (BROKER, COMMAND),
            (CLIENT, PLAIN),
            (CLIENT, &[0xc0, 0x00]),
            (BROKER, &[0xd0, 0x00]),
            (CLIENT, &[0xe0, 0x00]),
        ],
    },
    Sample {
        name: "version 5",
        turns: &[
            (CLIENT, CONNECT_5),
            (BROKER, &[0x20, 0x03, 0x00, 0x00, 0x00]),
            (CLIENT, PUBLISH_5),
        ],
    },
];

#[rustfmt::skip]
pub(super) const CONNECTING: &[u8] = &[
    0x10, 0x16, 0x00, 0x04, b'M', b'Q', b'T', b'T', // connect, length, name
    0x04, 0x82, 0x00, 0x3c,                         // level, user name and clean session, keep alive
    0x00, 0x04, b'g', b'w', b'-', b'1',             // client id
    0x00, 0x04, b'e', b'd', b'g', b'e',             // user name
];

pub(super) const ACCEPTED: &[u8] = &[0x20, 0x02, 0x00, 0x00];

#[rustfmt::skip]
pub(super) const SUBSCRIBING: &[u8] = &[
    0x82, 0x0f, 0x00, 0x01,                         // subscribe, packet id
    0x00, 0x0a, b's', b'p', b'B', b'v', b'1', b'.', b'0', b'/', b'A', b'#', 0x00, // topic, quality
];

#[rustfmt::skip]
pub(super) const DATA: &[u8] = &[
    0x30, 0x16, 0x00, 0x12,
    b's', b'p', b'B', b'v', b'1', b'.', b'0', b'/', b'A', b'/', b'N', b'D', b'A', b'T', b'A', b'/', b'n', b'1',
    0x08, 0x01,                                     // payload
];

#[rustfmt::skip]
pub(super) const COMMAND: &[u8] = &[
    0x32, 0x18, 0x00, 0x13,
    b's', b'p', b'B', b'v', b'1', b'.', b'0', b'/', b'A', b'/', b'D', b'C', b'M', b'D', b'/', b'n', b'1', b'/', b'd',
    0x00, 0x02, 0x01,                               // packet id, payload
];

#[rustfmt::skip]
pub(super) const PLAIN: &[u8] = &[
    0x30, 0x09, 0x00, 0x05, b'p', b'u', b'm', b'p', b'1', b'4', b'2',
];

#[rustfmt::skip]
pub(super) const CONNECT_5: &[u8] = &[
    0x10, 0x16, 0x00, 0x04, b'M', b'Q', b'T', b'T',
    0x05, 0x02, 0x00, 0x3c,
    0x05, 0x11, 0x00, 0x00, 0x00, 0x0a,             // properties: session expiry
    0x00, 0x04, b'g', b'w', b'-', b'5',
];

#[rustfmt::skip]
pub(super) const PUBLISH_5: &[u8] = &[
    0x30, 0x0a, 0x00, 0x05, b'p', b'u', b'm', b'p', b'1', 0x00, b'4', b'2',
];
