//! The truth as JSON, for tests in other languages and for `cofferdam simulate --truth`.

use super::{TrueAsset, TrueCarrier, TrueEvent, TrueFlow, TrueZone, Truth};
use serde_json::{Value, json};

impl Truth {
    /// The truth as one JSON object. Times are nanoseconds since 1970; keys are the fields' names.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "site": self.site,
            "seed": self.seed,
            "start": self.start.nanos(),
            "end": self.end.nanos(),
            "zones": self.zones.iter().map(zone).collect::<Vec<_>>(),
            "assets": self.assets.iter().map(asset).collect::<Vec<_>>(),
            "carriers": self.carriers.iter().map(carrier).collect::<Vec<_>>(),
            "flows": self.flows.iter().map(flow).collect::<Vec<_>>(),
            "events": self.events.iter().map(event).collect::<Vec<_>>(),
        })
    }
}

fn zone(zone: &TrueZone) -> Value {
    json!({
        "id": zone.id,
        "kind": zone.kind,
        "networks": zone.networks.iter().map(|(vlan, network)| {
            json!({ "vlan": vlan.get(), "network": format!("{network}/24") })
        }).collect::<Vec<_>>(),
    })
}

fn asset(asset: &TrueAsset) -> Value {
    json!({
        "id": asset.id,
        "role": asset.role,
        "zone": asset.zone,
        "vendor": asset.vendor,
        "product": asset.product,
        "firmware": asset.firmware,
        "serial": asset.serial,
        "interfaces": asset.interfaces.iter().map(|interface| json!({
            "mac": interface.mac.map(|mac| mac.to_string()),
            "ip": interface.ip.to_string(),
            "vlan": interface.vlan.get(),
        })).collect::<Vec<_>>(),
        "claims": asset.claims.iter().map(|claim| json!({
            "protocol": claim.protocol,
            "fact": claim.fact,
            "value": claim.value,
        })).collect::<Vec<_>>(),
    })
}

fn carrier(carrier: &TrueCarrier) -> Value {
    json!({ "mac": carrier.mac.to_string(), "vlan": carrier.vlan.get() })
}

fn flow(flow: &TrueFlow) -> Value {
    json!({
        "initiator": flow.initiator,
        "responder": flow.responder,
        "protocol": flow.protocol,
        "transport": flow.transport.to_string(),
        "port": flow.port,
        "operations": flow.operations.iter().map(|class| class.name()).collect::<Vec<_>>(),
        "cause": flow.cause,
        "packets": flow.packets,
    })
}

fn event(event: &TrueEvent) -> Value {
    json!({
        "id": event.id,
        "kind": event.kind.name(),
        "cause": event.cause,
        "description": event.description,
        "from": event.from.nanos(),
        "to": event.to.nanos(),
        "assets": event.assets,
        "flows": event.flows,
        "packets": event.packets,
        "frames": event.frames.map(|(first, last)| [first, last]),
    })
}
