//! What goes on all the time: which host polls which, by what, how often; and the chatter of a network.

use crate::dialogue::{
    ArpRound, CipJob, Dhcp, Dialogue, Dnp3Job, HttpJob, ModbusPoints, OpcUaJob, S7Job, SmbJob, When,
};
use crate::encode::tls::Version;
use crate::engine::Duty;
use crate::links::{Link, Pair};
use crate::plant::{Host, HostId, Kind, Plant, Stack};
use std::time::Duration;

/// How often hosts ask for their gateway when polls come every second.
const ARP_EVERY: Duration = Duration::from_mins(10);
const LLDP_EVERY: Duration = Duration::from_secs(30);
const DNS_EVERY: Duration = Duration::from_mins(5);
const NTP_EVERY: Duration = Duration::from_secs(1024);
const SYSLOG_EVERY: Duration = Duration::from_mins(2);
/// Panels are restarted once a day or so, the OPC UA server drops its connections after some hours.
const PANEL: Duration = Duration::from_hours(25);
const GATEWAY: Duration = Duration::from_hours(7);
/// How often people fetch something, at that pace.
const PEOPLE_EVERY: Duration = Duration::from_mins(4);

/// Background chatter slows down with the polls, up to once an hour.
fn slowed(base: Duration, poll_every: Duration) -> Duration {
    const SLOWEST: Duration = Duration::from_hours(1);
    let factor = u32::try_from(poll_every.as_secs().clamp(1, 60)).unwrap_or(60);
    (base * factor).min(SLOWEST.max(base))
}

/// Whole frames that a host sends, or its segment for it.
pub(crate) struct Chatter {
    pub(crate) dialogue: Dialogue,
    pub(crate) host: HostId,
    pub(crate) period: Duration,
}

/// ARP rounds, LLDP and DHCP.
pub(crate) fn chatter(plant: &Plant, poll_every: Duration) -> Vec<Chatter> {
    let mut all = Vec::new();
    let mut rounds: Vec<Vec<HostId>> = vec![Vec::new(); plant.segments.len()];
    for (id, host) in plant.all() {
        if let Some(round) = rounds.get_mut(host.segment).filter(|_| is_always_there(host)) {
            round.push(id);
        }
        if host.kind == Kind::Switch {
            all.push(Chatter {
                dialogue: Dialogue::Lldp,
                host: id,
                period: slowed(LLDP_EVERY, poll_every),
            });
        } else if host.kind == Kind::OfficePc {
            all.push(Chatter {
                dialogue: Dialogue::Dhcp(Dhcp::new(When::Mornings)),
                host: id,
                period: Duration::ZERO,
            });
        }
    }
    for (index, (segment, hosts)) in plant.segments.iter().zip(rounds).enumerate() {
        if let (None, Some(first)) = (segment.beyond, hosts.first().copied()) {
            let round = ArpRound {
                segment: index,
                hosts,
                next: 0,
                waits_for: None,
            };
            all.push(Chatter {
                dialogue: Dialogue::Arp(round),
                host: first,
                period: slowed(ARP_EVERY, poll_every),
            });
        }
    }
    all
}

fn is_always_there(host: &Host) -> bool {
    host.kind != Kind::CalibrationLaptop && host.kind != Kind::Intruder
}

/// Everything that is asked all the time. Links of the standby server are in it, with their duty.
pub(crate) fn standing(plant: &Plant, poll_every: Duration) -> Vec<Link> {
    let mut plan = Plan {
        plant,
        poll_every,
        links: Vec::new(),
    };
    plan.cells();
    plan.shops();
    plan.safety();
    plan.supervision();
    plan.offices();
    plan.network_services();
    plan.links
}

struct Plan<'a> {
    plant: &'a Plant,
    poll_every: Duration,
    links: Vec<Link>,
}

