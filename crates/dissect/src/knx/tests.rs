use super::*;
use crate::session::Side;
use crate::testing::{lines, outcome, tcp, udp};
use proptest::prelude::*;

const ASK: Context = udp(Side::Initiator, 3671);
const ANSWER: Context = udp(Side::Responder, 3671);

fn packet(service: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEAD_LENGTH + body.len()).unwrap();
    [&HEAD[..], &service.to_be_bytes(), &length.to_be_bytes(), body].concat()
}

/// A routed frame: the outer message is always the same, so what follows it is compared.
fn check_routed(frame: &[u8], expected: &[&str]) {
    let told = lines(&mut Conversation, &[(ASK, &packet(0x0530, frame))]);
    assert_eq!(
        told[0],
        "unsolicited knxnet-ip 0x530 Routing Indication [session]"
    );
    assert_eq!(&told[1..], expected);
}

#[test]
fn devices_say_who_they_are_and_where() {
    let [_, (context, found)] = samples::SAMPLES[0].turns else {
        panic!("two turns");
    };
    assert_eq!(
        lines(&mut Conversation, &[(*context, found)]),
        [
            "response knxnet-ip 0x202 Search Response [identify] ok",
            "identity knxnet-ip sender host-name=IP Router",
            "identity knxnet-ip sender serial=000112345678",
            "identity knxnet-ip sender module=KNX 1.1.5",
            "identity knxnet-ip 02:00:00:00:00:02 10.0.0.2 binding=",
            "identity knxnet-ip sender offers=knx-core",
            "identity knxnet-ip sender offers=knx-tunnelling",
            "identity knxnet-ip sender offers=knx-routing",
        ],
    );
}

#[test]
fn a_tunnel_tells_groups_values_memory_and_refusals() {
    assert_eq!(
        lines(&mut Conversation, samples::SAMPLES[1].turns),
        [
            "request knxnet-ip 0x205 Connect Request [session]; connection tunnel",
            "response knxnet-ip 0x206 Connect Response [session] ok",
            "request knxnet-ip 0x420 Tunnelling Request [session]",
            "request cemi 0x80 GroupValueWrite [write]; group 1/1/2 = 01",
            "response knxnet-ip 0x421 Tunnelling Acknowledge [session] ok",
            "request knxnet-ip 0x420 Tunnelling Request [session]",
            "response cemi 0x80 GroupValueWrite [write] unit 4607 ok; group 1/1/2 = 01",
            "request knxnet-ip 0x420 Tunnelling Request [session]",
            "request cemi 0x280 MemoryWrite [program] unit 4357; memory0 bit 131072+16 = aabb",
            "response knxnet-ip 0x421 Tunnelling Acknowledge [session] failed 0x4 sequence number out of order",
            "request knxnet-ip 0x209 Disconnect Request [session]",
            "response knxnet-ip 0x20a Disconnect Response [session] ok",
        ],
    );
}

