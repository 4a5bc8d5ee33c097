//! Exports of flows as input, on datagrams made to order: both directions are one flow, nothing that isn't understood
//! stops the rest, and what was lost is counted.

use crate::{
    BadExport, Export, Exporter, FlowRecord, ImportedExports, InitiatorBasis, NetflowImport, Recognition,
    Settings,
};
use cofferdam_terms::{LinkType, Timestamp, Transport};
use proptest::prelude::*;
use std::net::IpAddr;

/// 2026-03-02 12:00 UTC.
const NOON: u32 = 1_772_452_800;
const UP: u32 = 3_600_000;
const HMI: [u8; 4] = [10, 20, 2, 12];
const PLC: [u8; 4] = [10, 20, 2, 10];

fn import(datagrams: &[Vec<u8>]) -> (Vec<FlowRecord>, ImportedExports) {
    let mut import = NetflowImport::new(Settings::new("exports"));
    let mut flows: Vec<FlowRecord> = Vec::new();
    for datagram in datagrams {
        import.datagram(Some(IpAddr::from([10, 20, 1, 1])), datagram, &mut flows);
    }
    let imported = import.finish(&mut flows);
    (flows, imported)
}

/// A flow as the fields that all versions have: addresses, ports, packets, bytes, flags, start and end in milliseconds
/// before the export.
#[derive(Clone, Copy, Debug)]
struct Told {
    ends: [[u8; 4]; 2],
    ports: [u16; 2],
    packets: u32,
    bytes: u32,
    flags: u8,
    ago: [u32; 2],
}

const fn asked() -> Told {
    Told {
        ends: [HMI, PLC],
        ports: [50_000, 502],
        packets: 10,
        bytes: 1000,
        flags: 0x1b,
        ago: [9000, 1000],
    }
}

const fn answered() -> Told {
    Told {
        ends: [PLC, HMI],
        ports: [502, 50_000],
        packets: 9,
        bytes: 1200,
        flags: 0x1b,
        ago: [8990, 990],
    }
}

fn v5(sequence: u32, sampling: u16, flows: &[Told]) -> Vec<u8> {
    let mut out = [0, 5].to_vec();
    out.extend(u16::try_from(flows.len()).unwrap().to_be_bytes());
    for word in [UP, NOON, 500_000_000, sequence] {
        out.extend(word.to_be_bytes());
    }
    out.extend([0, 7]);
    out.extend((0x4000 | sampling).to_be_bytes());
    for flow in flows {
        out.extend(flow.ends.concat());
        out.extend([0; 8]);
        for word in [flow.packets, flow.bytes, UP - flow.ago[0], UP - flow.ago[1]] {
            out.extend(word.to_be_bytes());
        }
        out.extend(flow.ports.iter().flat_map(|port| port.to_be_bytes()));
        out.extend([0, flow.flags, 6, 0, 0, 0, 0, 0, 24, 24, 0, 0]);
    }
    out
}

fn v9(sequence: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let mut out = [0, 9, 0, u8::try_from(sets.len()).unwrap()].to_vec();
    for word in [UP, NOON, sequence, 3] {
        out.extend(word.to_be_bytes());
    }
    out.extend(sets.concat());
    out
}

fn ipfix(sequence: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let body = sets.concat();
    let mut out = [0, 10].to_vec();
    out.extend(u16::try_from(16 + body.len()).unwrap().to_be_bytes());
    for word in [NOON, sequence, 3] {
        out.extend(word.to_be_bytes());
    }
    out.extend(body);
    out
}

fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend(u16::try_from(4 + body.len()).unwrap().to_be_bytes());
    out.extend_from_slice(body);
    out
}

