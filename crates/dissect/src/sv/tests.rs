use super::*;
use crate::testing::outcome;
use proptest::prelude::*;

const FRAME: Context = Context {
    side: Side::Initiator,
    carrier: crate::Carrier::Ethernet(EtherType::SAMPLED_VALUES),
    port: 0,
};

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    match length {
        0..=0x7f => [&[tag, low], content].concat(),
        _ => [&[tag, 0x82, high, low], content].concat(),
    }
}

fn unit(id: &str, counter: u16, revision: u8) -> Vec<u8> {
    let fields = [
        tlv(0x80, id.as_bytes()),
        tlv(0x82, &counter.to_be_bytes()),
        tlv(0x83, &[revision]),
        tlv(0x85, &[1]),
        tlv(0x87, &[1, 2, 3]),
    ];
    tlv(0x30, &fields.concat())
}

/// A frame of units, with the first reserved field and what it says of their number.
fn frame(reserved: u16, said: u8, units: &[Vec<u8>]) -> Vec<u8> {
    let pdu = tlv(0x60, &[tlv(0x80, &[said]), tlv(0xa2, &units.concat())].concat());
    let length = u16::try_from(pdu.len() + 8).unwrap().to_be_bytes();
    let [r0, r1] = reserved.to_be_bytes();
    [&[0x40, 0], &length[..], &[r0, r1, 0, 0], &pdu].concat()
}

/// Feeds frames and compares what is told of the last.
fn check(frames: &[Vec<u8>], expected: &[&str]) {
    let mut session = Conversation::default();
    let mut last = Vec::new();
    for bytes in frames {
        let (progress, told) = outcome(&mut session, FRAME, bytes);
        assert_eq!(progress.unwrap().consumed, bytes.len());
        last = told;
    }
    assert_eq!(last, expected);
}

const PLAIN: &str = "unsolicited sv 0x0 Publish [read] unit 16384; samples MU1/a = 010203";

#[test]
fn samples_are_told_by_id_and_name_their_sender_once() {
    let one = |counter| frame(0, 1, &[unit("MU1/a", counter, 1)]);
    check(&[one(5)], &[PLAIN, "identity sv sender host-name=MU1"]);
    check(&[one(5), one(6)], &[PLAIN]);
    check(&[one(5), one(5)], &[PLAIN]);
    check(&[one(3999), one(0)], &[PLAIN]);
}

#[test]
fn what_goes_back_changes_or_is_simulated_is_said() {
    let one = |counter, revision| frame(0, 1, &[unit("MU1/a", counter, revision)]);
    check(&[one(5, 1), one(4, 1)], &[PLAIN, "anomaly sv counter-backwards"]);
    check(
        &[one(5, 1), one(6, 2)],
        &[PLAIN, "anomaly sv configuration-changed"],
    );
    let simulated = frame(0x8000, 1, &[unit("MU1/a", 6, 1)]);
    check(&[one(5, 1), simulated], &[PLAIN, "anomaly sv simulated"]);
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    let units = |count| vec![unit("MU1/a", 5, 1); count];
    let whole = frame(0, 1, &units(1));
    check(&[vec![0x40, 0]], &["anomaly sv cut-short"]);
    check(&[whole[..whole.len() - 1].to_vec()], &["anomaly sv cut-short"]);
    check(&[frame(0, 1, &[vec![0x30, 0]])], &["anomaly sv malformed"]);
    check(
        &[whole.clone(), frame(0, 2, &units(1))],
        &[PLAIN, "anomaly sv unit-count"],
    );
    let (_, told) = outcome(&mut Conversation::default(), FRAME, &frame(0, 17, &units(17)));
    assert_eq!(told[1], "anomaly sv too-many-units");
    assert_eq!(told[0].matches("; samples").count(), MAX_UNITS);
}

proptest! {
    #[test]
    fn what_is_encoded_is_read(
        ids in prop::collection::vec("[A-Z0-9/]{1,30}", 1..8),
        counter in any::<u16>(),
    ) {
        let units: Vec<_> = ids.iter().map(|id| unit(id, counter, 1)).collect();
        let bytes = frame(0, u8::try_from(ids.len()).unwrap(), &units);
        let (_, told) = outcome(&mut Conversation::default(), FRAME, &bytes);
        let objects: String = ids.iter().map(|id| format!("; samples {id} = 010203")).collect();
        prop_assert_eq!(&told[0], &format!("unsolicited sv 0x0 Publish [read] unit 16384{objects}"));
        prop_assert!(!told.iter().any(|line| line.starts_with("anomaly")));
    }
}
