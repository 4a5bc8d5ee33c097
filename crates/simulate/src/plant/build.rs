//! Draws a plant of a given size: the same forty assets first, then rounds of growth in fixed proportions.
//!
//! Segments are numbered as they come: the n-th is VLAN 100 + n with 10.20.n.0/24 (172.16.n.0/24 for offices,
//! 203.0.113.0/24 for the outside), and a zone that outgrows its segment gets another.

use super::{Host, HostId, Kind, Plant, Segment, Zone, products::product};
use crate::dice::Dice;
use cofferdam_terms::{MacAddr, VlanId};
use std::net::Ipv4Addr;

/// Hosts in one segment at most.
const SEGMENT_HOSTS: u8 = 200;
/// Segments that one plant firewall serves.
const FIREWALL_SEGMENTS: usize = 24;
/// The first host's address in a segment.
const FIRST_HOST: u8 = 10;

/// The assets that one round of growth adds: a test cell of six, and what hangs on it elsewhere.
const ROUND: [(&str, Kind); 18] = [
    ("machining", Kind::Cnc),
    ("machining", Kind::Cnc),
    ("machining", Kind::Cnc),
    ("machining", Kind::Drive),
    ("plating", Kind::Rectifier),
    ("plating", Kind::Rectifier),
    ("ndt-lab", Kind::NdtWorkstation),
    ("ndt-lab", Kind::XrayController),
    ("facility", Kind::PowerRtu),
    ("safety", Kind::SafetyController),
    ("supervisory", Kind::EngineeringStation),
    ("management", Kind::Switch),
    ("enterprise", Kind::OfficePc),
    ("enterprise", Kind::OfficePc),
    ("enterprise", Kind::OfficePc),
    ("enterprise", Kind::OfficePc),
    ("enterprise", Kind::OfficePc),
    ("enterprise", Kind::OfficePc),
];
/// What stands in a further test cell beside its controller.
const CELL: [Kind; 5] = [Kind::Daq, Kind::Hmi, Kind::FieldIo, Kind::FieldIo, Kind::Drive];

/// `guests` are further assets that stand in a zone and don't count.
pub(crate) fn build(assets: u32, guests: &[(&str, Kind)], dice: &mut Dice) -> Plant {
    let mut builder = Builder {
        plant: Plant {
            zones: Vec::new(),
            segments: Vec::new(),
            hosts: Vec::new(),
        },
        dice,
        names: std::collections::BTreeMap::new(),
        plant_firewall: HostId(0),
        plant_firewall_segments: 0,
        macs: 0,
    };
    builder.base();
    let assets = usize::try_from(assets).unwrap_or(usize::MAX);
    // A round may need a firewall for its segments too, so two places are left for those.
    while builder.plant.hosts.len() + ROUND.len() + CELL.len() + 1 + 2 <= assets {
        builder.round();
    }
    while builder.plant.hosts.len() < assets {
        builder.add("enterprise", "enterprise", Kind::OfficePc);
    }
    for (zone, kind) in guests {
        builder.add(zone, "temporary", *kind);
    }
    builder.plant
}

struct Builder<'a> {
    plant: Plant,
    dice: &'a mut Dice,
    /// How many assets have a name's stem.
    names: std::collections::BTreeMap<String, u32>,
    plant_firewall: HostId,
    plant_firewall_segments: usize,
    macs: u32,
}

