use super::samples::*;
use super::*;
use crate::testing::{lines, outcome};
use proptest::prelude::*;

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation::default(), turns), expected);
}

/// A method's frame on channel 1.
fn method(class: u16, number: u16, arguments: &[u8]) -> Vec<u8> {
    let length = u32::try_from(arguments.len() + 4).unwrap().to_be_bytes();
    [
        &[1, 0, 1][..],
        &length,
        &class.to_be_bytes(),
        &number.to_be_bytes(),
        arguments,
        &[FRAME_END],
    ]
    .concat()
}

fn short(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

fn long(text: &[u8]) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes(), text].concat()
}

/// A performative's frame on channel 0.
fn performative(layer: u8, code: u8, fields: &[&[u8]]) -> Vec<u8> {
    let content = fields.concat();
    let body = [
        &[
            0,
            0x53,
            code,
            0xc0,
            u8::try_from(content.len() + 1).unwrap(),
            u8::try_from(fields.len()).unwrap(),
        ][..],
        &content,
    ]
    .concat();
    let size = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
    [&size[..], &[2, layer, 0, 0], &body].concat()
}

fn text(constructor: u8, text: &[u8]) -> Vec<u8> {
    [&[constructor][..], &short(text)].concat()
}

#[test]
fn a_broker_and_its_client_are_told_in_0_9_1() {
    check(
        SAMPLES[0].turns,
        &[
            "request amqp 0x80000000 Protocol Header [session]; version 0-9-1",
            "request amqp 0xa000a Connection.Start [session]; mechanisms EXTERNAL SCRAM",
            "identity amqp sender product=RabbitMQ",
            "identity amqp sender firmware=3.12.1",
            "identity amqp sender system=Erlang/OTP 25",
            "response amqp 0xa000b Connection.StartOk [session] ok; mechanism EXTERNAL",
            "identity amqp sender product=gw",
            "identity amqp sender firmware=2.0",
            "request amqp 0xa001e Connection.Tune [session]",
            "response amqp 0xa001f Connection.TuneOk [session] ok",
            "request amqp 0xa0028 Connection.Open [session]; virtual-host plant",
            "response amqp 0xa0029 Connection.OpenOk [session] ok",
            "request amqp 0x14000a Channel.Open [session]",
            "response amqp 0x14000b Channel.OpenOk [session] ok",
            "request amqp 0x28000a Exchange.Declare [configure]; exchange line1",
            "response amqp 0x28000b Exchange.DeclareOk [configure] ok",
            "request amqp 0x32000a Queue.Declare [configure]; queue mes",
            "response amqp 0x32000b Queue.DeclareOk [configure] ok; queue mes",
            "request amqp 0x320014 Queue.Bind [configure]; queue mes; exchange line1; routing-key pump.#",
            "response amqp 0x320015 Queue.BindOk [configure] ok",
            "request amqp 0x3c0014 Basic.Consume [read]; queue mes",
            "response amqp 0x3c0015 Basic.ConsumeOk [read] ok",
            "unsolicited amqp 0x3c0028 Basic.Publish [write]; exchange line1; routing-key pump.1",
            "unsolicited amqp 0x3c003c Basic.Deliver [read]; exchange line1; routing-key pump.1",
            "unsolicited amqp 0x3c0050 Basic.Ack [session]",
            "unsolicited amqp 0x8 Heartbeat [session]",
            "request amqp 0x3c0046 Basic.Get [read]; queue mes",
            "response amqp 0x3c0048 Basic.GetEmpty [read] ok",
            "request amqp 0x3c0046 Basic.Get [read]; queue mes",
            "request amqp 0x140028 Channel.Close [session] failed 0x194 not found",
            "response amqp 0x140029 Channel.CloseOk [session] ok",
            "request amqp 0xa0032 Connection.Close [session]",
            "response amqp 0xa0033 Connection.CloseOk [session] ok",
        ],
    );
}

