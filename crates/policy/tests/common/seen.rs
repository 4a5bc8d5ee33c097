//! Observed hosts and flow records for the tests of draft and shadow.

use super::ip;
use cofferdam_observe::{
    Connection, Endpoint, Exchange, FlowRecord, InitiatorBasis, ObservedAsset, OperationRecord, Protocol,
    Recognition, RoleGuess, Traffic,
};
use cofferdam_terms::{OperationClass, Timestamp, Transport};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::borrow::Cow;

pub(crate) fn observed(address: &str, role: &'static str) -> ObservedAsset {
    ObservedAsset {
        key: address.to_owned(),
        parent: None,
        endpoints: vec![(
            Endpoint {
                mac: None,
                ip: Some(ip(address)),
            },
            None,
        )],
        joins: Vec::new(),
        facts: Vec::new(),
        oui_vendor: None,
        role: RoleGuess {
            role,
            confidence: 0.8,
            reasons: Vec::new(),
        },
        units: Vec::new(),
        serves: Vec::new(),
        uses: Vec::new(),
        first: Timestamp::from_secs(0),
        last: Timestamp::from_secs(4_000_000_000),
        sent: Traffic::default(),
        received: Traffic::default(),
    }
}

/// An answered Modbus exchange of some requests on one connection that lasts a minute.
pub(crate) fn modbus(
    from: &str,
    to: &str,
    at: Timestamp,
    operations: &[(OperationClass, u64)],
) -> FlowRecord {
    let requests: u64 = operations.iter().map(|(_, requests)| requests).sum();
    FlowRecord {
        first: at,
        last: at.plus(std::time::Duration::from_secs(60)),
        initiator: Endpoint {
            mac: None,
            ip: Some(ip(from)),
        },
        responder: Endpoint {
            mac: None,
            ip: Some(ip(to)),
        },
        initiator_port: 40_000,
        responder_port: 502,
        transport: Transport::TCP,
        vlan: None,
        basis: InitiatorBasis::Syn,
        opened: true,
        protocol: Some((Protocol("modbus"), Recognition::Content)),
        sent: Traffic {
            packets: requests + 4,
            bytes: 90 * (requests + 4),
        },
        received: Traffic {
            packets: requests + 3,
            bytes: 100 * (requests + 3),
        },
        missed: 0,
        packet: 1,
        connection: Connection::default(),
        operations: operations
            .iter()
            .map(|(operation, requests)| OperationRecord {
                protocol: Protocol("modbus"),
                operation: *operation,
                function: match operation {
                    OperationClass::Write => 16,
                    _ => 3,
                },
                function_name: Cow::Borrowed("function"),
                unit: Some(1),
                requests: *requests,
                responses: *requests,
                failures: 0,
                objects: Vec::new(),
                objects_dropped: 0,
                packet: 4,
                exchange: Exchange::default(),
            })
            .collect(),
    }
}

/// A connection on any port, of which nothing but the bytes is known.
pub(crate) fn opaque(from: &str, to: &str, port: u16, at: Timestamp) -> FlowRecord {
    FlowRecord {
        responder_port: port,
        protocol: None,
        operations: Vec::new(),
        ..modbus(from, to, at, &[(OperationClass::Read, 10)])
    }
}

/// A connection attempt that was never answered.
pub(crate) fn unanswered(from: &str, to: &str, port: u16, at: Timestamp) -> FlowRecord {
    FlowRecord {
        sent: Traffic {
            packets: 3,
            bytes: 222,
        },
        received: Traffic::default(),
        last: at.plus(std::time::Duration::from_secs(7)),
        ..opaque(from, to, port, at)
    }
}

/// Records whose ends, services and operations meet the claims and permits of random plants.
pub(crate) fn any_record() -> impl Strategy<Value = FlowRecord> {
    let operations = vec((select(&OperationClass::ALL[..5]), 1u64..5), 0..3);
    (super::any_flow(), any::<bool>(), operations, 0u64..4, 0u64..3).prop_map(
        |(flow, by_content, operations, sent, received)| {
            let recognition = if by_content {
                Recognition::Content
            } else {
                Recognition::Port
            };
            let end = |host: cofferdam_policy::Host| Endpoint {
                mac: host.mac,
                ip: host.ip,
            };
            let mut record = modbus("10.0.0.1", "10.0.0.2", flow.time, &operations);
            record.initiator = end(flow.initiator);
            record.responder = end(flow.responder);
            record.vlan = flow.initiator.vlan;
            record.transport = flow.transport;
            record.responder_port = flow.responder_port;
            record.protocol = flow.protocol.map(|name| (Protocol(name), recognition));
            record.sent.packets += sent;
            record.received = Traffic {
                packets: received,
                bytes: received * 90,
            };
            record
        },
    )
}
