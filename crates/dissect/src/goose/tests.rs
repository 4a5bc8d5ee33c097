use super::*;
use crate::testing::outcome;
use proptest::prelude::*;

const FRAME: Context = Context {
    side: Side::Initiator,
    carrier: crate::Carrier::Ethernet(EtherType::GOOSE),
    port: 0,
};

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    match length {
        0..=0x7f => [&[tag, length], content].concat(),
        _ => [&[tag, 0x81, length], content].concat(),
    }
}

/// A frame around a message, with the first reserved field.
fn frame(reserved: u16, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 8).unwrap().to_be_bytes();
    let [r0, r1] = reserved.to_be_bytes();
    [&[0x30, 1], &length[..], &[r0, r1, 0, 0], pdu].concat()
}

/// What varies from message to message.
#[derive(Clone, Copy)]
struct Given {
    state: u32,
    sequence: u32,
    simulation: u8,
    revision: u8,
    needs: u8,
    allowed: u8,
    entries: u8,
}

const PLAIN: Given = Given {
    state: 5,
    sequence: 0,
    simulation: 0,
    revision: 1,
    needs: 0,
    allowed: 100,
    entries: 2,
};

fn pdu(given: &Given) -> Vec<u8> {
    let fields = [
        tlv(0x80, b"IED1LD0/LLN0$GO$g"),
        tlv(0x81, &[given.allowed]),
        tlv(0x82, b"IED1LD0/LLN0$ds"),
        tlv(0x83, b"trip"),
        tlv(0x84, &[0; 8]),
        tlv(0x85, &given.state.to_be_bytes()),
        tlv(0x86, &given.sequence.to_be_bytes()),
        tlv(0x87, &[given.simulation]),
        tlv(0x88, &[given.revision]),
        tlv(0x89, &[given.needs]),
        tlv(0x8a, &[given.entries]),
        tlv(0xab, &[0x83, 1, 1, 0x84, 1, 0]),
    ];
    tlv(0x61, &fields.concat())
}

/// Feeds messages and gives the anomalies, each frame's.
fn anomalies(messages: &[Given]) -> Vec<Vec<String>> {
    let mut session = Conversation::default();
    messages
        .iter()
        .map(|given| {
            let (_, told) = outcome(&mut session, FRAME, &frame(0, &pdu(given)));
            let anomalies = told.into_iter().filter_map(|line| {
                let code = line.strip_prefix("anomaly goose ")?;
                Some(code.to_owned())
            });
            anomalies.collect()
        })
        .collect()
}

fn check(messages: &[Given], expected: &[&[&str]]) {
    assert_eq!(anomalies(messages), expected);
}

#[test]
fn a_state_is_told_with_its_block_and_data_and_names_its_sender_once() {
    let mut session = Conversation::default();
    let bytes = frame(0, &pdu(&PLAIN));
    let message = "unsolicited goose 0x1 Publish [write] unit 12289; control-block IED1LD0/LLN0$GO$g; \
                   goose-id trip; data-set IED1LD0/LLN0$ds = 830101840100";
    let (progress, told) = outcome(&mut session, FRAME, &[&bytes[..], &[0; 6]].concat());
    assert_eq!(progress.unwrap().consumed, bytes.len() + 6);
    assert_eq!(told, [message, "identity goose sender host-name=IED1LD0"]);
    assert_eq!(outcome(&mut session, FRAME, &bytes).1, [message]);
}

#[test]
fn numbers_that_go_back_are_said_and_new_states_and_repeats_are_not() {
    let at = |state, sequence| Given {
        state,
        sequence,
        ..PLAIN
    };
    check(&[at(5, 0), at(5, 1), at(5, 1), at(6, 0)], &[&[], &[], &[], &[]]);
    check(&[at(5, 7), at(5, 6)], &[&[], &["sequence-backwards"]]);
    check(&[at(5, 7), at(4, 0)], &[&[], &["state-backwards"]]);
    check(&[at(5, 7), at(9, 0)], &[&[], &["state-skipped"]]);
    check(&[at(50, 7), at(1, 0)], &[&[], &["publisher-restarted"]]);
    // The numbers begin anew after their highest.
    check(&[at(u32::MAX, 7), at(1, 0)], &[&[], &[]]);
    check(&[at(5, u32::MAX), at(5, 1)], &[&[], &[]]);
}

#[test]
fn what_is_not_fit_for_service_is_said() {
    check(
        &[Given {
            simulation: 1,
            ..PLAIN
        }],
        &[&["simulated"]],
    );
    check(&[Given { needs: 1, ..PLAIN }], &[&["needs-commissioning"]]);
    check(&[Given { allowed: 0, ..PLAIN }], &[&["time-allowed"]]);
    check(&[Given { entries: 3, ..PLAIN }], &[&["entry-count"]]);
    check(
        &[PLAIN, Given { revision: 2, ..PLAIN }],
        &[&[], &["configuration-changed"]],
    );
    let (_, told) = outcome(&mut Conversation::default(), FRAME, &frame(0x8000, &pdu(&PLAIN)));
    assert_eq!(
        told[1..3],
        ["anomaly goose simulated", "anomaly goose simulation-mismatch"]
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    let whole = frame(0, &pdu(&PLAIN));
    for (bytes, expected) in [
        (&[0x30, 1, 0][..], "cut-short"),
        (&[0x30, 1, 0, 7, 0, 0, 0, 0], "cut-short"),
        (&whole[..whole.len() - 1], "cut-short"),
        (&frame(0, &[0x62, 0]), "malformed"),
        (&frame(0, &[0x61, 2, 0x80, 0]), "malformed"),
        (&frame(0, &[0x61, 9, 0x80]), "malformed"),
        (&frame(0, &[]), "malformed"),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), FRAME, bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        assert_eq!(told, [format!("anomaly goose {expected}")], "{bytes:02x?}");
    }
}

#[test]
fn more_control_blocks_than_are_followed_push_out_the_oldest() {
    let mut followed = Followed::default();
    for name in 0..=u8::try_from(publication::MAX_PUBLICATIONS).unwrap() {
        assert_eq!(followed.replace(&[name], name), None);
    }
    assert_eq!(followed.replace(&[1], 9), Some(1));
    assert_eq!(followed.replace(&[0], 9), None);
}

proptest! {
    #[test]
    fn what_is_encoded_is_read(state in any::<u32>(), sequence in any::<u32>(), revision in any::<u8>()) {
        let given = Given { state, sequence, revision, ..PLAIN };
        let bytes = pdu(&given);
        let element = Element::read(&mut crate::Reader::new(&bytes)).unwrap();
        let read = State::read(&element).unwrap();
        let published = Published { state, sequence, configuration: Some(revision.into()) };
        prop_assert_eq!(read.published, published);
        prop_assert_eq!(read.id, Some(&b"trip"[..]));
        prop_assert_eq!(read.counted, Some(2));
    }
}
