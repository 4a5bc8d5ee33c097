//! A record that somebody else gathered, given and counted for its ends as one of packets is.

use crate::clock::Moment;
use crate::hosts::{Address, Party, Served, Spot, Voice};
use crate::record::{Endpoint, FlowRecord, FlowSink};
use crate::world::World;
use cofferdam_dissect::Protocol;
use cofferdam_terms::{Transport, VlanId};

/// Gives a record, and counts it for its ends.
pub(crate) fn give(world: &mut World, mut record: FlowRecord, moment: Moment, sink: &mut dyn FlowSink) {
    record.operations.sort_unstable();
    world.ledger.log_record(&record, moment);
    let answered = record.received.packets > 0 || record.operations.iter().any(|row| row.responses > 0);
    let voice = |heard| if heard { Voice::Heard } else { Voice::Silent };
    let asked = record.sent.packets > 0 || record.operations.iter().any(|row| row.requests > 0);
    let initiator = party(world, record.initiator, record.vlan, voice(asked), moment);
    let responder = party(world, record.responder, record.vlan, voice(answered), moment);
    let units: Vec<(Protocol, u32)> = record
        .operations
        .iter()
        .filter(|row| row.responses > 0)
        .filter_map(|row| Some((row.protocol, row.unit?)))
        .collect();
    let parties = [initiator, responder];
    world
        .hosts
        .account_parties(parties, served(&record), &record, &units);
    sink.flow(record);
}

fn party(world: &mut World, end: Endpoint, vlan: Option<VlanId>, voice: Voice, moment: Moment) -> Party {
    let address = match (end.ip, end.mac) {
        (Some(ip), _) => Address::Ip(ip),
        (None, mac) => Address::Mac(mac.unwrap_or_default()),
    };
    let spot = Spot { address, vlan };
    let id = match voice {
        Voice::Heard => world.hosts.sight(spot, end.mac, 0, moment),
        Voice::Silent => None,
    };
    Party { spot, id, voice }
}

/// Whether the responder did more than refuse.
fn served(record: &FlowRecord) -> Served {
    let refused = record.transport == Transport::TCP
        && record.connection.received_payload == 0
        && record.operations.is_empty();
    let answered = record.operations.iter().any(|row| row.responses > 0);
    if (record.received.packets > 0 && !refused) || answered {
        Served::Yes
    } else {
        Served::No
    }
}