#[test]
fn links_and_transfers_are_told_in_1_0() {
    check(
        SAMPLES[1].turns,
        &[
            "request amqp1 0x80000003 Protocol Header [session]; version 1.0 after SASL",
            "response amqp1 0x80000003 Protocol Header [session]; version 1.0 after SASL",
            "unsolicited amqp1 0x40 sasl-mechanisms [session]; mechanism EXTERNAL; mechanism ANONYMOUS",
            "request amqp1 0x41 sasl-init [session]; mechanism EXTERNAL; host broker.plant",
            "response amqp1 0x44 sasl-outcome [session] ok",
            "request amqp1 0x80000000 Protocol Header [session]; version 1.0",
            "response amqp1 0x80000000 Protocol Header [session]; version 1.0",
            "request amqp1 0x10 open [session]; container gw-7; host broker.plant",
            "response amqp1 0x10 open [session] ok; container broker",
            "identity amqp1 sender product=ActiveMQ",
            "identity amqp1 sender firmware=5.18",
            "identity amqp1 sender system=Java",
            "request amqp1 0x11 begin [session]",
            "response amqp1 0x11 begin [session] ok",
            "request amqp1 0x12 attach [session]; link l1; target line1",
            "response amqp1 0x12 attach [session] ok; link l1; target line1",
            "unsolicited amqp1 0x13 flow [session]",
            "unsolicited amqp1 0x14 transfer [write]; address line1",
            "unsolicited amqp1 0x15 disposition [session]",
            "request amqp1 0x16 detach [session]",
            "response amqp1 0x16 detach [session] failed 0x1d amqp:not-found",
            "request amqp1 0x17 end [session]",
            "response amqp1 0x17 end [session] ok",
            "request amqp1 0x18 close [session]",
            "response amqp1 0x18 close [session] ok",
        ],
    );
}

#[test]
fn a_password_is_said_and_never_told() {
    let table = [
        short(b"LOGIN"),
        b"S".to_vec(),
        long(b"eng"),
        short(b"PASSWORD"),
        b"S".to_vec(),
        long(b"geheim"),
    ]
    .concat();
    for (mechanism, response) in [(&b"PLAIN"[..], &b"\0eng\0geheim"[..]), (b"AMQPLAIN", &table)] {
        let arguments = [long(b""), short(mechanism), long(response), short(b"en")].concat();
        let said = lines(
            &mut Conversation::default(),
            &[(CLIENT, &method(10, 11, &arguments))],
        );
        let mechanism = String::from_utf8_lossy(mechanism);
        assert_eq!(
            said,
            [
                &format!("response amqp 0xa000b Connection.StartOk [session] ok; mechanism {mechanism}"),
                "identity amqp sender user=eng",
                "anomaly amqp clear-text-login",
            ]
        );
    }
    let init = performative(1, 0x41, &[&text(0xa3, b"PLAIN"), &text(0xa0, b"\0eng\0geheim")]);
    check(
        &[(CLIENT, &init)],
        &[
            "request amqp1 0x41 sasl-init [session]; mechanism PLAIN",
            "identity amqp1 sender user=eng",
            "anomaly amqp1 clear-text-login",
        ],
    );
}

#[test]
fn refusals_are_failures() {
    check(
        &[
            (
                BROKER,
                &method(
                    10,
                    50,
                    &[&403u16.to_be_bytes()[..], &short(b"no"), &[0; 4]].concat(),
                ),
            ),
            (BROKER, &performative(1, 0x44, &[&[0x50, 1]])),
            (BROKER, REFUSED_1),
        ],
        &[
            "request amqp 0xa0032 Connection.Close [session] failed 0x193 access refused",
            "response amqp1 0x44 sasl-outcome [session] failed 0x1 authentication failed",
            "response amqp1 0x16 detach [session] failed 0x1d amqp:not-found",
        ],
    );
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    // 5 descriptors inside each other.
    let deep = performative(0, 0x10, &[&[0, 0, 0, 0, 0, 0x40]]);
    check(
        &[
            (CLIENT, &method(60, 40, &[0, 0, 9, b'x'])),
            (CLIENT, &method(60, 99, &[])),
            (CLIENT, &[1, 0, 0, 0, 0, 0, 1, 0, FRAME_END]),
            (CLIENT, &performative(0, 0x19, &[])),
            (CLIENT, &deep),
            (CLIENT, TRANSFER_1),
        ],
        &[
            "unsolicited amqp 0x3c0028 Basic.Publish [write]",
            "anomaly amqp cut-short",
            "unsolicited amqp 0x3c0063 unknown [program]",
            "anomaly amqp unknown-method",
            "anomaly amqp cut-short",
            "request amqp1 0x19 unknown [program]",
            "anomaly amqp1 unknown-method",
            "request amqp1 0x10 open [session]",
            "anomaly amqp1 value",
            "unsolicited amqp1 0x14 transfer [write]; handle 0+1",
        ],
    );
    for bytes in [
        &[4; 8][..],
        &[1, 0, 0, 0, 0, 0, 0, 0],
        b"AMQP\x09\x09\x09\x09",
        &[0, 0, 0, 8, 1, 0, 0, 0],
    ] {
        let said = outcome(&mut Conversation::default(), CLIENT, bytes);
        assert!(said.0.is_err(), "{bytes:02x?}: {said:?}");
    }
}

