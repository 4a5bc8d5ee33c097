//! EtherCAT: a master reads and writes its devices in frames that pass through them.
//!
//! Reads, by IEC 61158-4-12:2019 (type 12), over Ethernet type 0x88a4: every datagram of a frame by command, address
//! and data, with its working counter; of a write to a register the ones that change what a device does. The function's
//! code is the command. Reads of the device's identity registers identify, writes of its state control, writes to its
//! store (firmware and identity) are firmware, other registers configure; process data are read and written.
//!
//! A frame comes back to the master with the counter filled in and the locally-administered bit of the source set; a
//! datagram with a counter is an answer, and an answer that nobody worked on is a failure.
//!
//! Mailboxes in those data are told beside their datagram, each as its own protocol: `coe` with the objects and values
//! of devices' dictionaries and their identity, `foe` with files, `aoe`, `eoe`, `soe` and `voe` by their head.
//!
//! It has no state. Bounds: the frame, [`MAX_DATAGRAMS`] datagrams of one. Skipped: network variables, segments of
//! long values, contents.

mod mailbox;

use crate::message::{Address, Function, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, done, plain};
use cofferdam_terms::{EtherType, OperationClass};

/// The most datagrams of a frame that are told; more are dropped and said.
pub(crate) const MAX_DATAGRAMS: usize = 64;

const ETHERCAT: Protocol = Protocol("ethercat");

/// EtherCAT in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: ETHERCAT,
    title: "EtherCAT",
    specification: "IEC 61158-4-12:2019",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::ETHERCAT],
    probe,
    open: || Box::new(Conversation),
    inner: mailbox::INNER,
    samples: SAMPLES,
};

/// Which way data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
    Both,
    Nothing,
}

/// Commands: name, direction, whether the address is a logical one (32 bits) or a device's register.
const fn command(code: u8) -> Option<(&'static str, Direction, Space)> {
    Some(match code {
        0 => ("NOP", Direction::Nothing, Space::Register),
        1 => ("APRD", Direction::Read, Space::Register),
        2 => ("APWR", Direction::Write, Space::Register),
        3 => ("APRW", Direction::Both, Space::Register),
        4 => ("FPRD", Direction::Read, Space::Register),
        5 => ("FPWR", Direction::Write, Space::Register),
        6 => ("FPRW", Direction::Both, Space::Register),
        7 => ("BRD", Direction::Read, Space::Register),
        8 => ("BWR", Direction::Write, Space::Register),
        9 => ("BRW", Direction::Both, Space::Register),
        10 => ("LRD", Direction::Read, Space::Logical),
        11 => ("LWR", Direction::Write, Space::Logical),
        12 => ("LRW", Direction::Both, Space::Logical),
        13 => ("ARMW", Direction::Both, Space::Register),
        14 => ("FRMW", Direction::Both, Space::Register),
        _ => return None,
    })
}

/// What an address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    /// A device by place or number, and its register.
    Register,
    /// The process image.
    Logical,
}

/// What a register is for (IEC 61158-4-12, 5 and the register description): reads below 0x0010 identify.
const fn class_of(direction: Direction, register: u16) -> OperationClass {
    match (direction, register) {
        (Direction::Nothing, _) => OperationClass::Session,
        (Direction::Read, 0x0000..=0x000f) => OperationClass::Identify,
        (Direction::Read, 0x0130..=0x0135 | 0x0300..=0x0313) => OperationClass::Diagnose,
        // The distributed clocks' time.
        (_, 0x0900..=0x09ff) => OperationClass::Time,
        (Direction::Read, _) => OperationClass::Read,
        (Direction::Write | Direction::Both, 0x0120..=0x0121) => OperationClass::Control,
        (Direction::Write | Direction::Both, 0x0500..=0x050f) => OperationClass::Firmware,
        (Direction::Write | Direction::Both, 0x1000..=0xffff) => OperationClass::Write,
        (Direction::Write | Direction::Both, _) => OperationClass::Configure,
    }
}

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    CutShort,
    Command,
    TooMany,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::Command => "unknown-command",
            Self::TooMany => "too-many-datagrams",
        }
    }
}

fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        // Kind 1 in the upper four bits of the header's second byte, then a command.
        [_, kind, code, ..] if kind >> 4 == 1 && command(*code).is_some() => Probe::Certain,
        _ => Probe::Unsure,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(ETHERCAT, sink);
        match frame(bytes, &mut tell) {
            Ok(None) => {}
            Ok(Some(fault)) => tell.anomaly(fault.code(), all(bytes)),
            Err(_) => tell.anomaly(Fault::CutShort.code(), all(bytes)),
        }
        Ok(done(bytes))
    }
}

