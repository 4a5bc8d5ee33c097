use super::samples::{CHUNKED, GET, PAGE, POST};
use super::{Conversation, MAX_HEAD, probe};
use crate::session::{Context, Lost, Probe, Progress, Side};
use crate::testing::{lines, outcome, tcp};

const CLIENT: Context = tcp(Side::Initiator, 80);
const SERVER: Context = tcp(Side::Responder, 80);

fn check(turns: &[(Context, &[u8])], expected: &[&str]) {
    assert_eq!(lines(&mut Conversation::default(), turns), expected);
}

#[test]
fn a_request_tells_host_and_path_and_both_sides_their_software_once() {
    check(
        &[(CLIENT, GET), (SERVER, PAGE), (CLIENT, GET), (SERVER, PAGE)],
        &[
            "identity http sender system=curl/7.88.1",
            "request http 0x1 GET [read]; host plc-3.line; url /status?x=1",
            "identity http sender system=GoAhead-Webs",
            "response http 0x1 GET [read] ok",
            "request http 0x1 GET [read]; host plc-3.line; url /status?x=1",
            "response http 0x1 GET [read] ok",
        ],
    );
}

#[test]
fn sending_is_writing_a_user_is_named_and_chunks_pass() {
    check(
        &[(CLIENT, POST), (SERVER, CHUNKED), (SERVER, PAGE)],
        &[
            "identity http sender user=Aladdin",
            "request http 0x5 POST [write]; host plc-3.line; url /cgi",
            "response http 0x5 POST [write] failed 0x193 forbidden",
            "identity http sender system=GoAhead-Webs",
            "response http 0x0 other method [read] ok",
        ],
    );
}

#[test]
fn an_answer_to_head_has_no_body_and_an_upgrade_passes() {
    let head = b"HEAD / HTTP/1.1\r\n\r\n";
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let upgrade = b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05hello\n";
    check(
        &[(CLIENT, head), (SERVER, answer), (CLIENT, GET), (SERVER, upgrade)],
        &[
            "request http 0x2 HEAD [read]; url /",
            "response http 0x2 HEAD [read] ok",
            "identity http sender system=curl/7.88.1",
            "request http 0x1 GET [read]; host plc-3.line; url /status?x=1",
            "response http 0x1 GET [read] ok",
        ],
    );
}

#[test]
fn a_length_that_can_be_read_in_two_ways_is_named() {
    let both = b"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let two = b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na";
    for bytes in [&both[..], two] {
        let told = lines(&mut Conversation::default(), &[(CLIENT, bytes)]);
        assert_eq!(told[1], "anomaly http ambiguous-length");
    }
}

#[test]
fn what_is_no_head_loses_the_stream_and_the_next_is_read() {
    let mut session = Conversation::default();
    let long = [b"GET / HTTP/1.1\r\n".to_vec(), vec![b'a'; MAX_HEAD]].concat();
    for (bytes, reason) in [
        (&b"SSH-2.0-x\r\n"[..], "no first line of HTTP"),
        (&[0x16, 0x03, 0x01, 0x00], "no first line of HTTP"),
        (&long, "a head that is too long"),
    ] {
        let (progress, _) = outcome(&mut session, CLIENT, bytes);
        assert_eq!(progress, Err(Lost { offset: 0, reason }));
    }
    let (progress, told) = outcome(
        &mut session,
        SERVER,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    );
    assert_eq!(
        progress,
        Err(Lost {
            offset: 47,
            reason: "a chunk without a length"
        })
    );
    assert_eq!(told.last().unwrap(), "anomaly http malformed-chunk");
    assert_eq!(lines(&mut session, &[(CLIENT, GET)]).len(), 2);
}

#[test]
fn a_head_in_pieces_is_waited_for() {
    let (progress, told) = outcome(&mut Conversation::default(), CLIENT, &GET[..30]);
    assert_eq!(
        (progress, told.len()),
        (
            Ok(Progress {
                consumed: 0,
                missing: 1
            }),
            0
        )
    );
}

#[test]
fn a_first_line_is_certain_on_any_port() {
    for (bytes, expected) in [
        (GET, Probe::Certain),
        (PAGE, Probe::Certain),
        (b"GET /st", Probe::Unsure),
        (b"HT", Probe::Unsure),
        (b"", Probe::Unsure),
        (b"GETTING\r\n", Probe::No),
        (b"SSH-2.0", Probe::No),
    ] {
        assert_eq!(probe(CLIENT, bytes), expected, "{}", bytes.escape_ascii());
    }
}
