//! What rules ask of an asset, each with its sentence.

use super::Subject;
use super::words::{BUILDING, CONTROLLER, OFFICE, TELECONTROL};
use crate::counted::{counted, counted_here};
use crate::evidence::{Dealing, Offered, Peers};
use cofferdam_dissect::IdentityField;
use cofferdam_terms::{EtherType, OperationClass, OperationSet, Transport};
use std::net::IpAddr;

pub(super) const PROGRAMS: OperationSet = OperationSet::EMPTY
    .with(OperationClass::Program)
    .with(OperationClass::Firmware);
pub(super) const WRITES: OperationSet = OperationSet::EMPTY
    .with(OperationClass::Write)
    .with(OperationClass::Control);
pub(super) const READS: OperationSet = OperationSet::EMPTY
    .with(OperationClass::Read)
    .with(OperationClass::Alarm);
/// What shows that somebody deals with the process, not only that a session was opened.
const PROCESS: OperationSet = PROGRAMS
    .union(WRITES)
    .union(READS)
    .with(OperationClass::Configure)
    .with(OperationClass::Diagnose);

/// What an asset asked of controllers and telecontrol stations, of all protocols together.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) reads: u64,
    /// Set points, commands: what an operator does.
    pub(super) writes: u64,
    /// What an engineer does.
    pub(super) programs: u64,
    /// How many it deals with beyond opening sessions.
    pub(super) peers: usize,
    /// How many of them are in its own network.
    pub(super) near: usize,
    /// In how many protocols.
    pub(super) protocols: usize,
}

impl Asked {
    /// `reads from and writes to 2 controllers: …`
    pub(super) fn told(&self) -> String {
        let Self {
            reads, writes, peers, ..
        } = self;
        format!(
            "reads from and writes to {}: {}, {} or commands",
            controllers(*peers),
            counted(*reads, "read"),
            counted(*writes, "write"),
        )
    }

    /// `reads from 2 controllers, 1400 times, and changes nothing`
    pub(super) fn told_reads(&self) -> String {
        let Self { reads, peers, .. } = self;
        format!(
            "reads from {}, {}, and changes nothing",
            controllers(*peers),
            counted(*reads, "time")
        )
    }

    /// Whether it behaves as an operator's station.
    pub(super) const fn operates(&self) -> bool {
        self.reads > 0 && self.writes > 0 && self.programs == 0
    }

    /// Whether it only looks.
    pub(super) const fn only_reads(&self) -> bool {
        self.reads > 0 && self.writes == 0 && self.programs == 0
    }
}

/// What it asked, unless it answers as a controller itself: controllers ask each other for other reasons.
pub(super) fn asked(it: &Subject<'_>) -> Asked {
    let mut all = Asked::default();
    if answers(it, CONTROLLER)
        .or_else(|| answers(it, TELECONTROL))
        .is_some()
    {
        return all;
    }
    let (mut peers, mut near) = (Peers::default(), Peers::default());
    for dealing in &it.evidence.asked {
        let name = &dealing.protocol.0;
        let controls = CONTROLLER.contains(name)
            || TELECONTROL.contains(name)
            || BUILDING.contains(name)
            || *name == "opcua";
        if !controls || dealing.requests(PROCESS) == 0 {
            continue;
        }
        all.reads += dealing.requests(READS);
        all.writes += dealing.requests(WRITES);
        all.programs += dealing.requests(PROGRAMS);
        all.protocols += 1;
        peers.join(&dealing.peers);
        near.join(&dealing.near);
    }
    (all.peers, all.near) = (peers.count(), near.count());
    all
}

pub(super) struct Sum {
    pub(super) requests: u64,
    pub(super) programmed: usize,
}

pub(super) fn sum(dealings: &[Dealing], protocols: &[&str], classes: OperationSet) -> Sum {
    let dealings = dealings.iter().filter(|one| protocols.contains(&one.protocol.0));
    dealings.fold(
        Sum {
            requests: 0,
            programmed: 0,
        },
        |sum, dealing| Sum {
            requests: sum.requests + dealing.requests(classes),
            programmed: sum.programmed.max(dealing.programmed.count()),
        },
    )
}

pub(super) fn answers(it: &Subject<'_>, protocols: &[&str]) -> Option<String> {
    let mut told = Vec::new();
    for dealing in &it.evidence.answered {
        let requests = dealing.requests(OperationSet::ALL);
        if protocols.contains(&dealing.protocol.0) && requests > 0 {
            let from = hosts(dealing.peers.count());
            let requests = counted(requests, "request");
            told.push(format!("{} ({requests} from {from})", dealing.protocol));
        }
    }
    some(!told.is_empty(), || format!("answers {}", told.join(", ")))
}

