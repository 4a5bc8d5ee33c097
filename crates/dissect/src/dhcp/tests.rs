use super::*;
use crate::session::Side;
use crate::testing::{outcome, udp};

const CONTEXT: Context = udp(Side::Initiator, 67);

/// A message from or to 02:00:00:00:00:05, with the client's and the given address and options.
fn message(op: u8, client: [u8; 4], yours: [u8; 4], options: &[u8]) -> Vec<u8> {
    let mut bytes = vec![op, 1, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    bytes.extend(client);
    bytes.extend(yours);
    bytes.extend([0; 8]);
    bytes.extend([2, 0, 0, 0, 0, 5]);
    bytes.resize(HEADER - COOKIE.len(), 0);
    bytes.extend(COOKIE);
    bytes.extend(options);
    bytes
}

fn check(bytes: &[u8], expected: &[&str]) {
    let (progress, told) = outcome(&mut Conversation, CONTEXT, bytes);
    assert_eq!(progress.unwrap().consumed, bytes.len());
    assert_eq!(told, expected);
}

const NONE: [u8; 4] = [0; 4];
const IP: [u8; 4] = [10, 0, 0, 50];

#[test]
fn a_client_says_its_names_before_it_has_an_address() {
    let options = [
        53, 1, 1, 12, 4, b'H', b'M', b'I', b'7', 60, 3, b'x', b' ', b'1', 50, 4, 10, 0, 0, 9, 255,
    ];
    check(
        &message(1, NONE, NONE, &options),
        &[
            "request dhcp 0x1 Discover [session]; address 10.0.0.9",
            "identity dhcp 02:00:00:00:00:05 host-name=HMI7",
            "identity dhcp 02:00:00:00:00:05 system=x 1",
        ],
    );
}

#[test]
fn an_acknowledged_lease_binds_the_address_and_an_offered_one_does_not() {
    let options = |kind| {
        [
            53, 1, kind, 54, 4, 10, 0, 0, 1, 3, 8, 10, 0, 0, 254, 10, 0, 0, 253, 255,
        ]
    };
    let services = [
        "identity dhcp 10.0.0.1 offers=dhcp-server",
        "identity dhcp 10.0.0.254 offers=router",
        "identity dhcp 10.0.0.253 offers=router",
    ];
    check(
        &message(2, NONE, IP, &options(2)),
        &[
            &["response dhcp 0x2 Offer [session] ok; address 10.0.0.50"][..],
            &services,
        ]
        .concat(),
    );
    check(
        &message(2, NONE, IP, &options(5)),
        &[
            &[
                "response dhcp 0x5 Ack [session] ok; address 10.0.0.50",
                "identity dhcp 02:00:00:00:00:05 10.0.0.50 binding=",
            ][..],
            &services,
        ]
        .concat(),
    );
}

#[test]
fn a_renewal_binds_what_the_client_uses_and_a_refusal_is_a_failure() {
    check(
        &message(1, IP, NONE, &[53, 1, 3, 81, 5, 0, 0, 0, b'a', b'b', 255]),
        &[
            "request dhcp 0x3 Request [session]; address 10.0.0.50",
            "identity dhcp 02:00:00:00:00:05 10.0.0.50 binding=",
            "identity dhcp 02:00:00:00:00:05 10.0.0.50 host-name=ab",
        ],
    );
    check(
        &message(2, NONE, NONE, &[53, 1, 6, 255]),
        &["response dhcp 0x6 Nak [session] failed 0x6 Nak"],
    );
    check(
        &message(2, NONE, NONE, &[53, 1, 9, 255]),
        &["unsolicited dhcp 0x9 Force Renew [configure]"],
    );
}

#[test]
fn options_go_on_in_the_fields_that_the_overload_option_names() {
    let mut bytes = message(1, NONE, NONE, &[53, 1, 1, 52, 1, 3, 255]);
    bytes[44..49].copy_from_slice(&[60, 1, b'v', 255, 0]);
    bytes[108..113].copy_from_slice(&[12, 2, b'h', b'n', 255]);
    check(
        &bytes,
        &[
            "request dhcp 0x1 Discover [session]",
            "identity dhcp 02:00:00:00:00:05 host-name=hn",
            "identity dhcp 02:00:00:00:00:05 system=v",
        ],
    );
}

#[test]
fn what_is_wrong_is_said() {
    for (options, expected) in [
        (&[53, 1, 1, 12, 9, b'a'][..], "option-cut-short"),
        (&[53, 1, 1], "no-end"),
        (&[53, 1, 1, 50, 3, 1, 2, 3, 255], "option-length"),
        (&[53, 1, 1, 6, 3, 1, 2, 3, 255], "option-length"),
        (&[53, 1, 99, 255], "message-type"),
    ] {
        let (_, told) = outcome(&mut Conversation, CONTEXT, &message(1, NONE, NONE, options));
        assert_eq!(
            told.last(),
            Some(&format!("anomaly dhcp {expected}")),
            "{options:?}"
        );
    }
}

#[test]
fn is_lost_without_op_header_or_cookie() {
    let good = message(1, NONE, NONE, &[53, 1, 1, 255]);
    let mut other_op = good.clone();
    other_op[0] = 3;
    let mut other_cookie = good.clone();
    other_cookie[236] = 0;
    for bytes in [&good[..239], &other_op, &other_cookie] {
        assert!(outcome(&mut Conversation, CONTEXT, bytes).0.is_err());
        assert_eq!(probe(CONTEXT, bytes), Probe::No);
    }
    assert_eq!(probe(CONTEXT, &good), Probe::Certain);
}