fn words(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Addresses, ports, protocol, packets and bytes of 8, flags, uptimes, and a field that nobody knows.
const FIELDS: [u16; 22] = [
    8,
    4,
    12,
    4,
    7,
    2,
    11,
    2,
    4,
    1,
    2,
    8,
    1,
    8,
    6,
    1,
    22,
    4,
    21,
    4,
    39_999 & 0x7fff,
    5,
];

fn template(id: u16) -> Vec<u8> {
    words(&[&[id, 11], &FIELDS[..]].concat())
}

fn record(flow: &Told) -> Vec<u8> {
    let mut out = flow.ends.concat();
    out.extend(flow.ports.iter().flat_map(|port| port.to_be_bytes()));
    out.push(6);
    out.extend(u64::from(flow.packets).to_be_bytes());
    out.extend(u64::from(flow.bytes).to_be_bytes());
    out.push(flow.flags);
    out.extend((UP - flow.ago[0]).to_be_bytes());
    out.extend((UP - flow.ago[1]).to_be_bytes());
    out.extend(*b"odd!!");
    out
}

fn both(id: u16) -> Vec<u8> {
    set(id, &[record(&asked()), record(&answered())].concat())
}

/// What all forms of the conversation come out as.
fn check(flows: &[FlowRecord], imported: &ImportedExports) {
    let [flow] = flows else {
        panic!("{flows:?}");
    };
    let ends = [flow.initiator.ip, flow.responder.ip];
    assert_eq!(ends, [Some(IpAddr::from(HMI)), Some(IpAddr::from(PLC))]);
    assert_eq!((flow.initiator_port, flow.responder_port), (50_000, 502));
    assert_eq!(
        (flow.transport, flow.basis),
        (Transport::TCP, InitiatorBasis::Port)
    );
    assert_eq!(
        flow.protocol.map(|(name, how)| (name.0, how)),
        Some(("modbus", Recognition::Port))
    );
    assert_eq!((flow.sent.packets, flow.sent.bytes), (10, 1000));
    assert_eq!((flow.received.packets, flow.received.bytes), (9, 1200));
    let keys: Vec<&str> = imported
        .observation
        .assets
        .iter()
        .map(|asset| asset.key.as_str())
        .collect();
    assert_eq!(keys, ["10.20.2.10", "10.20.2.12"]);
    let serves: Vec<u16> = imported.observation.assets[0]
        .serves
        .iter()
        .map(|(_, _, port)| *port)
        .collect();
    assert_eq!(serves, [502]);
    assert_eq!(imported.observation.coverage.packets, 19);
    assert_eq!((imported.records, imported.set_aside_count), (2, 0));
}

#[test]
fn every_version_gives_both_directions_as_one_flow() {
    let (flows, imported) = import(&[v5(0, 0, &[asked(), answered()])]);
    check(&flows, &imported);
    let exported = i64::from(NOON) * 1_000_000_000 + 500_000_000;
    assert_eq!(
        (flows[0].first.nanos(), flows[0].last.nanos()),
        (exported - 9_000_000_000, exported - 990_000_000)
    );
    let (flows, imported) = import(&[v9(0, &[set(0, &template(300)), both(300)])]);
    check(&flows, &imported);
    assert_eq!(flows[0].first, Timestamp::from_secs(i64::from(NOON) - 9));
    // The order of the directions makes no difference.
    let turned = set(300, &[record(&answered()), record(&asked())].concat());
    let (flows, imported) = import(&[v9(0, &[set(0, &template(300))]), v9(1, &[turned])]);
    check(&flows, &imported);
    let times = [152, 8, 153, 8];
    let fields: Vec<u16> = [&FIELDS[..16], &times].concat();
    let told = |flow: &Told| {
        let mut out = record(flow);
        out.truncate(out.len() - 13);
        for ago in flow.ago {
            out.extend((u64::from(NOON) * 1000 - u64::from(ago)).to_be_bytes());
        }
        out
    };
    let body = [told(&asked()), told(&answered())].concat();
    let (flows, imported) = import(&[ipfix(
        0,
        &[
            set(2, &words(&[&[400, 10], &fields[..]].concat())),
            set(400, &body),
        ],
    )]);
    check(&flows, &imported);
    assert_eq!(flows[0].first, Timestamp::from_secs(i64::from(NOON) - 9));
}

#[test]
fn a_biflow_says_who_began_and_what_came_back() {
    // Reverse packets and bytes, of RFC 5103's enterprise; a name of any length between them.
    let reverse = [2 | 0x8000, 8, 0, 29_305, 1 | 0x8000, 8, 0, 29_305];
    let fields = [&FIELDS[..16], &reverse, &[96, 0xffff]].concat();
    let mut body = record(&asked());
    body.truncate(body.len() - 13);
    body.extend(9_u64.to_be_bytes());
    body.extend(1200_u64.to_be_bytes());
    body.extend([6, b'm', b'o', b'd', b'b', b'u', b's']);
    let (flows, imported) = import(&[ipfix(
        0,
        &[
            set(2, &words(&[&[400, 11], &fields[..]].concat())),
            set(400, &body),
        ],
    )]);
    assert_eq!(flows.len(), 1);
    assert_eq!((flows[0].received.packets, flows[0].received.bytes), (9, 1200));
    assert_eq!(flows[0].basis, InitiatorBasis::Request);
    assert_eq!((imported.records, imported.observation.assets.len()), (1, 2));
}

#[test]
fn data_before_its_template_waits_for_it_and_is_counted_if_it_never_comes() {
    let (flows, imported) = import(&[v9(0, &[both(300)]), v9(1, &[set(0, &template(300))])]);
    check(&flows, &imported);
    assert_eq!((imported.without_template, imported.templates), (0, 1));
    let (flows, imported) = import(&[v9(0, &[both(300)]), v9(1, &[set(0, &template(301))])]);
    assert_eq!(flows, []);
    assert_eq!(
        (imported.without_template, imported.without_template_bytes),
        (1, 2 * 43)
    );
    let reasons: Vec<&str> = imported
        .observation
        .coverage
        .not_understood
        .iter()
        .map(|(code, ..)| *code)
        .collect();
    assert_eq!(reasons, ["export-without-template"]);
    // Another exporter's template of the same number is none of this one's.
    let mut import = NetflowImport::new(Settings::new("exports"));
    let mut flows: Vec<FlowRecord> = Vec::new();
    import.datagram(None, &v9(0, &[set(0, &template(300))]), &mut flows);
    import.datagram(Some(IpAddr::from(PLC)), &v9(0, &[both(300)]), &mut flows);
    assert_eq!((import.finish(&mut flows).without_template, flows.len()), (1, 0));
}

#[test]
fn sampled_counts_are_multiplied_whoever_says_the_rate() {
    let check = |datagrams: &[Vec<u8>], what: &str| {
        let (flows, imported) = import(datagrams);
        assert_eq!(
            (flows[0].sent.packets, flows[0].received.bytes),
            (1000, 120_000),
            "{what}"
        );
        assert_eq!(imported.exporters[0].sampling, 100, "{what}");
    };
    check(&[v5(0, 100, &[asked(), answered()])], "v5's header");
    // Options: the scope is the system; interval and algorithm.
    let options = set(1, &words(&[500, 4, 8, 1, 4, 34, 4, 35, 1, 0]));
    let said = set(500, &[0, 0, 0, 1, 0, 0, 0, 100, 2, 0, 0, 0]);
    check(
        &[v9(0, &[options, said, set(0, &template(300)), both(300)])],
        "v9's options",
    );
    // One packet of a hundred: one taken, 99 left out.
    let options = set(3, &words(&[500, 3, 1, 302, 8, 305, 4, 306, 4]));
    let said = set(500, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 99]);
    let fields = words(&[&[400, 8], &FIELDS[..16]].concat());
    let told = |flow: &Told| record(flow)[..30].to_vec();
    let body = [told(&asked()), told(&answered())].concat();
    check(
        &[ipfix(0, &[options, said, set(2, &fields), set(400, &body)])],
        "IPFIX's selector",
    );
}

