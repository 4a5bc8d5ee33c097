use super::*;
use crate::testing::{lines, outcome, tcp};
use proptest::prelude::*;

const ASK: Context = tcp(Side::Initiator, 102);
const ANSWER: Context = tcp(Side::Responder, 102);

/// An element with a tag of one byte.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    tagged(&[tag], content)
}

fn tagged(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    match length {
        0..=0x7f => [tag, &[low], content].concat(),
        0x80..=0xff => [tag, &[0x81, low], content].concat(),
        _ => [tag, &[0x82, high, low], content].concat(),
    }
}

/// A data TPDU with a mark.
fn piece(mark: u8, unit: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(unit.len() + 7).unwrap().to_be_bytes();
    [&[3, 0, high, low, 2, 0xf0, mark], unit].concat()
}

/// An MMS message in the presentation's list, as data of a session.
fn data(pdu: &[u8]) -> Vec<u8> {
    let values = [&[0x02, 1, 3], &tlv(0xa0, pdu)[..]].concat();
    [&[1, 0, 1, 0], &tlv(0x61, &tlv(0x30, &values))[..]].concat()
}

/// A confirmed request or response with its number.
fn confirmed(tag: u8, invoke: u8, service: &[u8]) -> Vec<u8> {
    tlv(tag, &[&[0x02, 1, invoke], service].concat())
}

fn request(invoke: u8, service: &[u8]) -> Vec<u8> {
    confirmed(0xa0, invoke, service)
}

fn response(invoke: u8, service: &[u8]) -> Vec<u8> {
    confirmed(0xa1, invoke, service)
}

/// An item of a domain.
fn item(domain: &str, name: &str) -> Vec<u8> {
    let parts = [tlv(0x1a, domain.as_bytes()), tlv(0x1a, name.as_bytes())].concat();
    tlv(0xa1, &parts)
}

/// A list of variables.
fn variables(names: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = names
        .iter()
        .flat_map(|name| tlv(0x30, &tlv(0xa0, name)))
        .collect();
    tlv(0xa0, &list)
}

fn read(names: &[Vec<u8>]) -> Vec<u8> {
    tlv(0xa4, &tlv(0xa1, &variables(names)))
}

fn write(names: &[Vec<u8>], values: &[u8]) -> Vec<u8> {
    tlv(0xa5, &[variables(names), tlv(0xa0, values)].concat())
}

/// Feeds MMS messages and compares what is told.
fn check(turns: &[(Context, Vec<u8>)], expected: &[&str]) {
    let turns: Vec<_> = turns
        .iter()
        .map(|(context, pdu)| (*context, piece(0x80, &data(pdu))))
        .collect();
    let borrowed: Vec<_> = turns
        .iter()
        .map(|(context, bytes)| (*context, bytes.as_slice()))
        .collect();
    assert_eq!(lines(&mut Conversation::default(), &borrowed), expected);
}

#[test]
fn an_answer_gives_the_variables_of_its_request_their_values() {
    check(
        &[
            (
                ASK,
                request(1, &read(&[item("LD", "A$ST$b"), item("LD", "A$MX$c")])),
            ),
            (
                ANSWER,
                response(1, &tlv(0xa4, &tlv(0xa1, &[0x85, 1, 7, 0x80, 1, 10]))),
            ),
            (ASK, request(2, &read(&[item("LD", "A$ST$b")]))),
            (ANSWER, response(2, &tlv(0xa4, &tlv(0xa1, &[])))),
        ],
        &[
            "request mms 0x4 Read [read]; variable LD/A$ST$b; variable LD/A$MX$c",
            "response mms 0x4 Read [read] failed 0xa object-non-existent; variable LD/A$ST$b = 07; variable LD/A$MX$c",
            "request mms 0x4 Read [read]; variable LD/A$ST$b",
            "response mms 0x4 Read [read] ok; variable LD/A$ST$b",
        ],
    );
}