impl Plan<'_> {
    fn first(&self, kind: Kind) -> Option<HostId> {
        self.plant.of(kind).next()
    }

    /// Hosts of a kind in the segment of another.
    fn beside(&self, host: HostId, kind: Kind) -> Vec<HostId> {
        let segment = self.plant.host(host).map(|host| host.segment);
        self.plant
            .all()
            .filter(|(_, other)| Some(other.segment) == segment && other.kind == kind)
            .map(|(id, _)| id)
            .collect()
    }

    /// Panels read their controller and data acquisition; Logix controllers exchange data with their devices.
    fn cells(&mut self) {
        let panels: Vec<HostId> = self.plant.of(Kind::Hmi).collect();
        for panel in panels {
            for plc in self.beside(panel, Kind::S7Plc) {
                self.links.push(
                    Link::s7(Pair(panel, plc), S7Job::Panel)
                        .every(self.poll_every)
                        .kept(PANEL),
                );
                for device in [self.beside(panel, Kind::FieldIo), self.beside(panel, Kind::Drive)].concat() {
                    self.links
                        .push(Link::cip(Pair(panel, device), CipJob::Read).every(self.poll_every * 2));
                }
            }
            for plc in self.beside(panel, Kind::LogixPlc) {
                self.links.push(
                    Link::cip(Pair(panel, plc), CipJob::Panel)
                        .every(self.poll_every)
                        .kept(PANEL),
                );
            }
            for daq in self.beside(panel, Kind::Daq) {
                let link = Link::modbus(Pair(panel, daq), ModbusPoints::Panel);
                self.links.push(link.every(self.poll_every).kept(PANEL));
            }
        }
        let controllers: Vec<HostId> = self.plant.of(Kind::LogixPlc).collect();
        for plc in controllers {
            for device in [self.beside(plc, Kind::FieldIo), self.beside(plc, Kind::Drive)].concat() {
                self.links
                    .extend(Link::cyclic(Pair(plc, device), self.poll_every));
            }
        }
    }

    fn shops(&mut self) {
        let tubes: Vec<HostId> = self.plant.of(Kind::XrayController).collect();
        let stations: Vec<HostId> = self.plant.of(Kind::NdtWorkstation).collect();
        for (station, tube) in stations.into_iter().zip(tubes) {
            let link = Link::modbus(Pair(station, tube), ModbusPoints::Panel);
            self.links.push(link.every(self.poll_every));
        }
        let rectifiers: Vec<HostId> = self.plant.of(Kind::Rectifier).collect();
        for rectifier in rectifiers {
            for plc in self.beside(rectifier, Kind::S7Plc) {
                let link = Link::modbus(Pair(plc, rectifier), ModbusPoints::Rectifier);
                self.links.push(link.every(self.poll_every * 2));
            }
        }
        if let Some(opc) = self.first(Kind::OpcServer) {
            for machine in self.plant.of(Kind::Cnc) {
                let link = Link::opcua(Pair(opc, machine), OpcUaJob::Subscribe);
                self.links.push(link.every(self.poll_every * 5));
            }
        }
    }

    /// Safety controllers exchange interlocks in a ring.
    fn safety(&mut self) {
        let controllers: Vec<HostId> = self.plant.of(Kind::SafetyController).collect();
        let mut next = controllers.iter().copied().cycle().skip(1);
        for one in &controllers {
            let Some(other) = next.next().filter(|other| other != one) else {
                continue;
            };
            if controllers.len() == 2 && *one > other {
                continue;
            }
            self.links
                .extend(Link::cyclic(Pair(*one, other), self.poll_every));
        }
    }

    fn supervision(&mut self) {
        let duties = [Duty::Primary, Duty::Standby];
        for (scada, duty) in self.plant.of(Kind::ScadaServer).zip(duties) {
            self.supervise(scada, duty);
        }
        if let Some(opc) = self.first(Kind::OpcServer) {
            let slow = self.poll_every * 5;
            for plc in self.plant.of(Kind::S7Plc) {
                self.links
                    .push(Link::s7(Pair(opc, plc), S7Job::Read).every(slow).kept(GATEWAY));
            }
            for plc in self.plant.of(Kind::LogixPlc) {
                self.links
                    .push(Link::cip(Pair(opc, plc), CipJob::Read).every(slow).kept(GATEWAY));
            }
            for (kind, job, factor) in [
                (Kind::Historian, OpcUaJob::Subscribe, 5),
                (Kind::Mes, OpcUaJob::Orders, 10),
            ] {
                for client in self.plant.of(kind) {
                    self.links
                        .push(Link::opcua(Pair(client, opc), job).every(self.poll_every * factor));
                }
            }
        }
        if let Some((mes, historian)) = self.first(Kind::Mes).zip(self.first(Kind::Historian)) {
            let link = Link::https(Pair(mes, historian), Version::Tls12, 6, (600, 4000));
            self.links
                .push(link.again(slowed(Duration::from_mins(1), self.poll_every)));
        }
    }

    /// Connections to controllers are older than the capture: others identify those in it.
    fn supervise(&mut self, scada: HostId, duty: Duty) {
        let (plant, often) = (self.plant, self.poll_every * 2);
        for plc in plant.of(Kind::S7Plc) {
            let link = Link::s7(Pair(scada, plc), S7Job::Read).every(often);
            self.links.push(link.on(duty).before());
        }
        for plc in plant.of(Kind::LogixPlc) {
            let link = Link::cip(Pair(scada, plc), CipJob::Read).every(often);
            self.links.push(link.on(duty).before());
        }
        for safety in plant.of(Kind::SafetyController) {
            let link = Link::cip(Pair(scada, safety), CipJob::Read);
            self.links.push(link.every(self.poll_every * 5).on(duty));
        }
        for daq in plant.of(Kind::Daq) {
            let link = Link::modbus(Pair(scada, daq), ModbusPoints::Measurements);
            self.links.push(link.every(self.poll_every * 4).on(duty));
        }
        // The standby server takes over at night, when nothing is operated.
        let fuel = if duty == Duty::Standby {
            Dnp3Job::Watch
        } else {
            Dnp3Job::Master
        };
        for (kind, job) in [(Kind::FuelRtu, fuel), (Kind::PowerRtu, Dnp3Job::Watch)] {
            for rtu in plant.of(kind) {
                self.links
                    .push(Link::dnp3(Pair(scada, rtu), job).every(often).on(duty));
            }
        }
    }

    /// What people do in the day shift, and the business systems all day.
    fn offices(&mut self) {
        let pace = slowed(PEOPLE_EVERY, self.poll_every);
        let (plant, day) = (self.plant, Duty::DayShift);
        let (mes, files, outside) = (
            self.first(Kind::Mes),
            self.first(Kind::FileServer),
            self.first(Kind::InternetHost),
        );
        for pc in plant.of(Kind::OfficePc) {
            if let Some(mes) = mes {
                self.links
                    .push(Link::http(Pair(pc, mes), HttpJob::Orders).every(pace).on(day));
            }
            if let Some(files) = files {
                let link = Link::smb(Pair(pc, files), SmbJob::Fetch { bytes: 200_000 });
                self.links.push(link.again(pace * 4).on(day));
            }
            if let Some(outside) = outside {
                let link = Link::https(Pair(pc, outside), Version::Tls13, 4, (900, 12_000));
                self.links.push(link.again(pace).on(day));
            }
        }
        for panel in plant.of(Kind::Hmi) {
            if let Some(mes) = mes {
                self.links
                    .push(Link::http(Pair(panel, mes), HttpJob::Orders).every(pace).on(day));
            }
        }
        for station in plant.of(Kind::NdtWorkstation) {
            if let Some(files) = files {
                let link = Link::smb(Pair(station, files), SmbJob::Fetch { bytes: 400_000 });
                self.links.push(link.again(pace * 4).on(day));
            }
        }
        if let Some((erp, mes)) = self.first(Kind::Erp).zip(mes) {
            let link = Link::https(Pair(erp, mes), Version::Tls12, 3, (900, 3000));
            self.links.push(link.again(pace));
        }
    }

    /// Names and time for whoever has an operating system, log lines of network devices.
    fn network_services(&mut self) {
        let plant = self.plant;
        if let Some(dc) = self.first(Kind::DomainController) {
            for (id, host) in plant.all() {
                let asks = host.product.stack == Stack::Windows
                    && is_always_there(host)
                    && host.kind != Kind::VendorHost
                    && id != dc;
                if asks {
                    self.links
                        .push(Link::dns(Pair(id, dc)).every(slowed(DNS_EVERY, self.poll_every)));
                    self.links
                        .push(Link::ntp(Pair(id, dc)).every(slowed(NTP_EVERY, self.poll_every)));
                }
            }
        }
        if let Some(collector) = self.first(Kind::SecurityServer) {
            for (id, host) in plant.all() {
                if matches!(host.kind, Kind::Switch | Kind::Firewall) {
                    let link = Link::syslog(Pair(id, collector));
                    self.links.push(link.every(slowed(SYSLOG_EVERY, self.poll_every)));
                }
            }
        }
    }
}