#[test]
fn gaps_in_the_sequence_are_counted_in_what_each_version_numbers() {
    let lost = |datagrams: &[Vec<u8>]| {
        let (_, imported) = import(datagrams);
        let [exporter] = imported.exporters[..] else {
            panic!("{:?}", imported.exporters);
        };
        let Exporter {
            lost,
            set_back,
            datagrams,
            ..
        } = exporter;
        (lost, set_back, datagrams)
    };
    let flows = [asked(), answered()];
    assert_eq!(
        lost(&[v5(10, 0, &flows), v5(12, 0, &flows), v5(20, 0, &flows)]),
        (6, 0, 3)
    );
    let data = || [set(0, &template(300)), both(300)];
    assert_eq!(
        lost(&[v9(7, &data()), v9(8, &data()), v9(11, &data())]),
        (2, 0, 3)
    );
    assert_eq!(lost(&[v9(u32::MAX, &data()), v9(0, &data())]), (0, 0, 2));
    assert_eq!(
        lost(&[v9(50_000, &data()), v9(0, &data()), v9(1, &data())]),
        (0, 1, 3)
    );
    // One overtook the other: nothing is lost.
    assert_eq!(
        lost(&[v9(7, &data()), v9(9, &data()), v9(8, &data()), v9(10, &data())]),
        (0, 1, 4)
    );
    let data = || [set(2, &template(300)), both(300)];
    assert_eq!(
        lost(&[ipfix(0, &data()), ipfix(2, &data()), ipfix(9, &data())]),
        (5, 0, 3)
    );
    // Without its template a set's records can't be counted, and nothing is claimed.
    assert_eq!(lost(&[ipfix(0, &[both(301)]), ipfix(77, &data())]), (0, 0, 2));
}