#[test]
fn a_broker_s_links_are_told_by_their_source_and_forgotten_in_a_gap() {
    let source = [&[0, 0x53, 0x28, 0xc0, 5, 1][..], &text(0xa1, b"q1")[..]].concat();
    let attach = performative(
        0,
        0x12,
        &[&text(0xa1, b"l"), &[0x43], &[0x42], &[0x40], &[0x40], &source],
    );
    let mut session = Conversation::default();
    assert_eq!(
        lines(&mut session, &[(BROKER, &attach), (BROKER, TRANSFER_1)]),
        [
            "response amqp1 0x12 attach [session] ok; link l; source q1",
            "unsolicited amqp1 0x14 transfer [read]; address q1",
        ]
    );
    session.gap(Side::Responder);
    assert_eq!(
        lines(&mut session, &[(BROKER, TRANSFER_1)]),
        ["unsolicited amqp1 0x14 transfer [read]; handle 0+1"]
    );
}

#[test]
fn links_and_long_frames_are_bounded() {
    let mut links = one::Links::default();
    for handle in 0..200 {
        links.attach(Side::Initiator, 0, handle, &[b'x'; 4096]);
    }
    assert_eq!(links.len(), one::MAX_LINKS);
    let body = [
        &[3, 0, 1, 0, 1, 0, 0][..],
        &vec![0; 0x1_0000],
        &[FRAME_END],
        HEARTBEAT,
    ]
    .concat();
    check(&[(BROKER, &body)], &["unsolicited amqp 0x8 Heartbeat [session]"]);
}

#[test]
fn what_follows_when_tls_is_agreed_passes() {
    let header = b"AMQP\x02\x01\x00\x00";
    check(
        &[
            (CLIENT, header),
            (BROKER, header),
            (CLIENT, &[0x16, 3, 1, 0, 1, 0]),
            (BROKER, b"Any"),
        ],
        &[
            "request amqp1 0x80000002 Protocol Header [session]; version 1.0 in TLS",
            "response amqp1 0x80000002 Protocol Header [session]; version 1.0 in TLS",
        ],
    );
}

#[test]
fn is_known_on_any_port_by_a_header_or_a_start() {
    for (context, bytes, expected) in [
        (CLIENT, &b"AMQP\x00\x00\x09\x01"[..], Probe::Certain),
        (BROKER, START, Probe::Certain),
        (CLIENT, START, Probe::Unsure),
        (BROKER, b"AMQ", Probe::Unsure),
        (BROKER, b"AMX", Probe::No),
        (CLIENT, b"AMQP\x07\x07\x07\x07", Probe::No),
        (BROKER, OPEN_1, Probe::Unsure),
        (CLIENT, b"GET / HTTP/1.1", Probe::No),
    ] {
        assert_eq!(probe(context, bytes), expected, "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn names_that_an_encoder_writes_are_read_back(exchange in "[a-z.]{1,30}", key in "[a-z.#]{1,30}", delivery in 0u32..) {
        let arguments = [
            short(b"tag"),
            u64::from(delivery).to_be_bytes().to_vec(),
            vec![0],
            short(exchange.as_bytes()),
            short(key.as_bytes()),
        ]
        .concat();
        let said = lines(&mut Conversation::default(), &[(BROKER, &method(60, 60, &arguments))]);
        prop_assert_eq!(
            said,
            [format!("unsolicited amqp 0x3c003c Basic.Deliver [read]; exchange {exchange}; routing-key {key}")]
        );
        let open = performative(0, 0x10, &[&text(0xa1, exchange.as_bytes()), &text(0xa1, key.as_bytes())]);
        let said = lines(&mut Conversation::default(), &[(CLIENT, &open)]);
        prop_assert_eq!(said, [format!("request amqp1 0x10 open [session]; container {exchange}; host {key}")]);
    }
}
