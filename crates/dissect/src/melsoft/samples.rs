//! Good conversations.

use crate::registry::Sample;
use crate::session::{Carrier, Context, Side};

const fn on(carrier: Carrier, side: Side, port: u16) -> Context {
    Context { side, carrier, port }
}

const ASK: Context = on(Carrier::Tcp, Side::Initiator, 5007);
const ANSWER: Context = on(Carrier::Tcp, Side::Responder, 5007);
const UDP_ASK: Context = on(Carrier::Udp, Side::Initiator, 5560);
const UDP_ANSWER: Context = on(Carrier::Udp, Side::Responder, 5560);

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "a controller's model, then a file that is opened and written",
        turns: &[
            (
                ASK,
                &[
                    0x57, 0x01, 0, 0, 0, 0x11, 0x11, 0x07, 0, 0, 0xff, 0xff, 0x03, 0, 0, 0xfe, 0x03, 0,
                    0, //
                    0x20, 0x00, // length
                    0x1c, 0x0a, 0x16, 0x14, // a command's head of 22 bytes
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x01, 0x21, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, // open, number 1
                ],
            ),
            (
                ANSWER,
                &[
                    0xd7, 0x00, 0, 0, 0, 0x11, 0x11, 0x7f, 0, 0, 0, 0xa8, 0x03, 0, 0xff, 0xff, 0x03, 0,
                    0, //
                    0x38, 0x00, // length
                    0x9c, 0x0a, 0x18, 0x14, // a command's head of 24 bytes
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x01, 0x21, 0x01, 0x00, 0x00, 0x00, // open, number 1
                    b'F', b'X', b'5', b'U', b'-', b'3', b'2', b'M', b'T', b'/', b'E', b'S', 0, 0, 0,
                    0, //
                    0x29, 0x4a, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, // the model's number
                ],
            ),
            (
                ASK,
                &[
                    0x57, 0x01, 1, 0, 0, 0x11, 0x11, 0x07, 0, 0, 0xff, 0xff, 0x03, 0, 0, 0xfe, 0x03, 0,
                    0, //
                    0x3a, 0x00, // length
                    0x1c, 0x0a, 0x16, 0x14, //
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x18, 0x67, 0x02, 0x00, 0x00, 0x00, // open a file, number 2
                    0, 0, 0, 0, 0, 0, 0x04, 0x00, 0, 0, 0, 0, 0x0e, 0x00, //
                    b'A', 0, b'.', 0, b'P', 0, b'R', 0, b'G', 0, 0, 0, 0, 0,
                ],
            ),
            (
                ANSWER,
                &[
                    0xd7, 0x00, 1, 0, 0, 0x11, 0x11, 0x7f, 0, 0, 0, 0xa8, 0x03, 0, 0xff, 0xff, 0x03, 0,
                    0, //
                    0x22, 0x00, 0x9c, 0x0a, 0x18, 0x14, //
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x18, 0x67, 0x02, 0x00, 0x00, 0x00, 0x92, 0x00, // done: it is file 0x92
                ],
            ),
            (
                ASK,
                &[
                    0x57, 0x01, 2, 0, 0, 0x11, 0x11, 0x07, 0, 0, 0xff, 0xff, 0x03, 0, 0, 0xfe, 0x03, 0,
                    0, //
                    0x2a, 0x00, 0x1c, 0x0a, 0x16, 0x14, //
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x18, 0x69, 0x03, 0x00, 0x00, 0x00, // write it
                    0x92, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 1, 2, 3,
                ],
            ),
        ],
    },
    Sample {
        name: "a handshake, memory that is read and a stop in datagrams",
        turns: &[
            (UDP_ASK, &[0x5a, 0x00, 0x00, 0xff]),
            (
                UDP_ANSWER,
                &[
                    0xda, 0x00, 0x00, 0xff, 0x29, 0x4a, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x02, 0x00,
                    0xf0,
                ],
            ),
            (
                UDP_ASK,
                &[
                    0x57, 0x01, 0, 0, 0, 0x11, 0x11, 0x07, 0, 0, 0xff, 0xff, 0x03, 0, 0, 0xfe, 0x03, 0,
                    0, //
                    0x34, 0x00, 0x1c, 0x0a, 0x16, 0x14, //
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x04, 0x10, 0x05, 0x00, 0x00, 0x00, // read memory
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // no condition
                    0x00, 0x00, 0x20, 0x00, 0x64, 0x00, 0x00, 0x00, // words of area 0x20 from 100
                    0x00, 0x00, 0x02, 0x00, // two
                ],
            ),
            (
                UDP_ANSWER,
                &[
                    0xd7, 0x01, 0, 0, 0, 0x11, 0x11, 0x7f, 0, 0, 0, 0xa8, 0x03, 0, 0xff, 0xff, 0x03, 0,
                    0, //
                    0x24, 0x00, 0x9c, 0x0a, 0x18, 0x14, //
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x04, 0x10, 0x05, 0x00, 0x00, 0x00, 0x61, 0x00, 0x00, 0x00,
                ],
            ),
            (
                UDP_ASK,
                &[
                    0x57, 0x01, 0, 0, 0, 0x11, 0x11, 0x07, 0, 0, 0xff, 0xff, 0x03, 0, 0, 0xfe, 0x03, 0,
                    0, //
                    0x20, 0x00, 0x1c, 0x0a, 0x16, 0x14, //
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                    0x10, 0x02, 0x06, 0x00, 0x00, 0x00, 0x01, 0x00, // stop
                ],
            ),
            (
                UDP_ANSWER,
                &[
                    0xd7, 0x01, 0, 0, 0, 0x11, 0x11, 0x7f, 0, 0, 0, 0xa8, 0x03, 0, 0xff, 0xff, 0x03, 0,
                    0, //
                    0x20, 0x00, 0x9c, 0x0a, 0x18, 0x14, //
                    0x10, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // refused
                    0x10, 0x02, 0x06, 0x00, 0x00, 0x00,
                ],
            ),
        ],
    },
];