impl Builder<'_> {
    fn base(&mut self) {
        self.management();
        for (zone, kind, machines) in [
            ("test-cell-1", "control", &[Kind::S7Plc, Kind::Daq, Kind::Hmi][..]),
            ("test-cell-2", "control", &[Kind::LogixPlc, Kind::Daq, Kind::Hmi]),
            (
                "ndt-lab",
                "control",
                &[Kind::XrayController, Kind::NdtWorkstation],
            ),
            ("plating", "control", &[Kind::S7Plc, Kind::Rectifier, Kind::Hmi]),
            ("machining", "control", &[Kind::LogixPlc, Kind::Cnc, Kind::Drive]),
            (
                "safety",
                "safety",
                &[Kind::SafetyController, Kind::SafetyController],
            ),
            ("facility", "control", &[Kind::FuelRtu, Kind::PowerRtu]),
            (
                "supervisory",
                "supervisory",
                &[
                    Kind::ScadaServer,
                    Kind::ScadaServer,
                    Kind::OpcServer,
                    Kind::EngineeringStation,
                ],
            ),
            (
                "operations",
                "operations",
                &[
                    Kind::Historian,
                    Kind::Mes,
                    Kind::DomainController,
                    Kind::FileServer,
                    Kind::BackupServer,
                ],
            ),
            ("dmz", "dmz", &[Kind::JumpHost, Kind::SecurityServer]),
            (
                "enterprise",
                "enterprise",
                &[Kind::Erp, Kind::OfficePc, Kind::OfficePc, Kind::OfficePc],
            ),
            ("external", "external", &[Kind::VendorHost, Kind::InternetHost]),
        ] {
            for machine in machines {
                self.add(zone, kind, *machine);
            }
        }
        self.calibration_laptop();
    }

    /// The firewalls stand in the segment that they themselves serve, so they come first.
    fn management(&mut self) {
        let zone = self.zone("management", "operations");
        self.segment(zone, "management", HostId(0));
        self.add("management", "operations", Kind::Firewall); // HostId(0): the plant's
        self.add("management", "operations", Kind::Firewall); // HostId(1): the edge's
        self.add("management", "operations", Kind::Switch);
        self.add("management", "operations", Kind::Switch);
        self.plant_firewall_segments = 1;
    }

    /// It has its own zone, in the network of the first test cell: one subnet, two zones.
    fn calibration_laptop(&mut self) {
        let zone = self.zone("temporary", "temporary");
        let cell = self.plant.zones.iter().position(|zone| zone.id == "test-cell-1");
        let segment = self
            .plant
            .segments
            .iter()
            .position(|segment| Some(segment.zone) == cell);
        if let Some(segment) = segment {
            self.host(zone, segment, Kind::CalibrationLaptop);
        }
    }

    fn round(&mut self) {
        let number = 1 + self
            .plant
            .zones
            .iter()
            .filter(|zone| zone.id.starts_with("test-cell-"))
            .count();
        let zone = format!("test-cell-{number}");
        let controller = if number % 2 == 1 {
            Kind::S7Plc
        } else {
            Kind::LogixPlc
        };
        self.add(&zone, "control", controller);
        for kind in CELL {
            self.add(&zone, "control", kind);
        }
        for (zone, kind) in ROUND {
            self.add(zone, "control", kind);
        }
    }

    /// Adds an asset to a zone, which is made with its kind if it isn't there yet.
    fn add(&mut self, zone: &str, zone_kind: &'static str, kind: Kind) {
        let zone = self.zone(zone, zone_kind);
        let segment = self
            .plant
            .segments
            .iter()
            .rposition(|segment| segment.zone == zone && segment.used < SEGMENT_HOSTS)
            .unwrap_or_else(|| self.open_segment(zone));
        self.host(zone, segment, kind);
    }

    fn zone(&mut self, id: &str, kind: &'static str) -> usize {
        self.plant
            .zones
            .iter()
            .position(|zone| zone.id == id)
            .unwrap_or_else(|| {
                self.plant.zones.push(Zone {
                    id: id.to_owned(),
                    kind,
                });
                self.plant.zones.len() - 1
            })
    }

    fn open_segment(&mut self, zone: usize) -> usize {
        const EDGE: HostId = HostId(1);
        let id = self
            .plant
            .zones
            .get(zone)
            .map_or(String::new(), |zone| zone.id.clone());
        if matches!(id.as_str(), "dmz" | "enterprise" | "external") {
            return self.segment(zone, &id, EDGE);
        }
        if self.plant_firewall_segments == FIREWALL_SEGMENTS {
            self.plant_firewall = HostId(self.plant.hosts.len());
            self.plant_firewall_segments = 0;
            self.add("management", "operations", Kind::Firewall);
        }
        self.plant_firewall_segments += 1;
        self.segment(zone, &id, self.plant_firewall)
    }

    fn segment(&mut self, zone: usize, id: &str, firewall: HostId) -> usize {
        let number = u16::try_from(self.plant.segments.len() + 1).unwrap_or(u16::MAX);
        let [high, low] = number.to_be_bytes();
        let network = match id {
            "external" => Ipv4Addr::new(203, 0, 113, 0),
            "enterprise" => Ipv4Addr::new(172, 16 + high, low, 0),
            _ => Ipv4Addr::new(10, 20 + high, low, 0),
        };
        let fortinet = product(Kind::Firewall).oui;
        let beyond = (id == "external").then(|| self.mac([0x00, 0x1e, 0xbd]));
        let gateway = self.mac(fortinet);
        self.plant.segments.push(Segment {
            zone,
            vlan: VlanId::from_tag_control(100 + number),
            network,
            firewall,
            gateway,
            beyond,
            used: 0,
        });
        self.plant.segments.len() - 1
    }

    fn host(&mut self, zone: usize, segment: usize, kind: Kind) {
        let product = product(kind);
        let mac = self.mac(product.oui);
        let id = self.name(zone, kind);
        let Some(place) = self.plant.segments.get_mut(segment) else {
            return;
        };
        let number = FIRST_HOST + place.used;
        place.used += 1;
        let station = u16::try_from(self.plant.hosts.len()).unwrap_or(u16::MAX);
        self.plant.hosts.push(Host {
            id,
            kind,
            product,
            mac: place.beyond.unwrap_or(mac),
            ip: Ipv4Addr::from_bits(place.network.to_bits() | u32::from(number)),
            segment,
            zone,
            serial: self.dice.long(),
            station,
            next_port: super::FIRST_PORT + self.dice.word() % 10_000,
        });
    }

    /// A maker's prefix and a number that no other interface of the plant has.
    fn mac(&mut self, oui: [u8; 3]) -> MacAddr {
        let [a, b, c] = oui;
        self.macs += 1;
        let [_, d, e, f] = (self.macs ^ 0x5a_0000).to_be_bytes();
        MacAddr([a, b, c, d, e, f])
    }

    fn name(&mut self, zone: usize, kind: Kind) -> String {
        let zone = self.plant.zones.get(zone).map_or("", |zone| zone.id.as_str());
        let place = match zone.strip_prefix("test-cell-") {
            Some(number) => format!("tc{number}"),
            None => zone.to_owned(),
        };
        let stem = match kind {
            Kind::S7Plc | Kind::LogixPlc => format!("{place}-plc"),
            Kind::Daq => format!("{place}-daq"),
            Kind::Hmi => format!("{place}-hmi"),
            Kind::FieldIo => format!("{place}-io"),
            Kind::Drive => format!("{place}-drive"),
            Kind::XrayController => "ndt-xray".to_owned(),
            Kind::NdtWorkstation => "ndt-ws".to_owned(),
            Kind::Rectifier => "plating-rectifier".to_owned(),
            Kind::Cnc => "cnc".to_owned(),
            Kind::SafetyController => "safety".to_owned(),
            Kind::FuelRtu => "fuel-farm".to_owned(),
            Kind::PowerRtu => "power".to_owned(),
            Kind::ScadaServer => "scada".to_owned(),
            Kind::OpcServer => "opcua".to_owned(),
            Kind::EngineeringStation => "ews".to_owned(),
            Kind::Historian => "historian".to_owned(),
            Kind::Mes => "mes".to_owned(),
            Kind::DomainController => "dc".to_owned(),
            Kind::FileServer => "files".to_owned(),
            Kind::BackupServer => "backup".to_owned(),
            Kind::JumpHost => "jump".to_owned(),
            Kind::SecurityServer => "security".to_owned(),
            Kind::Erp => "erp".to_owned(),
            Kind::OfficePc => "office".to_owned(),
            Kind::VendorHost => "vendor-vpn".to_owned(),
            Kind::InternetHost => "update".to_owned(),
            Kind::CalibrationLaptop => "cal-laptop".to_owned(),
            Kind::Firewall => "fw".to_owned(),
            Kind::Switch => "sw".to_owned(),
            Kind::Intruder => "intruder".to_owned(),
        };
        let count = self.names.entry(stem.clone()).or_insert(0);
        *count += 1;
        format!("{stem}-{count}")
    }
}
