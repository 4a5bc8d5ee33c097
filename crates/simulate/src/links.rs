//! What goes on all the time: which host polls which, by what, how often.

use crate::dialogue::{ArpRound, Dialogue, ModbusPoints, ModbusPoll};
use crate::engine::{Carrier, Duty, Life, Tcp};
use crate::plant::{HostId, Kind, Plant};
use cofferdam_terms::{OperationClass, OperationSet, Transport};
use std::time::Duration;

/// A conversation to open at the beginning or when an event begins.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) client: HostId,
    pub(crate) server: HostId,
    pub(crate) protocol: &'static str,
    pub(crate) transport: Transport,
    pub(crate) port: u16,
    pub(crate) operations: OperationSet,
    pub(crate) carrier: Carrier,
    pub(crate) dialogue: Dialogue,
    pub(crate) period: Duration,
    pub(crate) life: Life,
    pub(crate) duty: Duty,
}

/// Rest before a standing connection is opened anew.
const REOPEN: Duration = Duration::from_secs(5);
/// How often hosts ask for their gateway when polls come every second.
const ARP_EVERY: Duration = Duration::from_mins(10);

/// Background chatter slows down with the polls, up to once an hour.
pub(crate) fn slowed(base: Duration, poll_every: Duration) -> Duration {
    const SLOWEST: Duration = Duration::from_hours(1);
    let factor = u32::try_from(poll_every.as_secs().clamp(1, 60)).unwrap_or(60);
    (base * factor).min(SLOWEST.max(base))
}

/// ARP rounds: one conversation for each segment whose hosts can be seen there.
pub(crate) fn arp_rounds(plant: &Plant, poll_every: Duration) -> Vec<(Dialogue, HostId, Duration)> {
    let mut rounds = Vec::new();
    for (index, segment) in plant.segments.iter().enumerate() {
        let hosts: Vec<HostId> = plant
            .all()
            .filter(|(_, host)| host.segment == index && host.kind != Kind::CalibrationLaptop)
            .map(|(id, _)| id)
            .collect();
        if let (None, Some(first)) = (segment.beyond, hosts.first().copied()) {
            let round = ArpRound {
                segment: index,
                hosts,
                next: 0,
                waits_for: None,
            };
            rounds.push((Dialogue::Arp(round), first, slowed(ARP_EVERY, poll_every)));
        }
    }
    rounds
}

/// The polls of a plant.
pub(crate) fn standing(plant: &Plant, poll_every: Duration) -> Vec<Link> {
    let mut links = Vec::new();
    for daq in plant.of(Kind::Daq) {
        let Some(segment) = plant.host(daq).map(|host| host.segment) else {
            continue;
        };
        for hmi in plant
            .of(Kind::Hmi)
            .filter(|hmi| plant.host(*hmi).is_some_and(|host| host.segment == segment))
        {
            links.push(modbus(hmi, daq, ModbusPoints::Panel, poll_every));
        }
    }
    links
}

fn modbus(client: HostId, server: HostId, points: ModbusPoints, period: Duration) -> Link {
    let operations = match points {
        ModbusPoints::Panel | ModbusPoints::Rectifier => [
            OperationClass::Identify,
            OperationClass::Read,
            OperationClass::Write,
        ]
        .into_iter()
        .collect(),
        ModbusPoints::Measurements => [OperationClass::Identify, OperationClass::Read]
            .into_iter()
            .collect(),
    };
    Link {
        client,
        server,
        protocol: "modbus",
        transport: Transport::TCP,
        port: 502,
        operations,
        carrier: Carrier::Tcp(Tcp::default()),
        dialogue: Dialogue::ModbusPoll(ModbusPoll::new(points)),
        period,
        life: Life::Again(REOPEN),
        duty: Duty::Always,
    }
}
