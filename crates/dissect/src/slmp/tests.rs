use super::*;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 5010);
const ANSWER: Context = tcp(Side::Responder, 5010);

/// How an encoder writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Binary,
    Ascii,
}

/// Writes fields as a frame has them.
struct Encoder(Written, Vec<u8>);

impl Encoder {
    fn number(&mut self, bytes: usize, number: u32) -> &mut Self {
        match self.0 {
            Written::Binary => self.1.extend(&number.to_le_bytes()[..bytes]),
            Written::Ascii => self
                .1
                .extend(format!("{number:0width$X}", width = bytes * 2).bytes()),
        }
        self
    }

    fn place(&mut self, device: &str, code: u8, radix: u32, first: u32) -> &mut Self {
        match self.0 {
            Written::Binary => self.number(3, first).number(1, code.into()),
            Written::Ascii => {
                let text = if radix == 16 {
                    format!("{device:*<2}{first:06X}")
                } else {
                    format!("{device:*<2}{first:06}")
                };
                self.1.extend(text.bytes());
                self
            }
        }
    }
}

fn frame(written: Written, context: Context, serial: Option<u16>, fill: &dyn Fn(&mut Encoder)) -> Vec<u8> {
    let mut body = Encoder(written, Vec::new());
    fill(&mut body);
    let mut head = Encoder(written, Vec::new());
    let start: u8 = match (context.side, serial) {
        (Side::Initiator, None) => 0x50,
        (Side::Initiator, Some(_)) => 0x54,
        (Side::Responder, None) => 0xd0,
        (Side::Responder, Some(_)) => 0xd4,
    };
    match written {
        Written::Binary => head.1.extend([start, 0]),
        Written::Ascii => head.1.extend(format!("{start:02X}00").bytes()),
    }
    if let Some(serial) = serial {
        head.number(2, serial.into()).number(2, 0);
    }
    head.number(1, 0).number(1, 0xff).number(2, 0x3ff).number(1, 0);
    head.number(2, u32::try_from(body.1.len()).unwrap());
    [head.1, body.1].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const DEVICES: [(&str, u8, u32); 6] = [
    ("D", 0xa8, 10),
    ("W", 0xb4, 16),
    ("M", 0x90, 10),
    ("X", 0x9c, 16),
    ("ZR", 0xb0, 16),
    ("TN", 0xc2, 10),
];

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        ascii in any::<bool>(),
        serial in prop::option::of(any::<u16>()),
        device in prop::sample::select(DEVICES.to_vec()),
        first in 0u32..999_999,
        values in prop::collection::vec(any::<u16>(), 1..40),
    ) {
        let written = if ascii { Written::Ascii } else { Written::Binary };
        let (name, code, radix) = device;
        let count = u32::try_from(values.len()).unwrap();
        let bits = matches!(name, "M" | "X");
        let points = if bits { count * 16 } else { count };
        let words = |encoder: &mut Encoder| {
            for value in &values {
                encoder.number(2, (*value).into());
            }
        };
        let mut value = Encoder(written, Vec::new());
        words(&mut value);
        let value = hex(&value.1);
        let read = frame(written, ASK, serial, &|body| {
            body.number(2, 0x10).number(2, 0x0401).number(2, 0).place(name, code, radix, first).number(2, count);
        });
        let answer = frame(written, ANSWER, serial, &|body| {
            body.number(2, 0);
            words(body);
        });
        let write = frame(written, ASK, serial, &|body| {
            body.number(2, 0x10).number(2, 0x1401).number(2, 0).place(name, code, radix, first).number(2, count);
            words(body);
        });
        let done = frame(written, ANSWER, serial, &|body| {
            body.number(2, 0);
        });
        prop_assert_eq!(probe(ASK, &read), Probe::Certain);
        prop_assert_eq!(probe(ASK, &write), Probe::Certain);
        let told = lines(&mut Conversation::default(), &[(ASK, &read), (ANSWER, &answer), (ASK, &write), (ANSWER, &done)]);
        let place = format!("{name} {first}+{points}");
        prop_assert_eq!(told, [
            format!("request slmp 0x401 Read [read]; {place}"),
            format!("response slmp 0x401 Read [read] ok; {place} = {value}"),
            format!("request slmp 0x1401 Write [write]; {place} = {value}"),
            format!("response slmp 0x1401 Write [write] ok; {place}"),
        ]);
    }
}

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation::default(), turns), expected);
}

fn binary(context: Context, rest: &[u8]) -> Vec<u8> {
    frame(Written::Binary, context, None, &|body| body.1.extend(rest))
}

