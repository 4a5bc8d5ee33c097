//! What comes round: each rhythm with its period and what is done then. One table, from which the events are planned.

use crate::calendar::{Date, Weekday};
use crate::dialogue::{CipJob, Dhcp, Dialogue, HttpJob, ModbusPoints, S7Job, SmbJob, When};
use crate::encode::tls::Version;
use crate::links::{Link, Pair};
use crate::plant::{HostId, Kind, Plant};
use cofferdam_terms::Timestamp;
use std::time::Duration;

/// Something that is done regularly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Its name, as causes in the truth have it.
    pub name: &'static str,
    /// When it comes round.
    pub every: Every,
    /// The hour and minute of the day, in UTC.
    pub at: (u8, u8),
    /// How long it is planned to take.
    pub lasts: Duration,
    /// A sentence for people.
    pub description: &'static str,
    /// What is done.
    pub(crate) work: Work,
}

/// What is done when a rhythm comes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Backup,
    ShiftReport,
    DailyReport,
    Signatures,
    Upload,
    VendorVisit,
    Calibration,
    Certificates,
    Clocks,
    ProofTest,
    /// The standby server takes over; its conversations are among the standing ones.
    Failover,
}

/// When a rhythm comes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Each day.
    Day,
    /// Monday to Friday.
    WorkingDay,
    /// One weekday.
    Week(Weekday),
    /// The last Saturday of the month.
    LastSaturday,
    /// A day of the month.
    Month(u8),
    /// The first Sunday of January, April, July and October.
    Quarter,
    /// Once, so many days after the capture's first.
    Once(u16),
}

/// Every rhythm of the plant.
pub const RHYTHMS: [Rhythm; 11] = [
    Rhythm {
        name: "nightly-backup",
        every: Every::Day,
        at: (1, 0),
        lasts: Duration::from_hours(1),
        description: "servers write their backups to the backup server",
        work: Work::Backup,
    },
    Rhythm {
        name: "shift-report",
        every: Every::Day,
        at: (6, 0),
        lasts: Duration::from_mins(5),
        description: "the MES hands the report of the night to the historian and the ERP",
        work: Work::ShiftReport,
    },
    Rhythm {
        name: "daily-report",
        every: Every::WorkingDay,
        at: (17, 30),
        lasts: Duration::from_mins(10),
        description: "the test cells' panels hand their day's results to the MES",
        work: Work::DailyReport,
    },
    Rhythm {
        name: "signature-update",
        every: Every::Week(Weekday::Tuesday),
        at: (3, 0),
        lasts: Duration::from_hours(1),
        description: "the security server fetches virus signatures and the plant's hosts take them from it",
        work: Work::Signatures,
    },
    Rhythm {
        name: "program-backup",
        every: Every::Week(Weekday::Wednesday),
        at: (10, 0),
        lasts: Duration::from_hours(1),
        description: "an engineering workstation uploads the programs of all controllers",
        work: Work::Upload,
    },
    Rhythm {
        name: "vendor-visit",
        every: Every::Week(Weekday::Thursday),
        at: (9, 0),
        lasts: Duration::from_hours(2),
        description: "the test bench vendor works on an engineering workstation through the jump host",
        work: Work::VendorVisit,
    },
    Rhythm {
        name: "calibration",
        every: Every::LastSaturday,
        at: (22, 0),
        lasts: Duration::from_hours(2),
        description: "the calibration laptop adjusts the test cells' data acquisition and controllers",
        work: Work::Calibration,
    },
    Rhythm {
        name: "certificate-renewal",
        every: Every::Month(15),
        at: (4, 0),
        lasts: Duration::from_mins(30),
        description: "the domain controller hands new certificates to the servers",
        work: Work::Certificates,
    },
    Rhythm {
        name: "clock-check",
        every: Every::Month(5),
        at: (5, 0),
        lasts: Duration::from_mins(30),
        description: "an engineering workstation compares the controllers' clocks",
        work: Work::Clocks,
    },
    Rhythm {
        name: "proof-test",
        every: Every::Quarter,
        at: (8, 0),
        lasts: Duration::from_hours(3),
        description: "the safety functions are proof-tested from an engineering workstation",
        work: Work::ProofTest,
    },
    Rhythm {
        name: "failover",
        every: Every::Once(16),
        at: (2, 0),
        lasts: Duration::from_hours(3),
        description: "the standby SCADA server takes over from the primary for its failover test",
        work: Work::Failover,
    },
];

impl Rhythm {
    /// When it begins on a day, if it comes round then.
    pub(crate) fn on(&self, date: Date, first: Date) -> Option<Timestamp> {
        let comes = match self.every {
            Every::Day => true,
            Every::WorkingDay => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
            Every::Week(day) => date.weekday() == day,
            Every::LastSaturday => date.weekday() == Weekday::Saturday && date.is_last_weekday_of_month(),
            Every::Month(day) => date.day == i64::from(day),
            Every::Quarter => date.month % 3 == 1 && date.day <= 7 && date.weekday() == Weekday::Sunday,
            Every::Once(day) => date.days == first.days + i64::from(day),
        };
        comes.then(|| date.at(i64::from(self.at.0), i64::from(self.at.1)))
    }
}

/// A conversation of an event, so long after its begin.
pub(crate) struct Session {
    pub(crate) after: Duration,
    pub(crate) what: What,
}

/// A link, or whole frames of a host.
pub(crate) enum What {
    Link(Link),
    Frames(Dialogue, HostId),
}

/// Sessions one after the other, so far apart.
fn staggered(links: impl IntoIterator<Item = Link>, apart: Duration) -> Vec<Session> {
    let mut after = Duration::ZERO;
    links
        .into_iter()
        .map(|link| {
            let session = Session {
                after,
                what: What::Link(link),
            };
            after += apart;
            session
        })
        .collect()
}