#[test]
fn what_devices_on_the_bus_are_asked_is_classed_by_what_it_does() {
    let to = |bytes: &[u8]| [&[0x11, 0, 0xb0, 0x60, 0, 0, 0x11, 0x05][..], bytes].concat();
    let from = |bytes: &[u8]| [&[0x29, 0, 0xb0, 0x60, 0x11, 0x05, 0x11, 0xff][..], bytes].concat();
    for (frame, expected) in [
        (
            to(&[1, 3, 0x80]),
            "request cemi 0x380 Restart [control] unit 4357",
        ),
        (
            to(&[1, 3, 0]),
            "request cemi 0x300 DeviceDescriptorRead [identify] unit 4357",
        ),
        (
            to(&[0, 0x80]),
            "request cemi 0x20080 T_Connect [session] unit 4357",
        ),
        (
            to(&[6, 3, 0xd1, 0, 1, 2, 3, 4]),
            "request cemi 0x3d1 AuthorizeRequest [session] unit 4357",
        ),
        (
            to(&[6, 3, 0xd7, 3, 5, 0x10, 1, 9]),
            "request cemi 0x3d7 PropertyValueWrite [configure] unit 4357; 0x3/-/0x5 = 09",
        ),
        (
            from(&[5, 3, 0xd6, 0, 11, 0, 1]),
            "response cemi 0x3d6 PropertyValueResponse [read] unit 4357 failed 0x0 property not served; 0x0/-/0xb",
        ),
        (vec![0xf1], "request cemi 0x100f1 M_Reset.req [control]"),
    ] {
        check_routed(&frame, &[expected]);
    }
    check_routed(
        &from(&[3, 3, 0x40, 0x07, 0xb0]),
        &[
            "response cemi 0x340 DeviceDescriptorResponse [identify] unit 4357 ok",
            "identity cemi sender unit 4357 device-type=KNX mask 0x07b0",
        ],
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    let frame = [0x29, 0, 0xbc, 0xd0, 0x11, 5, 0x0a, 7, 3, 0, 0x80, 12, 26];
    for (bytes, expected) in [
        (packet(0x0530, &frame[..12]), "cut-short"),
        (packet(0x0530, &[&frame[..], &[0]].concat()), "trailing-bytes"),
        (packet(0x0530, &[0x55, 0]), "unknown-frame"),
        (
            packet(0x0530, &[0x29, 0, 0xb0, 0x60, 0, 0, 0x11, 5, 1, 3, 0xff]),
            "unknown-service",
        ),
        (packet(0x0666, &[]), "unknown-service"),
        ([&packet(0x0203, &[]), &[0][..]].concat(), "length-mismatch"),
        (packet(0x0206, &[1]), "cut-short"),
        (
            packet(0x0204, &[2, 0x55].repeat(MAX_BLOCKS + 1)),
            "too-many-blocks",
        ),
        (packet(0x0530, &frame)[..12].to_vec(), "cut-short"),
    ] {
        let (progress, told) = outcome(&mut Conversation, ANSWER, &bytes);
        assert_eq!(progress.unwrap(), crate::tell::done(&bytes));
        let last = told.last().unwrap();
        assert!(
            last.starts_with("anomaly ") && last.ends_with(expected),
            "{bytes:02x?}: {told:?}"
        );
    }
    let (progress, _) = outcome(&mut Conversation, tcp(Side::Initiator, 3671), b"GET / HTTP");
    assert_eq!(progress.unwrap_err().offset, 0);
}

#[test]
fn is_known_on_any_port_by_its_header_and_length() {
    let search = packet(0x0201, &[8, 1, 10, 0, 0, 1, 14, 87]);
    for (context, bytes, expected) in [
        (ASK, &search[..], Probe::Certain),
        (ASK, &search[..13], Probe::Unsure),
        (ASK, &packet(0x0666, &[]), Probe::Unsure),
        (ASK, &[6, 0x10, 2], Probe::No),
        (ASK, b"\x06\x20\x02\x01\x00\x06", Probe::No),
        (tcp(Side::Initiator, 3671), &[6, 0x10, 2], Probe::Unsure),
        (tcp(Side::Initiator, 3671), &search[..6], Probe::Certain),
        (tcp(Side::Initiator, 3671), &packet(0x0666, &[]), Probe::No),
    ] {
        assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn groups_that_an_encoder_writes_are_read_back(
        source in 1u16..,
        group in any::<u16>(),
        value in prop::collection::vec(any::<u8>(), 1..14),
    ) {
        let length = u8::try_from(value.len() + 1).unwrap();
        let mut frame = vec![0x29, 0, 0xbc, 0xe0];
        frame.extend(source.to_be_bytes());
        frame.extend(group.to_be_bytes());
        frame.extend([length, 0, 0x80]);
        frame.extend(&value);
        let text: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        let (main, middle, sub) = (group >> 11, group >> 8 & 7, group & 0xff);
        check_routed(
            &frame,
            &[&format!(
                "unsolicited cemi 0x80 GroupValueWrite [write] unit {source}; group {main}/{middle}/{sub} = {text}"
            )],
        );
    }
}