fn frame(bytes: &[u8], tell: &mut Tell<'_>) -> Result<Option<Fault>, Truncated> {
    let mut reader = Reader::new(bytes);
    let head = reader.u16_le()?;
    let name = match head >> 12 {
        1 => None,
        4 => Some("Network Variables"),
        5 => Some("Mailbox Gateway"),
        _ => return Ok(Some(Fault::Command)),
    };
    if let Some(name) = name {
        let function = Function {
            code: u32::from(head >> 12) << 8,
            name,
        };
        tell.message(&plain(
            ETHERCAT,
            Role::Unsolicited,
            function,
            OperationClass::Write,
            all(bytes),
        ));
        return Ok(None);
    }
    let mut content = reader.sub(usize::from(head & 0x07ff))?;
    for _ in 0..MAX_DATAGRAMS {
        let start = content.offset();
        let [code, index] = content.array()?;
        let [a0, a1, a2, a3] = content.array()?;
        let length = content.u16_le()?;
        let _interrupt = content.u16_le()?;
        let data = content.take(usize::from(length & 0x07ff))?;
        let counter = content.u16_le()?;
        let span = Span {
            start,
            end: content.offset(),
        };
        let Some((name, direction, space)) = command(code) else {
            return Ok(Some(Fault::Command));
        };
        let (device, register) = (u16::from_le_bytes([a0, a1]), u16::from_le_bytes([a2, a3]));
        let (address, class) = match space {
            Space::Logical => (
                Address::Points {
                    space: "logical",
                    first: u32::from_le_bytes([a0, a1, a2, a3]),
                    count: u32::from(length & 0x07ff),
                },
                match direction {
                    Direction::Read => OperationClass::Read,
                    Direction::Write | Direction::Both | Direction::Nothing => OperationClass::Write,
                },
            ),
            Space::Register => (
                Address::Points {
                    space: "register",
                    first: register.into(),
                    count: u32::from(length & 0x07ff),
                },
                class_of(direction, register),
            ),
        };
        let (role, outcome) = if counter > 0 {
            (Role::Response, Outcome::Success)
        } else {
            (Role::Request, Outcome::None)
        };
        tell.message(&Message {
            unit: (space == Space::Register).then_some(device.into()),
            objects: &[Object {
                address,
                value: (direction != Direction::Nothing && !data.is_empty()).then_some(data),
            }],
            outcome,
            transaction: Some(index.into()),
            ..plain(
                ETHERCAT,
                role,
                Function {
                    code: code.into(),
                    name,
                },
                class,
                span,
            )
        });
        if space == Space::Register {
            let device = device.into();
            let place = mailbox::Place {
                device,
                register,
                direction,
                counter,
                span,
            };
            mailbox::tell(data, place, tell);
        }
        if length & 0x8000 == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Fault::TooMany))
}

const FRAME: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Ethernet(EtherType::ETHERCAT),
    port: 0,
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a device is asked who it is and started, and process data exchanged",
        turns: &[(FRAME, ASKED), (FRAME, EXCHANGED)],
    },
    Sample {
        name: "an object is written, a name read, firmware sent and refused through mailboxes",
        turns: &[
            (FRAME, DOWNLOAD),
            (FRAME, NAME),
            (FRAME, FIRMWARE),
            (FRAME, REFUSED),
        ],
    },
];

#[rustfmt::skip]
const DOWNLOAD: &[u8] = &[
    0x1c, 0x10,
    0x05, 0x04, 0xe9, 0x03, 0x00, 0x10, 0x10, 0x00, 0x00, 0x00, // FPWR to device 1001, memory 0x1000
    0x0a, 0x00, 0x00, 0x00, 0x00, 0x13,             // ten bytes, CoE, counter 1
    0x00, 0x20, 0x2b, 0x40, 0x60, 0x00, 0x0f, 0x00, 0x00, 0x00, // 0x6040:0 := 0x000f
    0x00, 0x00,
];

#[rustfmt::skip]
const NAME: &[u8] = &[
    0x21, 0x10,
    0x04, 0x05, 0xe9, 0x03, 0x80, 0x10, 0x15, 0x00, 0x00, 0x00, // FPRD
    0x0e, 0x00, 0x00, 0x00, 0x00, 0x23,
    0x00, 0x30, 0x41, 0x08, 0x10, 0x00, 0x04, 0x00, 0x00, 0x00, // 0x1008:0, four bytes
    b'E', b'K', b'1', b'1', 0x00,
    0x01, 0x00,                                     // worked on
];

#[rustfmt::skip]
const FIRMWARE: &[u8] = &[
    0x1c, 0x10,
    0x05, 0x06, 0xe9, 0x03, 0x00, 0x10, 0x10, 0x00, 0x00, 0x00,
    0x0a, 0x00, 0x00, 0x00, 0x00, 0x34,             // FoE
    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, b'f', b'.', b'f', b'w', // write
    0x00, 0x00,
];

#[rustfmt::skip]
const REFUSED: &[u8] = &[
    0x16, 0x10,
    0x04, 0x07, 0xe9, 0x03, 0x80, 0x10, 0x0a, 0x00, 0x00, 0x00,
    0x04, 0x00, 0x00, 0x00, 0x00, 0x40,             // an error
    0x01, 0x00, 0x02, 0x00,                         // protocol not supported
    0x01, 0x00,
];

