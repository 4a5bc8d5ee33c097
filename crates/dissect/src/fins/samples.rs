//! Good conversations.

use crate::registry::Sample;
use crate::session::{Carrier, Context, Side};

const fn on(carrier: Carrier, side: Side) -> Context {
    Context {
        side,
        carrier,
        port: 9600,
    }
}

const ASK: Context = on(Carrier::Udp, Side::Initiator);
const ANSWER: Context = on(Carrier::Udp, Side::Responder);
const TCP_ASK: Context = on(Carrier::Tcp, Side::Initiator);
const TCP_ANSWER: Context = on(Carrier::Tcp, Side::Responder);

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "words that are read, written and refused in datagrams",
        turns: &[
            (
                ASK,
                &[
                    0x80, 0x00, 0x02, 0, 10, 0, 0, 20, 0, 1, // to node 10, from node 20, request 1
                    0x01, 0x01, 0x82, 0x00, 0x64, 0x00, 0x00, 0x02, // read D100, two words
                ],
            ),
            (
                ANSWER,
                &[
                    0xc0, 0x00, 0x02, 0, 20, 0, 0, 10, 0, 1, // answer 1
                    0x01, 0x01, 0x00, 0x00, 0x12, 0x34, 0x56, 0x78, // done, two words
                ],
            ),
            (
                ASK,
                &[
                    0x80, 0x00, 0x02, 0, 10, 0, 0, 20, 0, 2, //
                    0x01, 0x02, 0x30, 0x00, 0x05, 0x03, 0x00, 0x01, 0x01, // write CIO 5.03: on
                ],
            ),
            (
                ANSWER,
                &[
                    0xc0, 0x00, 0x02, 0, 20, 0, 0, 10, 0, 2, //
                    0x01, 0x02, 0x21, 0x01, // read-only
                ],
            ),
        ],
    },
    Sample {
        name: "node addresses, then the controller's model, over TCP",
        turns: &[
            (
                TCP_ASK,
                &[
                    b'F', b'I', b'N', b'S', 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, // client's address
                    0, 0, 0, 0,
                ],
            ),
            (
                TCP_ANSWER,
                &[
                    b'F', b'I', b'N', b'S', 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, // server's
                    0, 0, 0, 20, 0, 0, 0, 10,
                ],
            ),
            (
                TCP_ASK,
                &[
                    b'F', b'I', b'N', b'S', 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 0, // a frame
                    0x80, 0x00, 0x02, 0, 10, 0, 0, 20, 0, 3, 0x05, 0x01, // controller data
                ],
            ),
            (
                TCP_ANSWER,
                &[
                    b'F', b'I', b'N', b'S', 0, 0, 0, 62, 0, 0, 0, 2, 0, 0, 0, 0, // a frame
                    0xc0, 0x00, 0x02, 0, 20, 0, 0, 10, 0, 3, 0x05, 0x01, 0x00, 0x00, // done
                    b'C', b'J', b'2', b'M', b'-', b'C', b'P', b'U', b'3', b'1', // model
                    b' ', b' ', b' ', b' ', b' ', b' ', b' ', b' ', b' ', b' ', //
                    b'0', b'2', b'.', b'0', b'1', 0, 0, 0, 0, 0, // version
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
            ),
            (
                TCP_ASK,
                &[
                    b'F', b'I', b'N', b'S', 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 0, // a frame
                    0x80, 0x00, 0x02, 0, 10, 0, 0, 20, 0, 4, 0x04, 0x02, // stop
                ],
            ),
        ],
    },
];
