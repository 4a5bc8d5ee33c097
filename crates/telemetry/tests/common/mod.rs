//! Any records and observations at all, for the property tests, and one of each by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use cofferdam_observe::{
    Connection, Coverage, Endpoint, Exchange, FlowRecord, FlowSink, IdentityFact, IdentityField,
    InitiatorBasis, Observation, ObservedAsset, OperationRecord, Protocol, Recognition, RoleGuess, Traffic,
};
use cofferdam_telemetry::{Captured, Source, Telemetry};
use cofferdam_terms::{
    EtherType, IpProtocol, MacAddr, OperationClass, Timestamp, Transport, VlanId, WireText,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::borrow::Cow;
use std::net::IpAddr;

/// Records under a name and a content, and says what was recorded.
pub fn record(telemetry: &mut Telemetry, name: &str, content: u8, flows: &[FlowRecord]) -> Captured {
    record_all(telemetry, name, content, flows, &Observation::default())
}

pub fn record_all(
    telemetry: &mut Telemetry,
    name: &str,
    content: u8,
    flows: &[FlowRecord],
    observation: &Observation,
) -> Captured {
    let mut recorder = telemetry.recorder().unwrap();
    for flow in flows {
        recorder.flow(flow.clone());
    }
    let source = Source::content(name, [content; 32], 1000);
    recorder.commit(telemetry, source, observation).unwrap()
}

/// A Modbus poll that begins at a second.
pub fn poll(second: i64) -> FlowRecord {
    FlowRecord {
        first: Timestamp::from_secs(second),
        last: Timestamp::from_secs(second + 5),
        initiator: end("10.20.2.5"),
        responder: end("10.20.1.11"),
        initiator_port: 50_000,
        responder_port: 502,
        transport: Transport::TCP,
        vlan: VlanId::new(20),
        basis: InitiatorBasis::Syn,
        opened: true,
        protocol: Some((Protocol("modbus"), Recognition::Content)),
        sent: Traffic {
            packets: 4,
            bytes: 300,
        },
        received: Traffic {
            packets: 3,
            bytes: 240,
        },
        missed: 0,
        packet: 1,
        connection: Connection::default(),
        operations: vec![OperationRecord {
            protocol: Protocol("modbus"),
            operation: OperationClass::Read,
            function: 3,
            function_name: Cow::Borrowed("read-holding-registers"),
            unit: Some(1),
            requests: 1,
            responses: 1,
            failures: 0,
            objects: vec![WireText::from_wire(b"holding-register 0-9")],
            objects_dropped: 0,
            packet: 4,
            exchange: Exchange::default(),
        }],
    }
}

pub fn end(ip: &str) -> Endpoint {
    Endpoint {
        mac: Some(MacAddr([0, 0x1b, 0x1b, 1, 2, 3])),
        ip: ip.parse().ok(),
    }
}

fn any_text() -> impl Strategy<Value = WireText> {
    vec(any::<u8>(), 0..40).prop_map(|bytes| WireText::from_wire(&bytes))
}

fn any_sentence() -> impl Strategy<Value = String> {
    any::<String>()
}

fn any_protocol() -> impl Strategy<Value = Protocol> {
    prop::sample::select(vec![
        Protocol("modbus"),
        Protocol("enip"),
        Protocol("a protocol of next year"),
    ])
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>().prop_map(Timestamp::from_nanos),
        (0..100_i64).prop_map(Timestamp::from_nanos)
    ]
}

fn any_mac() -> impl Strategy<Value = MacAddr> {
    any::<[u8; 6]>().prop_map(MacAddr)
}

fn any_endpoint() -> impl Strategy<Value = Endpoint> {
    (option::of(any_mac()), option::of(any::<IpAddr>())).prop_map(|(mac, ip)| Endpoint { mac, ip })
}

fn any_transport() -> impl Strategy<Value = Transport> {
    prop_oneof![
        any::<u8>().prop_map(|number| Transport::Ip(IpProtocol(number))),
        any::<u16>().prop_map(|number| Transport::Ethernet(EtherType(number))),
    ]
}

fn any_vlan() -> impl Strategy<Value = Option<VlanId>> {
    option::of(any::<u16>().prop_map(VlanId::from_tag_control))
}

fn any_traffic() -> impl Strategy<Value = Traffic> {
    any::<[u64; 2]>().prop_map(|[packets, bytes]| Traffic { packets, bytes })
}

fn any_operation() -> impl Strategy<Value = OperationRecord> {
    (
        any_protocol(),
        prop::sample::select(OperationClass::ALL.to_vec()),
        any::<(u32, Option<u32>)>(),
        any_sentence(),
        any::<[u64; 5]>(),
        vec(any_text(), 0..4),
    )
        .prop_map(
            |(protocol, operation, (function, unit), name, numbers, objects)| {
                let [requests, responses, failures, objects_dropped, packet] = numbers;
                OperationRecord {
                    protocol,
                    operation,
                    function,
                    function_name: Cow::Owned(name),
                    unit,
                    requests,
                    responses,
                    failures,
                    objects,
                    objects_dropped,
                    packet,
                    exchange: Exchange::default(),
                }
            },
        )
}

