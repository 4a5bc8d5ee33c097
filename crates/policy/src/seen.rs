//! What was observed, in the words of the plant model's checks.

use crate::conversation::{Conversation, Conversations, HostKey};
use crate::draft::{attribute, best_fact, role_of};
use cofferdam_observe::{IdentityField, ObservedAsset};
use cofferdam_plant::{Attribute, End, Observed, ObservedIdentity, ObservedUse, ProtocolName, Provenance};

/// Conversations and assets as the checks take them. `capture` is the captures' name, for provenance.
#[must_use]
pub fn observed(conversations: &Conversations, assets: &[ObservedAsset], capture: &str) -> Observed {
    Observed {
        span: conversations.span(),
        uses: conversations.iter().map(used).collect(),
        identities: assets.iter().map(|asset| identity(asset, capture)).collect(),
    }
}

fn used(conversation: &Conversation) -> ObservedUse {
    let key = conversation.key;
    let end = |host| {
        let (ip, mac) = match host {
            HostKey::Ip(ip) => (Some(ip), None),
            HostKey::Mac(mac) => (None, Some(mac)),
            HostKey::Nothing => (None, None),
        };
        End {
            ip,
            mac,
            vlan: key.vlan,
        }
    };
    let requests = conversation.requests().requests;
    ObservedUse {
        initiator: end(key.initiator),
        responder: end(key.responder),
        transport: key.transport,
        port: (key.responder_port != 0).then_some(key.responder_port),
        protocol: conversation
            .content_protocols()
            .next()
            .and_then(|protocol| protocol.0.parse::<ProtocolName>().ok()),
        operations: conversation.operation_classes(),
        count: if requests == 0 {
            conversation.opened.max(1)
        } else {
            requests
        },
    }
}

fn identity(asset: &ObservedAsset, capture: &str) -> ObservedIdentity {
    let fact = |field| best_fact(&asset.facts, field).map(|fact| attribute(fact, capture));
    ObservedIdentity {
        ends: asset
            .endpoints
            .iter()
            .map(|(end, vlan)| End {
                ip: end.ip,
                mac: end.mac,
                vlan: *vlan,
            })
            .collect(),
        role: Some(Attribute {
            value: role_of(asset),
            provenance: Provenance::Observed {
                capture: capture.to_owned(),
                packet: asset.facts.iter().map(|fact| fact.packet).min().unwrap_or(1),
                field: "role inferred from traffic".to_owned(),
                at: asset.first,
                confidence: asset.role.confidence,
            },
        }),
        vendor: fact(IdentityField::Vendor),
        product: fact(IdentityField::Product).or_else(|| fact(IdentityField::ProductCode)),
        firmware: fact(IdentityField::Firmware),
        serial: fact(IdentityField::Serial),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cofferdam_observe::{
        Connection, Endpoint, FlowRecord, IdentityFact, InitiatorBasis, Protocol, Recognition, RoleGuess,
        Traffic,
    };
    use cofferdam_plant::AssetRole;
    use cofferdam_terms::{MacAddr, Timestamp, Transport, WireText};

    fn end(ip: &str) -> Endpoint {
        Endpoint {
            mac: Some(MacAddr([2, 0, 0, 0, 0, 1])),
            ip: ip.parse().ok(),
        }
    }

    #[test]
    fn a_conversation_without_requests_counts_its_openings_and_an_asset_says_what_it_said() {
        let record = FlowRecord {
            first: Timestamp::from_secs(10),
            last: Timestamp::from_secs(20),
            initiator: end("10.0.0.1"),
            responder: end("10.0.0.2"),
            initiator_port: 50_000,
            responder_port: 102,
            transport: Transport::TCP,
            vlan: None,
            basis: InitiatorBasis::Syn,
            opened: true,
            protocol: Some((Protocol("s7comm"), Recognition::Content)),
            sent: Traffic {
                packets: 1,
                bytes: 60,
            },
            received: Traffic {
                packets: 1,
                bytes: 60,
            },
            missed: 0,
            packet: 1,
            connection: Connection::default(),
            operations: Vec::new(),
        };
        let fact = |value: &str, times| IdentityFact {
            field: IdentityField::Firmware,
            value: WireText::from_wire(value.as_bytes()),
            protocol: Protocol("s7comm"),
            unit: None,
            packet: 7,
            at: Timestamp::from_secs(11),
            times,
        };
        let asset = ObservedAsset {
            key: "10.0.0.2".to_owned(),
            parent: None,
            endpoints: vec![(end("10.0.0.2"), None)],
            joins: Vec::new(),
            facts: vec![fact("V4.1", 1), fact("V4.2", 5)],
            oui_vendor: Some("not said by the device"),
            role: RoleGuess {
                role: "plc",
                confidence: 0.8,
                reasons: Vec::new(),
            },
            units: Vec::new(),
            serves: Vec::new(),
            uses: Vec::new(),
            first: Timestamp::from_secs(10),
            last: Timestamp::from_secs(20),
            sent: Traffic::default(),
            received: Traffic::default(),
        };
        let conversations: Conversations = [&record].into_iter().collect();
        let seen = observed(&conversations, &[asset], "a.pcap");
        assert_eq!(seen.span, Some((record.first, record.last)));
        let [used] = seen.uses.as_slice() else {
            panic!("{:?}", seen.uses)
        };
        assert_eq!((used.port, used.count), (Some(102), 1));
        assert_eq!(used.protocol.as_ref().map(ProtocolName::as_str), Some("s7comm"));
        assert_eq!(
            (used.initiator.ip, used.initiator.mac),
            (record.initiator.ip, None)
        );
        let [device] = seen.identities.as_slice() else {
            panic!("{:?}", seen.identities)
        };
        assert_eq!(device.role.as_ref().map(|role| role.value), Some(AssetRole::Plc));
        assert_eq!(
            device.firmware.as_ref().map(|firmware| firmware.value.as_str()),
            Some("V4.2")
        );
        assert_eq!(device.vendor, None, "a MAC's maker is not the device's word");
    }
}