#[test]
fn commands_are_classed_by_what_they_do_and_no_password_is_told() {
    for (rest, expected) in [
        (
            &[0x10, 0, 0x01, 0x10, 0, 0, 1, 0, 0, 0][..],
            "0x1001 Remote Run [control]",
        ),
        (
            &[0x10, 0, 0x06, 0x10, 0, 0, 1, 0],
            "0x1006 Remote Reset [control]",
        ),
        (
            &[0x10, 0, 0x30, 0x16, 0, 0, 4, 0, b'p', b'l', b'c', b's'],
            "0x1630 Remote Password Unlock [session]",
        ),
        (
            &[0x10, 0, 0x19, 0x06, 0, 0, 2, 0, b'a', b'b'],
            "0x619 Self Test [diagnose]",
        ),
        (&[0x10, 0, 0x29, 0x18, 0, 0, 1, 0], "0x1829 Write File [file]"),
    ] {
        check(
            &[(ASK, &binary(ASK, rest))],
            &[&format!("request slmp {expected}")],
        );
    }
}

#[test]
fn random_writes_and_wide_devices_have_a_value_for_each_point() {
    let bits = binary(
        ASK,
        &[
            0x10, 0, 0x02, 0x14, 1, 0, 2, 50, 0, 0, 0x90, 0, 0x2f, 0, 0, 0x9d, 1,
        ],
    );
    let wide = binary(
        ASK,
        &[0x10, 0, 0x02, 0x14, 2, 0, 0, 1, 5, 0, 0, 0, 0x56, 0, 1, 2, 3, 4],
    );
    check(
        &[(ASK, &bits), (ASK, &wide)],
        &[
            "request slmp 0x1402 Write Random [write]; M 50+1 = 00; Y 47+1 = 01",
            "request slmp 0x1402 Write Random [write]; LCN 5+1 = 01020304",
        ],
    );
}

#[test]
fn a_refusal_names_its_code_and_an_answer_to_nothing_says_so() {
    let refused = binary(ANSWER, &[0x56, 0xc0, 0, 0xff, 0xff, 3, 0, 0x01, 0x04, 0, 0]);
    let answer = binary(ANSWER, &[0, 0, 1, 0]);
    check(
        &[(ANSWER, &refused), (ANSWER, &answer)],
        &[
            "response slmp 0x401 Read [read] failed 0xc056 address out of range",
            "response slmp 0x10000 Answer to a Request Not Seen [session] ok",
        ],
    );
}

#[test]
fn what_is_wrong_is_said_with_what_was_read() {
    for (rest, expected) in [
        (
            &[0x10, 0, 0x01, 0x04, 0, 0, 0, 0, 0, 0x77, 1, 0][..],
            &["request slmp 0x401 Read [read]", "anomaly slmp unknown-device"][..],
        ),
        (
            &[0x10, 0, 0x01, 0x04, 0, 0, 0, 0, 0, 0xa8, 1],
            &["request slmp 0x401 Read [read]", "anomaly slmp cut-short"],
        ),
        (
            &[0x10, 0, 0x01, 0x04, 0, 0, 0, 0, 0, 0xa8, 1, 0, 9],
            &[
                "request slmp 0x401 Read [read]; D 0+1",
                "anomaly slmp trailing-bytes",
            ],
        ),
        (
            &[0x10, 0, 0x99, 0x99, 0, 0],
            &[
                "request slmp 0x9999 unknown [program]",
                "anomaly slmp unknown-command",
            ],
        ),
    ] {
        check(&[(ASK, &binary(ASK, rest))], expected);
    }
    let (progress, told) = outcome(
        &mut Conversation::default(),
        ASK,
        b"500000FF03FF000018001004010000D*00010G0002",
    );
    assert!(progress.is_ok());
    assert_eq!(
        told,
        ["request slmp 0x401 Read [read]", "anomaly slmp not-hexadecimal"]
    );
    let (progress, _) = outcome(&mut Conversation::default(), ASK, b"50xx");
    assert!(progress.is_err());
    let udp = udp(Side::Initiator, 5010);
    let (_, told) = outcome(&mut Conversation::default(), udp, &[0x50, 0, 0, 0xff]);
    assert_eq!(told, ["anomaly slmp cut-short"]);
}

#[test]
fn monitored_points_of_1e_frames_are_remembered() {
    check(
        &[
            (
                ASK,
                &[
                    7, 0xff, 10, 0, 2, 0, 1, 0, 0, 0, 0x20, 0x44, 9, 0, 0, 0, 0x20, 0x57,
                ],
            ),
            (ANSWER, &[0x87, 0]),
            (ASK, &[9, 0xff, 10, 0]),
            (ANSWER, &[0x89, 0, 1, 2, 3, 4]),
            (ASK, &[5, 3, 10, 0, 1, 0, 1, 0, 0, 0, 0x20, 0x44, 7, 0]),
        ],
        &[
            "request slmp 0x7 Register Monitored Words [read]; D 1+1; W 9+1",
            "response slmp 0x7 Register Monitored Words [read] ok",
            "request slmp 0x9 Monitor Words [read]",
            "response slmp 0x9 Monitor Words [read] ok; D 1+1 = 0102; W 9+1 = 0304",
            "request slmp 0x5 Test Words [write] unit 3; D 1+1 = 0700",
        ],
    );
    let (progress, _) = outcome(&mut Conversation::default(), ANSWER, &[0x81, 0, 1, 2]);
    assert!(progress.is_err());
}