#[test]
fn what_does_not_hold_together_is_set_aside_and_the_rest_is_read() {
    let cases: [(&str, Vec<u8>, BadExport); 6] = [
        ("empty", Vec::new(), BadExport::Truncated),
        ("version 8", vec![0, 8, 0, 1], BadExport::Version(8)),
        ("cut", v5(0, 0, &[asked()])[..60].to_vec(), BadExport::Truncated),
        ("short set", v9(0, &[vec![1, 0, 0, 3]]), BadExport::SetLength),
        ("long set", v9(0, &[vec![1, 0, 0, 200, 1]]), BadExport::SetLength),
        (
            "template of nothing",
            v9(0, &[set(0, &words(&[300, 1, 8, 0]))]),
            BadExport::Template,
        ),
    ];
    for (what, bytes, reason) in cases {
        let (flows, imported) = import(&[bytes, v5(0, 0, &[asked(), answered()])]);
        assert_eq!(
            (imported.set_aside[0].reason, imported.set_aside[0].datagram),
            (reason, 1),
            "{what}"
        );
        assert_eq!(flows.len(), 1, "{what}");
    }
}

#[test]
fn a_connection_that_rests_for_long_is_another_one_afterwards() {
    let mut later = v5(2, 0, &[asked(), answered()]);
    later[8..12].copy_from_slice(&(NOON + 7200).to_be_bytes());
    let (flows, _) = import(&[v5(0, 0, &[asked(), answered()]), later.clone()]);
    assert_eq!(flows.len(), 2);
    later[8..12].copy_from_slice(&(NOON + 60).to_be_bytes());
    let (flows, _) = import(&[v5(0, 0, &[asked(), answered()]), later]);
    assert_eq!((flows.len(), flows[0].sent.packets), (1, 20));
}

