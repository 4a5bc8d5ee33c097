use super::open;
use super::samples::{CALL, FAULT, HELLO, OPEN, READ, READ_ANSWER, SAMPLES, WRITE, WRITE_ANSWER};
use super::state::{MAX_MESSAGE, MAX_NODES};
use crate::session::{Context, Lost, Probe, Side};
use crate::testing::{lines, outcome, tcp};

const CLIENT: Context = tcp(Side::Initiator, 4840);
const SERVER: Context = tcp(Side::Responder, 4840);

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut *open(), turns), expected);
}

/// A chunk with its length.
fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).unwrap().to_le_bytes();
    [kind.as_slice(), &length, body].concat()
}

#[test]
fn a_session_tells_both_sides_endpoints_policies_and_the_user_but_no_password() {
    check(
        SAMPLES[0].turns,
        &[
            "request opcua 0x48454c Hello [session]; endpoint opc.tcp://hist:4840",
            "response opcua 0x41434b Acknowledge [session]",
            "request opcua 0x1be OpenSecureChannel [session]; security-mode None",
            "identity opcua sender product=Tool",
            "identity opcua sender system=urn:maker:tool",
            "identity opcua sender server-name=urn:eng:client",
            "request opcua 0x1cd CreateSession [session]; endpoint opc.tcp://hist:4840; session S1",
            "identity opcua sender product=Historian",
            "identity opcua sender system=urn:maker:historian",
            "identity opcua sender server-name=urn:hist:server",
            "response opcua 0x1cd CreateSession [session] ok; \
             endpoint opc.tcp://hist:4840 SignAndEncrypt Basic256Sha256",
            "identity opcua sender user=anna",
            "request opcua 0x1d3 ActivateSession [session]; user-token user name",
        ],
    );
}

#[test]
fn values_are_those_of_the_nodes_that_were_asked_for() {
    check(
        &[(CLIENT, READ), (SERVER, READ_ANSWER)],
        &[
            "request opcua 0x277 Read [read]; node ns=2;s=Speed; node ns=3;i=1000",
            "response opcua 0x277 Read [read] failed 0x80340000 node id not known; \
             node ns=2;s=Speed = 0a0000c03f; node ns=3;i=1000",
        ],
    );
    check(
        &[(SERVER, READ_ANSWER)],
        &["response opcua 0x277 Read [read] failed 0x80340000 node id not known"],
    );
}

#[test]
fn a_write_and_a_call_are_told_with_what_they_change_and_how_it_ended() {
    check(
        &[
            (CLIENT, WRITE),
            (SERVER, WRITE_ANSWER),
            (CLIENT, CALL),
            (SERVER, FAULT),
            (SERVER, FAULT),
        ],
        &[
            "request opcua 0x2a1 Write [write]; node ns=2;s=Speed = 042a00",
            "response opcua 0x2a1 Write [write] failed 0x803b0000 not writable; node ns=2;s=Speed",
            "request opcua 0x2c8 Call [control]; node ns=2;s=Start",
            "response opcua 0x2c8 Call [control] failed 0x801f0000 user access denied; node ns=2;s=Start",
            "response opcua 0x18d ServiceFault [session] failed 0x801f0000 user access denied",
        ],
    );
}

#[test]
fn what_a_channel_encrypts_is_told_as_encrypted_and_its_policy_named() {
    let policy = b"http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256";
    let length = u32::try_from(policy.len()).unwrap().to_le_bytes();
    let open_it = [
        &[0, 0, 0, 0],
        &length[..],
        policy,
        &[0xff; 4],
        &[0xff; 4],
        &[0xa7; 64],
    ]
    .concat();
    check(
        &[
            (CLIENT, &chunk(b"OPNF", &open_it)),
            (CLIENT, &chunk(b"MSGF", &[0x5c; 80])),
            (SERVER, &chunk(b"MSGF", &[0x5c; 80])),
        ],
        &[
            "request opcua 0x4f504e OpenSecureChannel [session]; security-policy Basic256Sha256",
            "request opcua 0x4d5347 Encrypted Message [session]",
            "response opcua 0x4d5347 Encrypted Message [session]",
        ],
    );
}