pub fn any_flow() -> impl Strategy<Value = FlowRecord> {
    let ends = (
        any_endpoint(),
        any_endpoint(),
        any::<[u16; 2]>(),
        any_transport(),
        any_vlan(),
    );
    let basis = prop::sample::select(vec![
        InitiatorBasis::Syn,
        InitiatorBasis::Request,
        InitiatorBasis::Port,
        InitiatorBasis::First,
    ]);
    let how = prop::sample::select(vec![Recognition::Content, Recognition::Port]);
    let known = (option::of((any_protocol(), how)), basis, any::<bool>());
    let counts = (any_traffic(), any_traffic(), any::<[u64; 2]>());
    let operations = vec(any_operation(), 0..4).prop_map(|mut operations| {
        operations.sort();
        operations
    });
    ((any_time(), any_time()), ends, known, counts, operations).prop_map(
        |((first, last), ends, (protocol, basis, opened), counts, operations)| {
            let (initiator, responder, [initiator_port, responder_port], transport, vlan) = ends;
            let (sent, received, [missed, packet]) = counts;
            FlowRecord {
                first,
                last,
                initiator,
                responder,
                initiator_port,
                responder_port,
                transport,
                vlan,
                basis,
                opened,
                protocol,
                sent,
                received,
                missed,
                packet,
                connection: Connection::default(),
                operations,
            }
        },
    )
}

fn any_fact() -> impl Strategy<Value = IdentityFact> {
    let field = prop::sample::select(IdentityField::ALL.to_vec());
    (
        field,
        any_text(),
        any_protocol(),
        any_time(),
        any::<(Option<u32>, [u64; 2])>(),
    )
        .prop_map(
            |(field, value, protocol, at, (unit, [packet, times]))| IdentityFact {
                field,
                value,
                protocol,
                unit,
                packet,
                at,
                times,
            },
        )
}

fn any_service() -> impl Strategy<Value = (Option<Protocol>, Transport, u16)> {
    (option::of(any_protocol()), any_transport(), any::<u16>())
}

fn any_asset() -> impl Strategy<Value = ObservedAsset> {
    let who = (
        any_sentence(),
        vec((any_endpoint(), any_vlan()), 0..4),
        vec(any_sentence(), 0..3),
    );
    let role = (
        prop::sample::select(vec!["plc", "historian"]),
        0..=1000_u32,
        vec(any_sentence(), 0..3),
    );
    let spoken = (
        vec((any_protocol(), any::<u32>()), 0..3),
        vec(any_service(), 0..3),
        vec(any_service(), 0..3),
    );
    let times = (any_time(), any_time(), any_traffic(), any_traffic());
    let vendor = option::of(prop::sample::select(vec!["Siemens AG", "Rockwell"]));
    (who, vec(any_fact(), 0..4), vendor, role, spoken, times).prop_map(
        |((key, endpoints, joins), facts, oui_vendor, role, (units, serves, uses), times)| ObservedAsset {
            parent: key.strip_suffix('/').map(ToOwned::to_owned),
            key,
            endpoints,
            joins,
            facts,
            oui_vendor,
            role: RoleGuess {
                role: role.0,
                confidence: f64::from(role.1) / 1000.0,
                reasons: role.2,
            },
            units,
            serves,
            uses,
            first: times.0,
            last: times.1,
            sent: times.2,
            received: times.3,
        },
    )
}

fn any_coverage() -> impl Strategy<Value = Coverage> {
    let code = || prop::sample::select(vec!["ip-truncated", "bad-crc"]);
    let lists = (
        vec((code(), any::<u64>(), any::<u64>()), 0..3),
        vec((any_protocol(), code(), any::<u64>(), any::<u64>()), 0..3),
        vec((any_protocol(), any::<u64>()), 0..3),
        vec((any_mac(), any::<u64>()), 0..3),
        vec(
            (any_protocol(), any_transport(), any::<u16>(), any::<u64>()),
            0..3,
        ),
        vec((code(), any::<u64>()), 0..3),
        vec(any_sentence(), 0..3),
    );
    (option::of((any_time(), any_time())), any::<[u64; 7]>(), lists).prop_map(|(span, numbers, lists)| {
        let [
            packets,
            bytes,
            decoded,
            one_way_flows,
            missed_bytes,
            hours_seen,
            silent_addresses,
        ] = numbers;
        let (not_understood, anomalies, messages, behind_routers, odd_ports, evicted, advice) = lists;
        Coverage {
            span,
            packets,
            bytes,
            decoded,
            not_understood,
            anomalies,
            messages,
            one_way_flows,
            missed_bytes,
            behind_routers,
            hours_seen,
            silent_addresses,
            odd_ports,
            evicted,
            advice,
        }
    })
}

pub fn any_observation() -> impl Strategy<Value = Observation> {
    (any_sentence(), vec(any_asset(), 0..4), any_coverage()).prop_map(|(capture, assets, coverage)| {
        Observation {
            capture,
            assets,
            coverage,
            ..Observation::default()
        }
    })
}