#[rustfmt::skip]
const ASKED: &[u8] = &[
    0x1c, 0x10,                                     // length 28, datagrams
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00,             // APRD of the first device, register 0
    0x02, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // two bytes, more follow; data, counter
    0x05, 0x02, 0xe9, 0x03, 0x20, 0x01,             // FPWR to device 1001, register 0x0120
    0x02, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, // operational
    0x00, 0x00,                                     // padding
];

#[rustfmt::skip]
const EXCHANGED: &[u8] = &[
    0x10, 0x10,
    0x0c, 0x03, 0x00, 0x00, 0x01, 0x00,             // LRW of the image at 0x10000
    0x04, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x03, 0x00, // four bytes, worked on by one
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lines;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation, &[(FRAME, bytes)]), expected);
    }

    #[test]
    fn datagrams_are_told_with_device_register_and_data() {
        check(
            ASKED,
            &[
                "request ethercat 0x1 APRD [identify] unit 0; register 0+2 = 0000",
                "request ethercat 0x5 FPWR [control] unit 1001; register 288+2 = 0800",
            ],
        );
        check(
            EXCHANGED,
            &["response ethercat 0xc LRW [write] ok; logical 65536+4 = 01020304"],
        );
    }

    #[test]
    fn mailboxes_tell_objects_values_files_and_refusals() {
        let memory = |line: &str, bytes: &[u8]| {
            let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{line} = {text}")
        };
        for (bytes, head, expected) in [
            (
                DOWNLOAD,
                "request ethercat 0x5 FPWR [write] unit 1001; register 4096+16",
                &["request coe 0x201 SDO Download [write] unit 1001; 0x6040/0x0/- = 0f00"][..],
            ),
            (
                NAME,
                "response ethercat 0x4 FPRD [read] unit 1001 ok; register 4224+21",
                &[
                    "response coe 0x203 SDO Upload [identify] unit 1001 ok; 0x1008/0x0/- = 454b3131",
                    "identity coe sender unit 1001 product=EK11",
                ],
            ),
            (
                FIRMWARE,
                "request ethercat 0x5 FPWR [write] unit 1001; register 4096+16",
                &["request foe 0x2 FoE Write [firmware] unit 1001; file f.fw"],
            ),
            (
                REFUSED,
                "response ethercat 0x4 FPRD [read] unit 1001 ok; register 4224+10",
                &[
                    "response ethercat-mailbox 0x0 Mailbox Error [session] unit 1001 failed 0x2 protocol not supported",
                ],
            ),
        ] {
            let told = lines(&mut Conversation, &[(FRAME, bytes)]);
            assert_eq!(told[0], memory(head, &bytes[12..bytes.len() - 2]));
            assert_eq!(&told[1..], expected);
        }
    }

    #[test]
    fn memory_that_is_no_mailbox_is_told_as_memory_alone() {
        for (at, byte) in [
            (12, 0xff),
            (16, 0x01),
            (17, 0x03),
            (17, 0x93),
            (9, 0xff),
            (7, 0x0f),
        ] {
            let mut bytes = DOWNLOAD.to_vec();
            bytes[at] = byte;
            let told = lines(&mut Conversation, &[(FRAME, &bytes)]);
            assert!(told.iter().all(|line| !line.contains(" coe ")), "{at}: {told:?}");
        }
    }

    #[test]
    fn registers_are_classed_by_what_they_change() {
        for (direction, register, expected) in [
            (Direction::Write, 0x0502, OperationClass::Firmware),
            (Direction::Write, 0x0010, OperationClass::Configure),
            (Direction::Write, 0x1100, OperationClass::Write),
            (Direction::Both, 0x0910, OperationClass::Time),
            (Direction::Read, 0x0130, OperationClass::Diagnose),
            (Direction::Read, 0x1100, OperationClass::Read),
        ] {
            assert_eq!(class_of(direction, register), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(&ASKED[..20], &["anomaly ethercat cut-short"]);
        check(&[0x00, 0x30], &["anomaly ethercat unknown-command"]);
        let datagram = [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0];
        let length = u16::try_from(12 * (MAX_DATAGRAMS + 1)).unwrap() | 0x1000;
        let many = [&length.to_le_bytes()[..], &datagram.repeat(MAX_DATAGRAMS + 1)].concat();
        let said = lines(&mut Conversation, &[(FRAME, &many)]);
        assert_eq!(said.len(), MAX_DATAGRAMS + 1);
        assert_eq!(said[MAX_DATAGRAMS], "anomaly ethercat too-many-datagrams");
    }

    proptest! {
        #[test]
        fn writes_that_an_encoder_writes_are_read_back(
            device in any::<u16>(),
            register in 0x1000u16..,
            data in prop::collection::vec(any::<u8>(), 1..100),
        ) {
            let length = u16::try_from(data.len()).unwrap();
            let mut bytes = (0x1000 | (length + 12)).to_le_bytes().to_vec();
            bytes.extend([5, 0]);
            for number in [device, register, length, 0] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(&data);
            bytes.extend([0, 0]);
            let value: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            check(
                &bytes,
                &[&format!(
                    "request ethercat 0x5 FPWR [write] unit {device}; register {register}+{length} = {value}"
                )],
            );
        }
    }
}
