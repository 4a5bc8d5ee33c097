//! The scripted intrusions: who does what to whom.

use crate::dialogue::{DeafScan, Dialogue, Dnp3Job, S7Job, SmbJob};
use crate::engine::Tcp;
use crate::links::{Link, Pair};
use crate::plant::{HostId, Kind, Plant};
use crate::rhythm::{Session, What};
use crate::settings::Intrusion;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Hosts that a scan knocks at.
const SCANNED: usize = 60;
/// Segments in which it also looks for addresses that nobody has.
const SEGMENTS: usize = 4;
/// The ports that it tries.
const PORTS: [u16; 6] = [102, 502, 44_818, 20_000, 445, 3389];
/// Servers that a sweep reaches.
const SWEPT: usize = 12;

impl Intrusion {
    /// A sentence for people.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::VendorDirect => {
                "the vendor's VPN host reads and writes a test cell's controller past the jump host"
            }
            Self::EnterpriseScan => "an office PC looks for industrial services in the plant's networks",
            Self::ControllerStop => {
                "an unknown host stops a controller, replaces a block and starts it again"
            }
            Self::RogueMaster => {
                "an unknown DNP3 master operates an output, and reports flood the right master"
            }
            Self::SmbSweep => "an office PC overwrites files on server after server",
        }
    }

    /// How far into the capture it begins, in hundredths, and at what hour and minute of that day.
    pub(crate) const fn when(self) -> (u32, (i64, i64)) {
        match self {
            Self::VendorDirect => (40, (21, 40)),
            Self::EnterpriseScan => (50, (11, 20)),
            Self::ControllerStop => (60, (2, 40)),
            Self::RogueMaster => (70, (3, 15)),
            Self::SmbSweep => (80, (4, 5)),
        }
    }

    /// Whether a host takes part that isn't the plant's.
    pub(crate) const fn brings_a_host(self) -> bool {
        match self {
            Self::ControllerStop | Self::RogueMaster => true,
            Self::VendorDirect | Self::EnterpriseScan | Self::SmbSweep => false,
        }
    }

    pub(crate) fn sessions(self, plant: &Plant) -> Vec<Session> {
        let first = |kind| plant.of(kind).next();
        let link = |link| Session {
            after: Duration::ZERO,
            what: What::Link(link),
        };
        match self {
            Self::VendorDirect => {
                let pair = first(Kind::VendorHost).zip(first(Kind::S7Plc));
                pair.map(|(vendor, plc)| link(Link::s7(Pair(vendor, plc), S7Job::Tamper)))
                    .into_iter()
                    .collect()
            }
            Self::EnterpriseScan => first(Kind::OfficePc).map_or_else(Vec::new, |pc| scan(plant, pc)),
            Self::ControllerStop => {
                let pair = first(Kind::Intruder).zip(first(Kind::S7Plc));
                pair.map(|(intruder, plc)| link(Link::s7(Pair(intruder, plc), S7Job::Replace)))
                    .into_iter()
                    .collect()
            }
            Self::RogueMaster => {
                let rtu = first(Kind::FuelRtu);
                let rogue = first(Kind::Intruder).zip(rtu).map(|pair| (pair, Dnp3Job::Rogue));
                let flood = first(Kind::ScadaServer)
                    .zip(rtu)
                    .map(|pair| (pair, Dnp3Job::Flood));
                rogue
                    .into_iter()
                    .chain(flood)
                    .map(|((client, server), job)| link(Link::dnp3(Pair(client, server), job)))
                    .collect()
            }
            Self::SmbSweep => plant
                .of(Kind::OfficePc)
                .nth(1)
                .map_or_else(Vec::new, |pc| sweep(plant, pc)),
        }
    }
}

fn scan(plant: &Plant, pc: HostId) -> Vec<Session> {
    let mut sessions = Vec::new();
    let mut after = Duration::ZERO;
    let targets = plant
        .all()
        .filter(|(_, host)| {
            is_inside(host.ip) && host.kind != Kind::CalibrationLaptop && host.kind != Kind::Intruder
        })
        .take(SCANNED);
    for (id, host) in targets {
        for port in PORTS {
            let carrier = if serves(host.kind, port) {
                Tcp::default()
            } else {
                Tcp::refused()
            };
            sessions.push(Session {
                after,
                what: What::Link(Link::knock(Pair(pc, id), port, carrier)),
            });
            after += Duration::from_millis(35);
        }
    }
    let segments = plant.segments.iter().enumerate();
    let inside = segments.filter(|(_, segment)| is_inside(segment.network) && segment.beyond.is_none());
    for (segment, used) in inside
        .take(SEGMENTS)
        .map(|(index, segment)| (index, segment.used))
    {
        let deaf = DeafScan {
            segment,
            next: 10 + used,
        };
        sessions.push(Session {
            after: Duration::ZERO,
            what: What::Frames(Dialogue::DeafScan(deaf), pc),
        });
    }
    sessions
}

/// Whether an address belongs to the plant's own networks.
fn is_inside(address: Ipv4Addr) -> bool {
    address.octets().first() == Some(&10)
}

/// Whether something listens.
const fn serves(kind: Kind, port: u16) -> bool {
    match port {
        102 => matches!(kind, Kind::S7Plc),
        502 => matches!(kind, Kind::Daq | Kind::Rectifier | Kind::XrayController),
        44_818 => matches!(
            kind,
            Kind::LogixPlc | Kind::SafetyController | Kind::FieldIo | Kind::Drive
        ),
        20_000 => matches!(kind, Kind::FuelRtu | Kind::PowerRtu),
        445 => matches!(
            kind,
            Kind::FileServer | Kind::BackupServer | Kind::ScadaServer | Kind::Historian
        ),
        3389 => matches!(kind, Kind::JumpHost | Kind::EngineeringStation),
        _ => false,
    }
}

fn sweep(plant: &Plant, pc: HostId) -> Vec<Session> {
    const SERVERS: [Kind; 6] = [
        Kind::FileServer,
        Kind::Erp,
        Kind::BackupServer,
        Kind::Historian,
        Kind::ScadaServer,
        Kind::Hmi,
    ];
    let servers = SERVERS.into_iter().flat_map(|kind| plant.of(kind)).take(SWEPT);
    let mut after = Duration::ZERO;
    servers
        .map(|server| {
            let link = Link::smb(Pair(pc, server), SmbJob::Ransom { files: 6 });
            let session = Session {
                after,
                what: What::Link(link),
            };
            after += Duration::from_secs(50);
            session
        })
        .collect()
}