#[test]
fn files_of_datagrams_and_captures_of_them_are_read() {
    let parts = [
        v9(0, &[set(0, &template(300))]),
        v5(
            0,
            0,
            &[Told {
                ends: [[10, 9, 9, 9], PLC],
                ..asked()
            }],
        ),
        v9(1, &[both(300)]),
        ipfix(0, &[set(2, &template(300)), both(300)]),
    ];
    let mut import = NetflowImport::new(Settings::new("exports"));
    let mut flows: Vec<FlowRecord> = Vec::new();
    import.file(&parts.concat(), &mut flows);
    let imported = import.finish(&mut flows);
    assert_eq!(
        (imported.datagrams, imported.records, imported.set_aside_count),
        (4, 5, 0)
    );
    assert_eq!(imported.exporters.len(), 3);

    let from = super::frames::station(1);
    let frame =
        |port, payload: &[u8]| super::frames::udp(from, super::frames::station(2), (4000, port), payload);
    let mut import = NetflowImport::new(Settings::new("exports"));
    let export = |import: &mut NetflowImport, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap();
        import.frame(LinkType::ETHERNET, bytes, length, &mut Vec::<FlowRecord>::new())
    };
    // On any port by content; DNS is none, nor is a header alone.
    assert_eq!(export(&mut import, &frame(33_333, &parts[0])), Export::Read);
    assert_eq!(export(&mut import, &frame(2055, &parts[2])), Export::Read);
    assert_eq!(
        export(&mut import, &frame(53, &[0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])),
        Export::NotOne
    );
    assert_eq!(export(&mut import, &frame(2055, &parts[2][..20])), Export::NotOne);
    assert_eq!(export(&mut import, b"no frame"), Export::NotOne);
    let mut flows: Vec<FlowRecord> = Vec::new();
    let imported = import.finish(&mut flows);
    check(&flows, &imported);
}

fn any_told() -> impl Strategy<Value = Told> {
    (
        any::<[[u8; 4]; 2]>(),
        any::<[u16; 2]>(),
        1_u32..1 << 20,
        any::<u32>(),
        any::<u8>(),
        0..UP,
    )
        .prop_map(|(ends, ports, packets, bytes, flags, ago)| Told {
            ends,
            ports,
            packets,
            bytes,
            flags,
            ago: [ago, ago / 2],
        })
}

proptest! {
    #[test]
    fn all_versions_say_the_same_of_the_same_flows(told in proptest::collection::vec(any_told(), 1..20)) {
        let body: Vec<u8> = told.iter().flat_map(record).collect();
        let by_v5 = import(&[v5(0, 0, &told)]).0;
        let (mut by_v9, imported) = import(&[v9(0, &[set(0, &template(300)), set(300, &body)])]);
        prop_assert_eq!(imported.records, told.len() as u64);
        // Version 5's clock says half a second more.
        for flow in &mut by_v9 {
            flow.first = Timestamp::from_nanos(flow.first.nanos() + 500_000_000);
            flow.last = Timestamp::from_nanos(flow.last.nanos() + 500_000_000);
        }
        prop_assert_eq!(&by_v5, &by_v9);
        let packets: u64 = by_v5.iter().map(|flow| flow.sent.packets + flow.received.packets).sum();
        prop_assert_eq!(packets, told.iter().map(|flow| u64::from(flow.packets)).sum::<u64>());
    }

    #[test]
    fn any_bytes_are_read_or_set_aside(
        valid in proptest::sample::select(vec![0_usize, 1, 2]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        tail in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut bytes = match valid {
            0 => v5(0, 0, &[asked(), answered()]),
            1 => v9(0, &[set(0, &template(300)), set(1, &words(&[500, 4, 8, 1, 4, 34, 4, 35, 1, 0])), both(300)]),
            _ => ipfix(0, &[set(2, &template(300)), both(300), set(3, &words(&[500, 3, 1, 302, 8, 305, 4, 306, 4]))]),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.extend(tail);
        let (flows, imported) = import(&[bytes.clone(), bytes.clone()]);
        prop_assert_eq!(imported.datagrams, 2);
        prop_assert!(flows.len() as u64 <= imported.records);
        let mut by_file = NetflowImport::new(Settings::new("exports"));
        by_file.file(&bytes, &mut Vec::<FlowRecord>::new());
        let imported = by_file.finish(&mut Vec::<FlowRecord>::new());
        prop_assert!(imported.datagrams > 0);
    }
}