#[test]
fn writes_are_classed_by_the_functional_constraint_and_the_gravest_counts() {
    let one = [0x83, 1, 1];
    for (names, class) in [
        (&["Q$CO$Pos$Oper"][..], "control"),
        (&["Q$CF$Pos$ctlModel"], "configure"),
        (&["LLN0$RP$urcb01"], "configure"),
        (&["Q$SV$Pos$subVal"], "write"),
        (&["plain"], "write"),
        (&["plain", "Q$CO$Pos$Oper", "LLN0$RP$urcb01"], "control"),
    ] {
        let items: Vec<_> = names.iter().map(|name| item("LD", name)).collect();
        let bytes = piece(0x80, &data(&request(1, &write(&items, &one.repeat(names.len())))));
        let (_, told) = outcome(&mut Conversation::default(), ASK, &bytes);
        assert!(
            told[0].starts_with(&format!(
                "request mms 0x5 Write [{class}]; variable LD/{} = 01",
                names[0]
            )),
            "{told:?}"
        );
    }
    // Reading the select attribute of a control object selects it.
    let bytes = piece(0x80, &data(&request(1, &read(&[item("LD", "Q$CO$Pos$SBO")]))));
    let (_, told) = outcome(&mut Conversation::default(), ASK, &bytes);
    assert_eq!(told, ["request mms 0x4 Read [control]; variable LD/Q$CO$Pos$SBO"]);
}

#[test]
fn who_a_device_is_comes_from_identify_and_from_its_name_plate() {
    let identity = [&tlv(0x80, b"Acme")[..], &tlv(0x81, b"R7"), &tlv(0x82, b"1.2")].concat();
    let plate = [
        item("LD", "LLN0$DC$NamPlt$swRev"),
        item("LD", "LPHD1$DC$PhyNam$serNum"),
        item("LD", "LPHD1$ST$PhyHealth$q"),
    ];
    let values = [&tlv(0x8a, b"2.0")[..], &tlv(0x8a, b"S1"), &tlv(0x84, b"x")].concat();
    check(
        &[
            (ANSWER, response(1, &tlv(0xa2, &identity))),
            (ASK, request(2, &read(&plate))),
            (ANSWER, response(2, &tlv(0xa4, &tlv(0xa1, &values)))),
        ],
        &[
            "response mms 0x2 Identify [identify] ok",
            "identity mms sender vendor=Acme",
            "identity mms sender product=R7",
            "identity mms sender firmware=1.2",
            "request mms 0x4 Read [read]; variable LD/LLN0$DC$NamPlt$swRev; variable LD/LPHD1$DC$PhyNam$serNum; \
             variable LD/LPHD1$ST$PhyHealth$q",
            "response mms 0x4 Read [read] ok; variable LD/LLN0$DC$NamPlt$swRev = 322e30; \
             variable LD/LPHD1$DC$PhyNam$serNum = 5331; variable LD/LPHD1$ST$PhyHealth$q = 78",
            "identity mms sender firmware=2.0",
            "identity mms sender serial=S1",
        ],
    );
}

#[test]
fn iccp_is_seen_in_its_names_and_said_once() {
    let version = tlv(0x80, b"TASE2_Version");
    check(
        &[
            (ASK, request(1, &read(std::slice::from_ref(&version)))),
            (ASK, request(2, &read(std::slice::from_ref(&version)))),
        ],
        &[
            "identity mms receiver offers=iccp",
            "request mms 0x4 Read [read]; iccp-server TASE2_Version",
            "request mms 0x4 Read [read]; iccp-server TASE2_Version",
        ],
    );
}

