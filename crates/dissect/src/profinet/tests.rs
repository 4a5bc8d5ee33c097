use super::samples::*;
use super::*;
use crate::testing::lines;
use proptest::prelude::*;

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation::default(), turns), expected);
}

#[test]
fn a_device_says_who_it_is_when_it_is_looked_for() {
    check(
        &[(CONTROLLER, IDENTIFY), (DEVICE, IDENTIFIED)],
        &[
            "request profinet 0xfefe0005 Identify [identify]; 0xff/0xff/-",
            "response profinet 0xfeff0005 Identify [identify] ok; 0x2/0x1/- = 455432303053; station io-07; \
             0x2/0x3/- = 002a0301; 0x2/0x4/- = 0100; 0x1/0x2/- = 0a000007ffff",
            "identity profinet sender product=ET200S",
            "identity profinet sender host-name=io-07",
            "identity profinet sender vendor=Siemens",
            "identity profinet sender product-code=0x0301",
            "identity profinet sender device-type=PROFINET IO device",
            "identity profinet sender at 10.0.0.7 binding=",
        ],
    );
    check(
        &[(DEVICE, HELLO)],
        &[
            "unsolicited profinet 0xfefc0006 Hello [identify]; station io-9; \
             0x1/0x2/- = 0a000009ffffff000a000001; 0x6/0x1/- = 0001",
            "identity profinet sender host-name=io-9",
            "identity profinet sender at 10.0.0.9 binding=",
        ],
    );
}

#[test]
fn settings_are_told_by_what_they_do() {
    check(
        &[(CONTROLLER, SET_NAME), (DEVICE, SET_OK), (CONTROLLER, BLINK)],
        &[
            "request profinet 0xfefd0004 Set [configure]; station io-08; 0x5/0x2/-",
            "response profinet 0xfefd0004 Set [configure] ok; 0x5/0x4/- = 020200; 0x5/0x4/- = 050200",
            "request profinet 0xfefd0004 Set Signal [control]; 0x5/0x3/- = 0100",
        ],
    );
    let mut reset = BLINK.to_vec();
    reset[13] = 6;
    let mut refused = SET_OK.to_vec();
    refused[18] = 5;
    let mut unsupported = SET_OK[..12].to_vec();
    unsupported[3] = 5;
    unsupported[11] = 0;
    check(
        &[(CONTROLLER, &reset), (DEVICE, &refused), (DEVICE, &unsupported)],
        &[
            "request profinet 0xfefd0004 Set Reset to Factory [configure]; 0x5/0x6/- = 0100",
            "response profinet 0xfefd0004 Set [configure] failed 0x5 set not possible; 0x5/0x4/- = 020205; 0x5/0x4/- = 050200",
            "response profinet 0xfefd0004 Set [configure] failed 0x105 service not supported",
        ],
    );
}

#[test]
fn cyclic_data_are_written_by_the_controller_and_read_from_the_device() {
    let outputs = |class: &str| {
        format!("unsolicited profinet 0x80010000 Cyclic Data [{class}] ok; frame 32769+1 = 802a80")
    };
    check(&[(CONTROLLER, OUTPUTS)], &[&outputs("write")]);
    // The side seen second asked for the name, so it is the controller.
    let turned = (
        Context {
            side: Side::Responder,
            ..CONTROLLER
        },
        GET_NAME,
    );
    let said = lines(&mut Conversation::default(), &[turned, (CONTROLLER, OUTPUTS)]);
    assert_eq!(said[1], outputs("read"));
    for (status, transfer, expected) in [
        (0x31, 0, "failed 0x31 data invalid"),
        (0x25, 0, "failed 0x25 provider stopped"),
        (0x15, 0, "failed 0x15 station problem"),
        (0x35, 1, "failed 0x135 transfer error"),
    ] {
        let mut bytes = OUTPUTS.to_vec();
        bytes[7] = status;
        bytes[8] = transfer;
        let line = outputs("write").replace("ok", expected);
        check(&[(CONTROLLER, &bytes)], &[&line]);
    }
}

#[test]
fn an_alarm_names_its_kind_and_place_and_tells_who_the_controller_is() {
    check(
        &[
            (CONTROLLER, ALARM),
            (DEVICE, ALARM_ACK),
            (CONTROLLER, TRANSPORT_ACK),
            (CONTROLLER, OUTPUTS),
        ],
        &[
            "unsolicited profinet 0xfe010004 Plug [alarm]; 0x3/0x1/- = 0000002000000001",
            "response profinet 0xfe010004 Plug [alarm] ok; 0x3/0x1/-",
            "response profinet 0xfe010000 Transport Ack [alarm] ok",
            "unsolicited profinet 0x80010000 Cyclic Data [read] ok; frame 32769+1 = 802a80",
        ],
    );
    let mut error = [TRANSPORT_ACK, &[0xcf, 0x81, 0xfd, 0x05]].concat();
    error[6] = 0x14;
    error[13] = 4;
    check(
        &[(DEVICE, &error)],
        &["response profinet 0xfe010000 Error [alarm] failed 0xcf81fd05 relation aborted"],
    );
}

#[test]
fn what_is_wrong_is_said() {
    check(&[(DEVICE, &[0x80])], &["anomaly profinet cut-short"]);
    check(
        &[(DEVICE, &[0x70, 0x00, 1])],
        &[
            "unsolicited profinet 0x70000000 unknown [program]",
            "anomaly profinet frame-id",
        ],
    );
    let mut service = IDENTIFY.to_vec();
    service[2] = 9;
    check(
        &[(DEVICE, &service)],
        &[
            "request profinet 0xfefe0009 unknown [program]",
            "anomaly profinet unknown-service",
            "anomaly profinet malformed-block",
        ],
    );
    let many = [&GET_NAME[..10], &[0, 80], &[2, 2].repeat(40)].concat();
    let said = lines(&mut Conversation::default(), &[(DEVICE, &many)]);
    assert_eq!(said[1..], ["anomaly profinet too-many-blocks"]);
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        station in "[a-z][a-z0-9.-]{0,60}",
        kind in "[A-Za-z0-9 ]{1,20}[a-z]",
        device in any::<u16>(),
        host in 1u8..250,
    ) {
        let kind = kind.trim();
        let block = |option: u8, suboption: u8, value: &[u8]| {
            let length = u16::try_from(value.len() + 2).unwrap().to_be_bytes();
            let mut block = [&[option, suboption][..], &length, &[0, 0], value].concat();
            if block.len() % 2 == 1 {
                block.push(0);
            }
            block
        };
        let blocks = [
            block(2, 1, kind.as_bytes()),
            block(2, 2, station.as_bytes()),
            block(2, 3, &[&[0x00, 0x2a][..], &device.to_be_bytes()].concat()),
            block(1, 2, &[10, 1, 1, host, 255, 255, 255, 0, 0, 0, 0, 0]),
        ]
        .concat();
        let length = u16::try_from(blocks.len()).unwrap().to_be_bytes();
        let frame = [&[0xfe, 0xff, 5, 1, 0, 0, 0, 1, 0, 0][..], &length, &blocks].concat();
        let said = lines(&mut Conversation::default(), &[(DEVICE, &frame)]);
        prop_assert_eq!(
            &said[1..],
            [
                format!("identity profinet sender product={kind}"),
                format!("identity profinet sender host-name={station}"),
                "identity profinet sender vendor=Siemens".to_owned(),
                format!("identity profinet sender product-code=0x{device:04x}"),
                format!("identity profinet sender at 10.1.1.{host} binding="),
            ]
        );
    }
}