/// What is done when a rhythm comes round.
pub(crate) fn sessions(work: Work, plant: &Plant) -> Vec<Session> {
    let first = |kind| plant.of(kind).next();
    let pairs_to = |server: Option<HostId>, kinds: &'static [Kind]| {
        kinds
            .iter()
            .flat_map(|kind| plant.of(*kind))
            .filter_map(move |client| Some(Pair(client, server?)))
    };
    let pairs_from = |client: Option<HostId>, kinds: &'static [Kind]| {
        kinds
            .iter()
            .flat_map(|kind| plant.of(*kind))
            .filter_map(move |server| Some(Pair(client?, server)))
    };
    let minute = Duration::from_mins(1);
    match work {
        Work::Backup => {
            const SERVERS: &[Kind] = &[
                Kind::FileServer,
                Kind::Historian,
                Kind::Mes,
                Kind::Erp,
                Kind::ScadaServer,
            ];
            let job = SmbJob::Backup { bytes: BACKUP_BYTES };
            let backups = pairs_to(first(Kind::BackupServer), SERVERS);
            staggered(backups.map(|pair| Link::smb(pair, job)), minute * 5)
        }
        Work::ShiftReport => {
            let reports = pairs_from(first(Kind::Mes), &[Kind::Historian, Kind::Erp]);
            staggered(
                reports.map(|pair| Link::https(pair, Version::Tls12, 2, (9000, 300))),
                minute,
            )
        }
        Work::DailyReport => {
            let reports = pairs_to(first(Kind::Mes), &[Kind::Hmi]);
            staggered(
                reports.map(|pair| Link::http(pair, HttpJob::Report)),
                Duration::from_secs(20),
            )
        }
        Work::Signatures => {
            const HOSTS: &[Kind] = &[
                Kind::ScadaServer,
                Kind::EngineeringStation,
                Kind::FileServer,
                Kind::Historian,
            ];
            let server = first(Kind::SecurityServer);
            let fetched = pairs_from(server, &[Kind::InternetHost]);
            let fetched = fetched.map(|pair| Link::https(pair, Version::Tls13, 8, (400, 30_000)));
            let taken = pairs_to(server, HOSTS).map(|pair| Link::http(pair, HttpJob::Signatures));
            staggered(fetched.chain(taken), minute)
        }
        Work::Upload => {
            let station = first(Kind::EngineeringStation);
            let s7 = pairs_from(station, &[Kind::S7Plc]).map(|pair| Link::s7(pair, S7Job::Upload));
            let logix = pairs_from(station, &[Kind::LogixPlc]).map(|pair| Link::cip(pair, CipJob::Browse));
            staggered(s7.chain(logix), Duration::from_secs(40))
        }
        Work::VendorVisit => {
            let jump = first(Kind::JumpHost);
            let vendor = pairs_to(jump, &[Kind::VendorHost]).map(|pair| Link::rdp(pair, 500));
            let station = first(Kind::EngineeringStation);
            let inside = jump
                .zip(station)
                .map(|(jump, station)| Link::rdp(Pair(jump, station), 450));
            let shell = pairs_from(jump, &[Kind::OpcServer]).map(|pair| Link::ssh(pair, 60));
            let restore = pairs_from(station, &[Kind::FileServer]);
            let restore = restore.map(|pair| Link::smb(pair, SmbJob::Fetch { bytes: 600_000 }));
            staggered(vendor.chain(inside).chain(shell).chain(restore), minute * 3)
        }
        Work::Calibration => calibration(plant),
        Work::Certificates => {
            const SERVERS: &[Kind] = &[Kind::Historian, Kind::Mes, Kind::Erp, Kind::SecurityServer];
            let renewals = pairs_from(first(Kind::DomainController), SERVERS);
            staggered(
                renewals.map(|pair| Link::https(pair, Version::Tls12, 3, (2500, 600))),
                minute,
            )
        }
        Work::Clocks => {
            let clocks = pairs_from(first(Kind::EngineeringStation), &[Kind::S7Plc]);
            staggered(
                clocks.map(|pair| Link::s7(pair, S7Job::Clock)),
                Duration::from_secs(30),
            )
        }
        Work::ProofTest => {
            let tests = pairs_from(first(Kind::EngineeringStation), &[Kind::SafetyController]);
            staggered(tests.map(|pair| Link::cip(pair, CipJob::Calibrate)), minute * 10)
        }
        Work::Failover => Vec::new(),
    }
}

/// What each server writes at night.
const BACKUP_BYTES: u64 = 1 << 20;

/// The laptop gets an address, then goes through the data acquisition units and Logix controllers of the test cells.
fn calibration(plant: &Plant) -> Vec<Session> {
    let Some(laptop) = plant.of(Kind::CalibrationLaptop).next() else {
        return Vec::new();
    };
    let in_cell = |id: &HostId| {
        plant
            .host(*id)
            .and_then(|host| plant.zones.get(host.zone))
            .is_some_and(|zone| zone.id.starts_with("test-cell-"))
    };
    let units = plant
        .of(Kind::Daq)
        .map(|daq| Link::modbus(Pair(laptop, daq), ModbusPoints::Calibration));
    let controllers = plant
        .of(Kind::LogixPlc)
        .filter(in_cell)
        .map(|plc| Link::cip(Pair(laptop, plc), CipJob::Calibrate));
    let address = Session {
        after: Duration::ZERO,
        what: What::Frames(Dialogue::Dhcp(Dhcp::new(When::Once)), laptop),
    };
    let mut sessions = staggered(units.chain(controllers), Duration::from_mins(4));
    sessions
        .iter_mut()
        .for_each(|session| session.after += Duration::from_mins(1));
    sessions.insert(0, address);
    sessions
}