#[test]
fn iccps_objects_are_told_as_such_and_others_names_only_in_its_conversations() {
    let named = |name: &[u8]| tlv(0x80, name);
    for (name, seen, expected) in [
        (&b"Bilateral_Table_ID"[..], false, "[read]; iccp-bilateral-table"),
        (b"Next_DSTransfer_Set", false, "[read]; iccp-transfer-set"),
        (b"Transfer_Set_Name", false, "[read]; iccp-transfer-set"),
        (b"Info_Buff_64", false, "[read]; iccp-message"),
        (b"CB1_SBO", false, "[read]; variable"),
        (b"CB1_SBO", true, "[control]; iccp-device"),
        (b"CB1_TAG", true, "[control]; iccp-device"),
        (b"DSTrans7", true, "[read]; iccp-transfer-set"),
        (b"CB1", true, "[read]; variable"),
    ] {
        let mut conversation = Conversation::default();
        if seen {
            let version = piece(0x80, &data(&request(1, &read(&[named(b"TASE2_Version")]))));
            drop(lines(&mut conversation, &[(ASK, &version)]));
        }
        let asked = piece(0x80, &data(&request(2, &read(&[named(name)]))));
        let told = lines(&mut conversation, &[(ASK, &asked)]);
        let name = String::from_utf8_lossy(name);
        assert_eq!(
            told.last().unwrap(),
            &format!("request mms 0x4 Read {expected} {name}")
        );
    }
}

#[test]
fn programs_domains_and_files_are_named_and_classed() {
    for (service, expected) in [
        (
            tagged(&[0xbf, 40], &tlv(0x80, b"Main")),
            "request mms 0x28 Start [control]; program-invocation Main",
        ),
        (
            tagged(&[0x9f, 36], b"Logic"),
            "request mms 0x24 DeleteDomain [program]; domain Logic",
        ),
        (
            tlv(0x9d, b"Logic"),
            "request mms 0x1d InitiateUploadSequence [program]; domain Logic",
        ),
        (
            tagged(&[0xbf, 76], &[tlv(0x19, b"dir"), tlv(0x19, b"file")].concat()),
            "request mms 0x4c FileDelete [file]; file dir/file",
        ),
        (
            tagged(&[0xbf, 0x83, 0x10], &[]),
            "request mms 0x190 unknown [program]",
        ),
    ] {
        check(&[(ASK, request(1, &service))], &[expected]);
    }
}

#[test]
fn an_error_says_what_was_asked_for() {
    let error = tlv(
        0xa2,
        &[&tlv(0x80, &[9])[..], &tlv(0xa2, &tlv(0xa0, &tlv(0x87, &[3])))].concat(),
    );
    check(
        &[
            (
                ASK,
                request(9, &write(&[item("LD", "Q$CO$Pos$Oper")], &[0x83, 1, 1])),
            ),
            (ANSWER, error.clone()),
            (ANSWER, error),
        ],
        &[
            "request mms 0x5 Write [control]; variable LD/Q$CO$Pos$Oper = 01",
            "response mms 0x5 Write [control] failed 0x703 object-access-denied; variable LD/Q$CO$Pos$Oper",
            "response mms 0x202 Confirmed Error [session] failed 0x703 object-access-denied",
        ],
    );
}

#[test]
fn an_association_that_is_rejected_and_a_session_that_is_aborted_are_said() {
    let response = tlv(0x61, &tlv(0xa2, &[2, 1, 1]));
    let list = tlv(
        0x61,
        &tlv(0x30, &[&[2, 1, 1], &tlv(0xa0, &response)[..]].concat()),
    );
    let accept = tlv(0x31, &tlv(0xa2, &list));
    let user_data = [&[0xc1, u8::try_from(accept.len()).unwrap()], &accept[..]].concat();
    let session = [&[0x0e, u8::try_from(user_data.len()).unwrap()], &user_data[..]].concat();
    let (_, told) = outcome(&mut Conversation::default(), ANSWER, &piece(0x80, &session));
    assert_eq!(
        told,
        ["response acse 0x61 Associate Response [session] failed 0x1 association rejected"]
    );
    let (_, told) = outcome(
        &mut Conversation::default(),
        ASK,
        &piece(0x80, &[0x19, 3, 0x11, 1, 3]),
    );
    assert_eq!(told, ["unsolicited acse 0x64 Abort [session]"]);
}

