//! Good Modbus conversations, a comment a field.

use crate::registry::Sample;
use crate::session::{Carrier, Context, Side};

const ASK: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 502,
};
const ANSWER: Context = Context {
    side: Side::Responder,
    ..ASK
};

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "holding registers read and answered",
        turns: &[
            (
                ASK,
                &[
                    0x00, 0x07, 0x00, 0x00, 0x00, 0x06, 0x11, // transaction, protocol id, length, unit
                    0x03, 0x00, 0x6b, 0x00, 0x03, // function, first, count
                ],
            ),
            (
                ANSWER,
                &[
                    0x00, 0x07, 0x00, 0x00, 0x00, 0x09, 0x11, // transaction, protocol id, length, unit
                    0x03, 0x06, 0x02, 0x2b, 0x00, 0x00, 0x00, 0x64, // function, byte count, values
                ],
            ),
        ],
    },
    Sample {
        name: "coils read, refused, then written",
        turns: &[
            (ASK, &[0, 1, 0, 0, 0, 6, 1, 0x01, 0x00, 0x13, 0x00, 0x25]),
            (
                ANSWER,
                &[
                    0, 1, 0, 0, 0, 3, 1, // header
                    0x81, 0x02, // exception, illegal data address
                ],
            ),
            (
                ASK,
                &[
                    0, 2, 0, 0, 0, 9, 1, // header
                    0x0f, 0x00, 0x13, 0x00, 0x0a, 0x02, 0xcd,
                    0x01, // function, first, count, byte count, values
                ],
            ),
            (ANSWER, &[0, 2, 0, 0, 0, 6, 1, 0x0f, 0x00, 0x13, 0x00, 0x0a]),
        ],
    },
    Sample {
        name: "two requests in one segment",
        turns: &[(
            ASK,
            &[
                0, 1, 0, 0, 0, 6, 1, 0x05, 0x00, 0xac, 0xff, 0x00, // write coil 172 on
                0, 2, 0, 0, 0, 6, 1, 0x06, 0x00, 0x01, 0x00, 0x03, // write register 1
            ],
        )],
    },
    Sample {
        name: "every other public function",
        turns: &[
            (ASK, &[0, 1, 0, 0, 0, 6, 1, 0x02, 0x00, 0xc4, 0x00, 0x16]),
            (ANSWER, &[0, 1, 0, 0, 0, 6, 1, 0x02, 0x03, 0xac, 0xdb, 0x35]),
            (ASK, &[0, 2, 0, 0, 0, 6, 1, 0x04, 0x00, 0x08, 0x00, 0x01]),
            (ANSWER, &[0, 2, 0, 0, 0, 5, 1, 0x04, 0x02, 0x00, 0x0a]),
            (ASK, &[0, 3, 0, 0, 0, 2, 1, 0x07]),
            (ANSWER, &[0, 3, 0, 0, 0, 3, 1, 0x07, 0x6d]),
            (ASK, &[0, 4, 0, 0, 0, 2, 1, 0x0b]),
            (ANSWER, &[0, 4, 0, 0, 0, 6, 1, 0x0b, 0xff, 0xff, 0x01, 0x08]),
            (ASK, &[0, 5, 0, 0, 0, 2, 1, 0x0c]),
            (
                ANSWER,
                &[
                    0, 5, 0, 0, 0, 11, 1, // header
                    0x0c, 0x08, 0x00, 0x00, 0x01, 0x08, 0x01, 0x21, 0x20,
                    0x00, // byte count, status, counts, events
                ],
            ),
            (
                ASK,
                &[
                    0, 6, 0, 0, 0, 11, 1, // header
                    0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0a, 0x01,
                    0x02, // first, count, byte count, values
                ],
            ),
            (ANSWER, &[0, 6, 0, 0, 0, 6, 1, 0x10, 0x00, 0x01, 0x00, 0x02]),
            (
                ASK,
                &[0, 7, 0, 0, 0, 8, 1, 0x16, 0x00, 0x04, 0x00, 0xf2, 0x00, 0x25],
            ),
            (
                ANSWER,
                &[0, 7, 0, 0, 0, 8, 1, 0x16, 0x00, 0x04, 0x00, 0xf2, 0x00, 0x25],
            ),
            (
                ASK,
                &[
                    0, 8, 0, 0, 0, 13, 1, // header
                    0x17, 0x00, 0x03, 0x00, 0x01, // read from, count
                    0x00, 0x0e, 0x00, 0x01, 0x02, 0x00, 0xff, // write to, count, byte count, value
                ],
            ),
            (ANSWER, &[0, 8, 0, 0, 0, 5, 1, 0x17, 0x02, 0x00, 0xfe]),
            (ASK, &[0, 9, 0, 0, 0, 4, 1, 0x18, 0x04, 0xde]),
            (
                ANSWER,
                &[
                    0, 9, 0, 0, 0, 10, 1, // header
                    0x18, 0x00, 0x06, 0x00, 0x02, 0x01, 0xb8, 0x12,
                    0x84, // byte count, FIFO count, values
                ],
            ),
        ],
    },
    Sample {
        name: "file records read and written",
        turns: &[
            (
                ASK,
                &[
                    0, 1, 0, 0, 0, 17, 1, // header
                    0x14, 0x0e, // function, byte count
                    0x06, 0x00, 0x04, 0x00, 0x01, 0x00, 0x02, // reference type, file, record, length
                    0x06, 0x00, 0x03, 0x00, 0x09, 0x00, 0x02,
                ],
            ),
            (
                ANSWER,
                &[
                    0, 1, 0, 0, 0, 15, 1, // header
                    0x14, 0x0c, // function, byte count
                    0x05, 0x06, 0x0d, 0xfe, 0x00, 0x20, // length, reference type, data
                    0x05, 0x06, 0x33, 0xcd, 0x00, 0x40,
                ],
            ),
            (
                ASK,
                &[
                    0, 2, 0, 0, 0, 14, 1, // header
                    0x15, 0x0b, // function, byte count
                    0x06, 0x00, 0x04, 0x00, 0x07, 0x00, 0x02, 0x06, 0xaf, 0x04,
                    0xbe, // sub-request and data
                ],
            ),
        ],
    },
    Sample {
        name: "device identification and server id",
        turns: &[
            (ASK, &[0, 1, 0, 0, 0, 5, 1, 0x2b, 0x0e, 0x01, 0x00]),
            (
                ANSWER,
                &[
                    0, 1, 0, 0, 0, 29, 1, // header
                    0x2b, 0x0e, 0x01, 0x01, 0x00, 0x00,
                    0x03, // MEI, code, conformity, more, next, objects
                    0x00, 0x04, b'A', b'c', b'm', b'e', // vendor
                    0x01, 0x05, b'P', b'L', b'C', b'-', b'9', // product code
                    0x02, 0x06, b'V', b'1', b'.', b'0', b'.', b'3', // revision
                ],
            ),
            (ASK, &[0, 2, 0, 0, 0, 2, 1, 0x11]),
            (
                ANSWER,
                &[
                    0, 2, 0, 0, 0, 12, 1, // header
                    0x11, 0x09, 0x0a, 0xff, b'P', b'u', b'm', b'p', b' ', b'4',
                    0x00, // byte count, id, run, text
                ],
            ),
        ],
    },
    Sample {
        name: "diagnostics and a CANopen reference",
        turns: &[
            (ASK, &[0, 1, 0, 0, 0, 6, 1, 0x08, 0x00, 0x04, 0x00, 0x00]),
            (ASK, &[0, 2, 0, 0, 0, 6, 1, 0x08, 0x00, 0x0b, 0x00, 0x00]),
            (ANSWER, &[0, 2, 0, 0, 0, 6, 1, 0x08, 0x00, 0x0b, 0x00, 0x2a]),
            (ASK, &[0, 3, 0, 0, 0, 5, 1, 0x2b, 0x0d, 0x01, 0x02]),
        ],
    },
    Sample {
        name: "UMAS: who the controller is, and its reservation",
        turns: &[
            (
                ASK,
                &[
                    0, 0, 0, 0, 0, 4, 0, // header
                    0x5a, 0x00, 0x02, // function, session key, read id
                ],
            ),
            (
                ANSWER,
                &[
                    0, 0, 0, 0, 0, 0x2a, 0, // header
                    0x5a, 0x00, 0xfe, // function, session key, success
                    0x10, 0xff, 0x5a, 0x01, 0x01, 0x00, 0x00, 0x00, // range, ident, model
                    0x70, 0x02, // version
                    0x00, 0x00, 0x27, 0x00, 0x09, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00,
                    0x00, // patch, hardware, crash code
                    0x0e, b'1', b'4', b'0', b' ', b'C', b'P', b'U', b' ', b'3', b'1', b'1', b' ', b'1',
                    b'0', // name
                    0x00, // memory blocks
                ],
            ),
            (
                ASK,
                &[
                    0, 1, 0, 0, 0, 13, 0, // header
                    0x5a, 0x00, 0x10, // function, session key, take reservation
                    0x43, 0x4c, 0x00, 0x00, 0x04, b'E', b'W', b'S', b'1', // number, station
                ],
            ),
            (ANSWER, &[0, 1, 0, 0, 0, 5, 0, 0x5a, 0x00, 0xfe, 0x01]),
        ],
    },
    Sample {
        name: "UMAS: memory read, a block downloaded, and a signed stop",
        turns: &[
            (
                ASK,
                &[
                    0, 2, 0, 0, 0, 13, 0, // header
                    0x5a, 0x00, 0x20, // function, session key, read memory block
                    0x00, 0x13, 0x00, 0x64, 0x00, 0x00, 0x00, 0x9c,
                    0x00, // range, block, offset, length
                ],
            ),
            (ANSWER, &[0, 2, 0, 0, 0, 6, 0, 0x5a, 0x00, 0xfe, 0x9c, 0x00]),
            (
                ASK,
                &[
                    0, 3, 0, 0, 0, 12, 0, // header
                    0x5a, 0x01, 0x34, 0x00, 0x01, 0x05, 0x00, 0x02, 0x00, 0xca,
                    0xfe, // function to data
                ],
            ),
            (ANSWER, &[0, 3, 0, 0, 0, 5, 0, 0x5a, 0x01, 0xfd, 0x83]),
            (
                ASK,
                &[
                    0, 4, 0, 0, 0, 42, 0, // header
                    0x5a, 0x01, 0x38, 0x01, // function, session key, signed, mark
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, // signature
                    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, //
                    0x5a, 0x01, 0x41, 0xff, 0x00, // function, session key, stop, data
                ],
            ),
            (
                ANSWER,
                &[
                    0, 4, 0, 0, 0, 40, 0, // header
                    0x5a, 0x01, 0xfe, 0x01, // function, session key, success, mark
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, // signature
                    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, //
                    0x5a, 0x01, 0xfe, // function, session key, success
                ],
            ),
        ],
    },
    Sample {
        name: "a datagram",
        turns: &[(
            Context {
                carrier: Carrier::Udp,
                ..ASK
            },
            &[0, 1, 0, 0, 0, 6, 1, 0x03, 0x00, 0x00, 0x00, 0x0a],
        )],
    },
];