/// Fields that name a product.
pub(super) const PRODUCT: &[IdentityField] = &[
    IdentityField::Product,
    IdentityField::ProductCode,
    IdentityField::DeviceType,
    IdentityField::Module,
    IdentityField::System,
];

/// A fact about the asset itself in which one of the words begins, in small letters. What TLS says of a program is a
/// fingerprint, in which any letters may stand.
pub(super) fn says(it: &Subject<'_>, fields: &[IdentityField], words: &[&str]) -> Option<String> {
    it.facts
        .iter()
        .filter(|fact| fields.contains(&fact.field) && fact.protocol.0 != "tls")
        .find(|fact| {
            let value = fact.value.as_str().to_lowercase();
            words.iter().any(|word| begins_in(&value, word))
        })
        .map(|fact| {
            format!(
                "{} gives its {} as `{}` (packet {})",
                fact.protocol,
                fact.field.name(),
                fact.value,
                fact.packet
            )
        })
}

/// Whether a word begins in a text: at its start, or after what is no letter or digit.
fn begins_in(text: &str, word: &str) -> bool {
    let mut before = None;
    for (at, c) in text.char_indices() {
        let inside = before.is_some_and(char::is_alphanumeric);
        if !inside && text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
            return true;
        }
        before = Some(c);
    }
    false
}

/// A host name of which one of the words is a part by itself: `HMI-01`, `hmi01`, `line2-hmi`.
pub(super) fn named(it: &Subject<'_>, words: &[&str]) -> Option<String> {
    let fact = it
        .facts
        .iter()
        .filter(|fact| fact.field == IdentityField::HostName)
        .find(|fact| {
            let name = fact.value.as_str().to_lowercase();
            let host = name.split('.').next().unwrap_or_default();
            host.split(|c: char| !c.is_alphabetic())
                .any(|part| words.contains(&part))
        })?;
    Some(format!(
        "is called `{}` in {} (packet {})",
        fact.value, fact.protocol, fact.packet
    ))
}

pub(super) fn made_by(it: &Subject<'_>, makers: &[&str]) -> Option<String> {
    let vendor = it.vendor?;
    let lower = vendor.to_lowercase();
    let known = makers.iter().any(|maker| lower.starts_with(maker));
    some(known, || format!("its MAC address is one of {vendor}'s"))
}

pub(super) fn sends_type(it: &Subject<'_>, types: &[EtherType], sentence: &str) -> Option<String> {
    let sends = it.evidence.uses.iter().any(|one| match one.service.1 {
        Transport::Ethernet(number) => types.contains(&number),
        Transport::Ip(_) => false,
    });
    some(sends, || sentence.to_owned())
}

pub(super) fn offers_office(it: &Subject<'_>, at_least: usize) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for offered in &it.evidence.serves {
        if let Some(protocol) = offered.service.0
            && OFFICE.contains(&protocol.0)
            && !names.contains(&protocol.0)
        {
            names.push(protocol.0);
        }
    }
    names.sort_unstable();
    some(names.len() >= at_least, || {
        if at_least == 1 {
            format!("serves {}", names.join(", "))
        } else {
            format!("serves {} such services", names.len())
        }
    })
}

pub(super) fn modbus_units(it: &Subject<'_>) -> usize {
    // 0 and 255 address the device itself.
    let units = it.evidence.units.iter();
    units
        .map(|behind| behind.unit)
        .filter(|(protocol, unit)| protocol.0 == "modbus" && !matches!(unit, 0 | 255))
        .count()
}

pub(super) fn is_one_of(offered: &Offered, names: &[&str]) -> bool {
    offered
        .service
        .0
        .is_some_and(|protocol| names.contains(&protocol.0))
}

/// The most peers that one of the services has.
pub(super) fn peers<'a>(offered: impl Iterator<Item = &'a Offered>) -> usize {
    offered.map(|one| one.peers.count()).max().unwrap_or(0)
}

pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared)
        }
        // Global unicast.
        IpAddr::V6(ip) => ip.to_bits() >> 125 == 1,
    }
}

pub(super) fn controllers(count: usize) -> String {
    counted_here(count, "controller")
}

pub(super) fn hosts(count: usize) -> String {
    counted_here(count, "host")
}

pub(super) fn some(holds: bool, sentence: impl FnOnce() -> String) -> Option<String> {
    holds.then(sentence)
}