#[test]
fn what_is_malformed_is_told_with_what_is_wrong() {
    for (unit, expected) in [
        (vec![0x0d, 9, 1], "malformed-session"),
        (vec![0x55, 0], "unknown-session"),
        (vec![1, 0, 1, 0, 0x61, 0], "no-presentation-data"),
        (vec![1, 0, 1, 0, 0x61, 9, 1], "malformed-element"),
        (data(&[0xaf, 0]), "unknown-message"),
        (data(&request(1, &tlv(0xa4, &[]))), "malformed-element"),
        (data(&tlv(0xa0, &[])), "malformed-element"),
        (
            data(&request(1, &read(&vec![item("LD", "x"); 65]))),
            "too-many-items",
        ),
    ] {
        let (progress, told) = outcome(&mut Conversation::default(), ASK, &piece(0x80, &unit));
        assert_eq!(progress.unwrap().missing, 0);
        let expected = format!("anomaly mms {expected}");
        assert_eq!(told.last(), Some(&expected), "{unit:02x?}");
    }
    let (_, told) = outcome(&mut Conversation::default(), ASK, &[3, 0, 0, 7, 2, 0x20, 0]);
    assert_eq!(told, ["anomaly mms malformed-tpdu"]);
}

#[test]
fn is_told_from_s7comm_by_what_the_first_data_carries() {
    let connect = [3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 6, 0];
    let identify = data(&request(1, &[0x82, 0]));
    let opening = [
        &[0x0d, 16, 5, 6, 0x13, 1, 0, 0x16, 1, 2, 0xc1, 6, 6, 4][..],
        &[0x28, 0xca, 0x22, 2],
    ]
    .concat();
    for (unit, mms, s7) in [
        (&identify[..], Probe::Certain, Probe::No),
        (&opening, Probe::Certain, Probe::No),
        (&request(1, &[0x82, 0]), Probe::Certain, Probe::No),
        (&[0x32, 1, 0, 0, 0, 0, 0, 8, 0, 0], Probe::No, Probe::Certain),
        (&[0x72, 1, 0, 0], Probe::No, Probe::Certain),
        (&[0x0d, 4, 5, 6, 0x13, 1], Probe::Unsure, Probe::No),
        (&[], Probe::Unsure, Probe::Unsure),
    ] {
        let bytes = [&connect[..], &piece(0x80, unit)].concat();
        let s7comm = crate::registration(crate::Protocol("s7comm")).unwrap();
        assert_eq!(probe(ASK, &bytes), mms, "{unit:02x?}");
        assert_eq!((s7comm.probe)(ASK, &bytes), s7, "{unit:02x?}");
        assert_eq!(probe(ASK, &connect), Probe::Unsure);
    }
    let programmer = [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 6, 0, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2];
    assert_eq!(probe(ASK, &programmer), Probe::No);
}

proptest! {
    #[test]
    fn names_and_values_that_are_encoded_are_read_in_pieces_of_any_size(
        names in prop::collection::vec("[A-Za-z0-9$]{1,60}", 1..40),
        size in 1usize..300,
    ) {
        let items: Vec<_> = names.iter().map(|name| item("LD0", name)).collect();
        let values: Vec<u8> = (0..names.len()).flat_map(|_| [0x83, 1, 1]).collect();
        let unit = data(&request(5, &write(&items, &values)));
        let chunks: Vec<_> = unit.chunks(size).collect();
        let mut session = Conversation::default();
        let mut told = Vec::new();
        for (index, chunk) in chunks.iter().enumerate() {
            let mark = if index + 1 == chunks.len() { 0x80 } else { 0 };
            told.extend(outcome(&mut session, ASK, &piece(mark, chunk)).1);
        }
        let objects: String = names.iter().map(|name| format!("; variable LD0/{name} = 01")).collect();
        prop_assert_eq!(told.len(), 1);
        prop_assert!(told[0].ends_with(&objects), "{}", told[0]);
    }
}
