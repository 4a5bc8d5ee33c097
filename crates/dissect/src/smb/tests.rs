use super::open;
use super::samples::{AUTHENTICATE, FILE, SAMPLES, TREE_CONNECT};
use crate::session::{Context, Lost, Probe, Side};
use crate::testing::{lines, outcome, tcp, udp};

const CLIENT: Context = tcp(Side::Initiator, 445);
const SERVER: Context = tcp(Side::Responder, 445);

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut *open(), turns), expected);
}

/// A session message.
fn message(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0], &length[1..], body].concat()
}

#[test]
fn signing_in_tells_both_computers_and_the_user_but_no_secret() {
    check(
        SAMPLES[0].turns,
        &[
            "response smb2 0x0 NEGOTIATE [session] ok; dialect SMB 3.1.1",
            "identity smb sender domain=PLANT",
            "identity smb sender host-name=HIST",
            "identity smb sender system=Windows NT 10.0 build 20348",
            "response smb2 0x1 SESSION_SETUP [session] ok",
            "identity smb sender host-name=ENG01",
            "identity smb sender domain=PLANT",
            "identity smb sender user=anna",
            "identity smb sender system=Windows NT 10.0 build 17763",
            "request smb2 0x1 SESSION_SETUP [session]",
        ],
    );
}

#[test]
fn the_pipe_that_runs_services_from_afar_is_control_and_a_file_is_a_file() {
    check(
        SAMPLES[1].turns,
        &[
            r"request smb2 0x3 TREE_CONNECT [session]; share \\\\HIST\\IPC$",
            "request smb2 0x5 CREATE [control]; file svcctl",
            "response smb2 0x5 CREATE [file] failed 0xc0000022 access denied",
            r"request smb2 0x5 CREATE [file]; file recipes\\a.csv",
        ],
    );
}

#[test]
fn the_older_protocol_tells_names_dialects_user_and_share() {
    check(
        SAMPLES[2].turns,
        &[
            "identity nbss receiver host-name=HIST",
            "identity nbss sender host-name=ENG01",
            "request nbss 0x81 Session Request [session]",
            "response nbss 0x82 Positive Session Response [session] ok",
            "request smb 0x72 Negotiate [session]; dialect NT LM 0.12; dialect SMB 2.002",
            "identity smb sender user=anna",
            "identity smb sender domain=PLANT",
            "identity smb sender system=Windows 5.1",
            "request smb 0x73 Session Setup AndX [session]",
            r"request smb 0x75 Tree Connect AndX [session]; share \\\\HIST\\C$",
        ],
    );
}

#[test]
fn a_host_announcement_names_the_host_and_its_system() {
    check(
        SAMPLES[3].turns,
        &[
            "identity nbdgm 10.20.5.21 host-name=ENG01",
            "unsolicited nbdgm 0x11 Direct Group Datagram [identify]",
            "identity smb sender host-name=ENG01",
            "identity smb sender system=Windows NT 10.0",
            r"request smb 0x25 Transaction [file]; pipe \\MAILSLOT\\BROWSE",
        ],
    );
}

#[test]
fn several_commands_in_one_message_are_all_told_up_to_the_bound() {
    let mut first = TREE_CONNECT[4..].to_vec();
    first.resize(first.len().next_multiple_of(8), 0);
    let next = u32::try_from(first.len()).unwrap();
    first[20..24].copy_from_slice(&next.to_le_bytes());
    let two = message(&[&first, &FILE[4..]].concat());
    assert_eq!(lines(&mut *open(), &[(CLIENT, &two)]).len(), 2);
    let many = message(&[first.repeat(40), FILE[4..].to_vec()].concat());
    let told = lines(&mut *open(), &[(CLIENT, &many)]);
    assert_eq!(told.len(), super::MAX_COMPOUND + 1);
    assert_eq!(told.last().unwrap(), "anomaly smb2 too-many-commands");
}

#[test]
fn a_long_message_is_told_by_its_head_and_its_data_pass() {
    let mut write = FILE[4..].to_vec();
    write[12] = 0x09;
    write.resize(1_000_000, 0xaa);
    let mut session = open();
    let bytes = [message(&write), FILE.to_vec()].concat();
    let told = lines(&mut *session, &[(CLIENT, &bytes)]);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], "request smb2 0x9 WRITE [file]");
}

#[test]
fn what_is_encrypted_is_told_as_such() {
    let sealed = message(&[&[0xfd][..], b"SMB", &[0x5c; 60]].concat());
    check(
        &[(CLIENT, &sealed)],
        &["request smb2 0xfd00 Encrypted Message [file]"],
    );
}

#[test]
fn malformed_messages_are_named_and_do_not_stop_the_stream() {
    // The name of the file stands beyond the message.
    let mut beyond = FILE.to_vec();
    beyond[4 + 64 + 44] = 0xff;
    // A token's field points beyond the token.
    let mut token = AUTHENTICATE.to_vec();
    token[4 + 88 + 28 + 4] = 0xff;
    for (expected, bytes) in [
        ("anomaly smb2 malformed-command", message(b"\xfeSMB\x40\x00")),
        ("anomaly smb malformed-command", message(b"\xffSMB\x72\x00")),
        ("anomaly smb2 malformed-command", beyond),
        ("anomaly smb2 malformed-command", token),
    ] {
        let told = lines(&mut *open(), &[(CLIENT, &bytes), (CLIENT, FILE)]);
        assert!(told.iter().any(|line| line == expected), "{expected}: {told:?}");
        assert!(told.last().unwrap().contains("CREATE"), "{told:?}");
    }
    let cut = [0x11, 0x0a, 0x00, 0x07, 10, 20, 5, 21];
    check(
        &[(udp(Side::Initiator, 138), &cut)],
        &["anomaly nbdgm malformed-datagram"],
    );
}

#[test]
fn what_is_no_session_packet_loses_the_stream_and_is_not_claimed() {
    for (bytes, reason) in [
        (&b"GET / HTTP/1.1"[..], "no session packet"),
        (
            &[0x00, 0x00, 0x00, 0x04, 1, 2, 3, 4],
            "a session message that is not SMB",
        ),
        (&[0x82, 0x00, 0x00, 0x04], "no session packet"),
    ] {
        let (progress, _) = outcome(&mut *open(), SERVER, bytes);
        assert_eq!(progress, Err(Lost { offset: 0, reason }));
        assert_eq!((super::probe)(SERVER, bytes), Probe::No);
    }
    assert_eq!((super::probe)(tcp(Side::Initiator, 4455), FILE), Probe::Certain);
    assert_eq!((super::probe)(CLIENT, &[0x81, 0x00, 0x00, 0x44]), Probe::Unsure);
}