#[test]
fn a_message_is_joined_from_chunks_and_an_aborted_one_is_dropped() {
    let (head, body) = READ[8..].split_at(16);
    let (first, second) = body.split_at(30);
    let part = |kind: &[u8; 4], piece: &[u8]| chunk(kind, &[head, piece].concat());
    let read = "request opcua 0x277 Read [read]; node ns=2;s=Speed; node ns=3;i=1000";
    check(
        &[(CLIENT, &part(b"MSGC", first)), (CLIENT, &part(b"MSGF", second))],
        &[read],
    );
    check(
        &[
            (CLIENT, &part(b"MSGC", first)),
            (CLIENT, &part(b"MSGA", &[])),
            (CLIENT, READ),
        ],
        &[read],
    );
}

#[test]
fn long_chunks_and_messages_are_passed_over_and_said() {
    let long = chunk(b"MSGF", &vec![0x01; super::MAX_CHUNK + 1]);
    let told = lines(&mut *open(), &[(CLIENT, &long), (CLIENT, HELLO)]);
    assert_eq!(told[0], "anomaly opcua chunk-too-long");
    assert_eq!(told.len(), 2);

    let (head, body) = READ[8..].split_at(16);
    let mut bytes = chunk(b"MSGC", &[head, body].concat());
    for _ in 0..MAX_MESSAGE / 5000 {
        bytes.extend(chunk(b"MSGC", &[head, &[0x00; 5000]].concat()));
    }
    bytes.extend(chunk(b"MSGF", &[head, &[0x00; 5000]].concat()));
    let told = lines(&mut *open(), &[(CLIENT, &bytes)]);
    assert_eq!(told[0], "anomaly opcua message-too-long");
    assert!(told[1].starts_with("request opcua 0x277 Read"), "{told:?}");
}

#[test]
fn more_nodes_than_are_kept_are_dropped_and_said() {
    let mut bytes = READ[8..].to_vec();
    // Before the two nodes, of 26 and 18 bytes, stands their count; the second is repeated.
    let count = bytes.len() - 26 - 18 - 4;
    let node = bytes[bytes.len() - 18..].to_vec();
    bytes[count..count + 4].copy_from_slice(&100u32.to_le_bytes());
    for _ in 0..98 {
        bytes.extend(&node);
    }
    let told = lines(&mut *open(), &[(CLIENT, &chunk(b"MSGF", &bytes))]);
    assert_eq!(told[0], "anomaly opcua too-many-nodes");
    assert_eq!(told[1].matches("; node").count(), MAX_NODES);
}

#[test]
fn malformed_messages_are_named_and_do_not_stop_the_stream() {
    let mut cut = READ.to_vec();
    cut.truncate(READ.len() - 4);
    let cut = chunk(b"MSGF", &cut[8..]);
    for (expected, bytes) in [
        ("anomaly opcua malformed-header", chunk(b"HELF", &[0; 10])),
        ("anomaly opcua malformed-header", chunk(b"OPNF", &[0; 4])),
        ("anomaly opcua malformed-header", chunk(b"MSGF", &[0; 4])),
        ("anomaly opcua malformed-message", cut),
    ] {
        let told = lines(&mut *open(), &[(CLIENT, &bytes), (CLIENT, OPEN)]);
        assert_eq!(told[0], expected);
        assert!(told.last().unwrap().contains("OpenSecureChannel"), "{told:?}");
    }
}

#[test]
fn what_is_no_chunk_loses_the_stream_and_is_not_claimed() {
    for bytes in [
        &b"GET / HTTP"[..],
        b"MSGX\x20\0\0\0",
        b"MSGF\x07\0\0\0",
        b"HELLO WORLD",
    ] {
        let (progress, _) = outcome(&mut *open(), CLIENT, bytes);
        assert_eq!(
            progress,
            Err(Lost {
                offset: 0,
                reason: "no chunk of a message"
            })
        );
        assert_eq!((super::probe)(CLIENT, bytes), Probe::No);
    }
    assert_eq!((super::probe)(tcp(Side::Initiator, 12001), HELLO), Probe::Certain);
    assert_eq!((super::probe)(CLIENT, b"HE"), Probe::Unsure);
}
