//! Needed or unwanted: what the traffic itself says of a cut, each piece with its weight and numbers.
//!
//! Points are added up. At [`Judgement::DECIDES`] or more a cut is likely needed, at minus that or less likely unwanted; between
//! them the traffic does not tell, and a person has to. No piece alone calls anything needed: an intruder who is
//! answered looks like a user who is answered.

use super::Permitted;
use super::report::{Finding, Who};
use super::who::Hosts;
use crate::activity::Rhythm;
use crate::conversation::{Conversation, ConversationKey, Conversations, HostKey};
use crate::draft::{LeftOutReason, took_place};
use crate::words;
use cofferdam_plant::{AssetRole, ZoneKind};
use cofferdam_terms::{OperationClass, OperationSet, Timestamp, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Ports tried on one host, or hosts tried on one port, without an answer, from which on it is called a scan.
const SCAN: usize = 15;
/// Hosts that one host used alike within an hour, from which on it is called a sweep.
const SWEEP: usize = 5;
const HOUR: Duration = Duration::from_hours(1);
/// Bytes moved from which on a transfer to a server is called large.
const LARGE: u64 = 10_000_000;

/// What the evidence says in all. The order is that of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likely {
    /// Cutting it would likely stop something that the plant needs.
    Needed,
    /// The traffic does not tell.
    #[default]
    Unclear,
    /// It is likely a scan, a mistake or an attack.
    Unwanted,
}

impl Likely {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Unclear => "unclear",
            Self::Unwanted => "unwanted",
        }
    }
}

/// Whether a cut is likely needed, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What the points come to.
    pub likely: Likely,
    /// The points in all.
    pub points: i32,
    /// The pieces, heaviest first.
    pub evidence: Vec<Evidence>,
}

impl Judgement {
    /// Points at which a cut is called likely needed, and minus which likely unwanted.
    pub const DECIDES: i32 = 3;
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What kind.
    pub kind: EvidenceKind,
    /// Its weight: positive for needed, negative for unwanted.
    pub points: i32,
    /// What was seen, as a clause with its numbers.
    pub text: String,
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// Requests were answered with success, or data went both ways.
    Answered,
    /// Requests were answered with failure.
    Failed,
    /// Nothing came back.
    NeverAnswered,
    /// Connections, and nothing said over them.
    NothingSaid,
    /// It recurs in a regular rhythm.
    Rhythm,
    /// The two have a permit for something else.
    PairPermitted,
    /// It does what another host of its kind is permitted to do.
    Twin,
    /// It keeps clocks right.
    TimeSync,
    /// It moves much data to or from a server.
    Backup,
    /// A short session of a portable or engineering host with a controller.
    Maintenance,
    /// It asks for diagnostics, which is rare by nature.
    Diagnosis,
    /// Many ports or hosts were tried in vain.
    Scan,
    /// Host after host was used alike within an hour, and none of them otherwise.
    Sweep,
    /// The name of an end says what it is for.
    Purpose,
    /// It changes equipment, and the host was never seen to do so where it is permitted.
    NewWriter,
    /// It changes safety equipment.
    ChangesSafety,
    /// It reaches from outside or from business systems straight into control.
    BypassesDmz,
}

impl EvidenceKind {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::NeverAnswered => "never-answered",
            Self::NothingSaid => "nothing-said",
            Self::Rhythm => "rhythm",
            Self::PairPermitted => "pair-permitted",
            Self::Twin => "twin-permitted",
            Self::TimeSync => "time-sync",
            Self::Backup => "backup",
            Self::Maintenance => "maintenance",
            Self::Diagnosis => "diagnosis",
            Self::Scan => "scan",
            Self::Sweep => "sweep",
            Self::Purpose => "purpose",
            Self::NewWriter => "new-writer",
            Self::ChangesSafety => "changes-safety",
            Self::BypassesDmz => "bypasses-dmz",
        }
    }
}

/// What all conversations together say of a host.
pub(super) struct Background<'a> {
    permitted: &'a Permitted<'a>,
    hosts: &'a Hosts<'a>,
    /// Responders that an initiator tried in vain on one port.
    silent_hosts: BTreeMap<(HostKey, Transport, u16), BTreeSet<HostKey>>,
    /// Ports that an initiator tried in vain on one responder.
    silent_ports: BTreeMap<(HostKey, HostKey), BTreeSet<(Transport, u16)>>,
    /// Who is let through to a service of a host.
    initiators: BTreeMap<(HostKey, Transport, u16), Vec<HostKey>>,
    /// Whose service a host is let through to.
    responders: BTreeMap<(HostKey, Transport, u16), Vec<HostKey>>,
    /// When an initiator was cut from one port of each of its responders, if that was in one stretch.
    cut_once: BTreeMap<(HostKey, Transport, u16), Vec<Timestamp>>,
}

impl<'a> Background<'a> {
    /// `cuts` are the conversations of which something was cut, with when that began and its rhythm.
    pub(super) fn new(
        conversations: &Conversations,
        permitted: &'a Permitted<'a>,
        hosts: &'a Hosts<'a>,
        cuts: impl Iterator<Item = (ConversationKey, Timestamp, Rhythm)>,
    ) -> Self {
        let mut background = Self {
            permitted,
            hosts,
            silent_hosts: BTreeMap::new(),
            silent_ports: BTreeMap::new(),
            initiators: BTreeMap::new(),
            responders: BTreeMap::new(),
            cut_once: BTreeMap::new(),
        };
        for (key, first, rhythm) in cuts {
            if rhythm == Rhythm::Once && !permitted.pairs.contains_key(&(key.initiator, key.responder)) {
                background
                    .cut_once
                    .entry((key.initiator, key.transport, key.responder_port))
                    .or_default()
                    .push(first);
            }
        }
        for key in &permitted.conversations {
            background
                .initiators
                .entry((key.responder, key.transport, key.responder_port))
                .or_default()
                .push(key.initiator);
            background
                .responders
                .entry((key.initiator, key.transport, key.responder_port))
                .or_default()
                .push(key.responder);
        }
        for conversation in conversations.iter() {
            if took_place(conversation).is_ok() {
                continue;
            }
            let key = conversation.key;
            background
                .silent_hosts
                .entry((key.initiator, key.transport, key.responder_port))
                .or_default()
                .insert(key.responder);
            background
                .silent_ports
                .entry((key.initiator, key.responder))
                .or_default()
                .insert((key.transport, key.responder_port));
        }
        background
    }
}

/// Weighs a cut.
pub(super) fn judge(
    finding: &Finding,
    conversation: Option<&Conversation>,
    background: &Background<'_>,
) -> Judgement {
    let mut evidence: Vec<Evidence> = [
        answers(finding, conversation),
        scan(finding, background),
        sweep(finding, background),
        rhythm(finding),
        time_sync(finding),
        backup(finding),
        maintenance(finding),
        purpose(finding),
        diagnosis(finding),
        twin(finding, background),
        pair(finding, background),
        new_writer(finding, background),
        changes_safety(finding),
        bypasses_dmz(finding),
    ]
    .into_iter()
    .flatten()
    .collect();
    evidence.sort_by_key(|piece| (std::cmp::Reverse(piece.points.abs()), piece.kind));
    let points = evidence.iter().map(|piece| piece.points).sum();
    let likely = if points >= Judgement::DECIDES {
        Likely::Needed
    } else if points <= -Judgement::DECIDES {
        Likely::Unwanted
    } else {
        Likely::Unclear
    };
    Judgement {
        likely,
        points,
        evidence,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a rule gives a piece or none; this is how each ends"
)]
fn piece(kind: EvidenceKind, points: i32, text: String) -> Option<Evidence> {
    Some(Evidence { kind, points, text })
}

fn answers(finding: &Finding, conversation: Option<&Conversation>) -> Option<Evidence> {
    let conversation = conversation?;
    let (good, bad) = finding.answered;
    let requests = finding.amount.requests;
    match took_place(conversation) {
        Err(LeftOutReason::NeverAnswered) => {
            let text = match finding.amount.connections {
                0 | 1 => "it was not answered".to_owned(),
                tries => format!("none of {} attempts was answered", words::count(tries)),
            };
            return piece(EvidenceKind::NeverAnswered, -3, text);
        }
        Err(LeftOutReason::NothingSaid) => {
            return piece(
                EvidenceKind::NothingSaid,
                -3,
                "connections were refused, or opened and closed with nothing said".to_owned(),
            );
        }
        Err(LeftOutReason::EndUnknown) | Ok(()) => {}
    }
    if requests == 0 {
        return if conversation.received.packets > 0 {
            piece(EvidenceKind::Answered, 1, "data went both ways".to_owned())
        } else {
            None
        };
    }
    let most = |part: u64, tenths: u64| part.saturating_mul(10) >= requests.saturating_mul(tenths);
    let part = |part: u64| {
        format!(
            "{} of {}",
            words::count(part),
            words::counted(requests, "request")
        )
    };
    if good >= requests {
        piece(EvidenceKind::Answered, 2, "everything was answered".to_owned())
    } else if most(good, 9) {
        piece(EvidenceKind::Answered, 2, format!("{} were answered", part(good)))
    } else if bad > good {
        piece(
            EvidenceKind::Failed,
            -1,
            format!("{} were answered with an error", part(bad)),
        )
    } else if most(good, 3) {
        // Reports, confirmations and keep-alives count as requests and have no answer.
        piece(EvidenceKind::Answered, 1, format!("{} were answered", part(good)))
    } else {
        None
    }
}

fn scan(finding: &Finding, background: &Background<'_>) -> Option<Evidence> {
    let key = finding.key;
    let hosts = background
        .silent_hosts
        .get(&(key.initiator, key.transport, key.responder_port))
        .map_or(0, BTreeSet::len);
    let ports = background
        .silent_ports
        .get(&(key.initiator, key.responder))
        .map_or(0, BTreeSet::len);
    if ports >= SCAN {
        piece(
            EvidenceKind::Scan,
            -3,
            format!("the same host tried {ports} ports of this one in vain"),
        )
    } else if hosts >= SCAN {
        piece(
            EvidenceKind::Scan,
            -3,
            format!("the same host tried this port of {hosts} hosts in vain"),
        )
    } else {
        None
    }
}

/// Whether the same was done to host after host within an hour, where nothing of it is permitted.
fn sweep(finding: &Finding, background: &Background<'_>) -> Option<Evidence> {
    let key = finding.key;
    let times = background
        .cut_once
        .get(&(key.initiator, key.transport, key.responder_port))?;
    let near = |other: &&Timestamp| **other - finding.first <= HOUR && finding.first - **other <= HOUR;
    let hosts = times.iter().filter(near).count();
    if finding.rhythm != Rhythm::Once || hosts < SWEEP {
        return None;
    }
    piece(
        EvidenceKind::Sweep,
        -2,
        format!("the same host did the same to {hosts} hosts within an hour, and to none of them otherwise"),
    )
}

fn rhythm(finding: &Finding) -> Option<Evidence> {
    let points = match finding.rhythm {
        Rhythm::Continuous | Rhythm::Daily { .. } => 2,
        // Two stretches that lie a week or a month apart may do so by chance.
        Rhythm::Weekly { times } | Rhythm::Monthly { times } => {
            if times > 2 {
                2
            } else {
                1
            }
        }
        Rhythm::Never | Rhythm::Once | Rhythm::Irregular { .. } => return None,
    };
    piece(
        EvidenceKind::Rhythm,
        points,
        format!("it recurs: {}", finding.rhythm),
    )
}

fn speaks(finding: &Finding, protocols: &[&str]) -> bool {
    finding.protocols.iter().any(|spoken| protocols.contains(spoken))
}

fn time_sync(finding: &Finding) -> Option<Evidence> {
    let by_protocol = speaks(finding, &["ntp", "ptp"]);
    let by_operation = finding.classes().contains(OperationClass::Time);
    if by_protocol || by_operation {
        piece(EvidenceKind::TimeSync, 1, "it keeps clocks right".to_owned())
    } else {
        None
    }
}

fn backup(finding: &Finding) -> Option<Evidence> {
    let files = finding.classes().contains(OperationClass::File)
        || speaks(finding, &["smb", "smb2", "ftp", "tftp", "nfs"]);
    let bytes = finding.amount.traffic.bytes;
    if files && bytes >= LARGE {
        piece(
            EvidenceKind::Backup,
            1,
            format!(
                "it moved {} MB as files, as a backup does",
                words::count(bytes / 1_000_000)
            ),
        )
    } else {
        None
    }
}

fn maintenance(finding: &Finding) -> Option<Evidence> {
    let who = &finding.initiator;
    let temporary = who.asset.is_some() && matches!(who.zone, Some((_, ZoneKind::Temporary)));
    let portable = who.says(&words::PORTABLE);
    // A role that observation guessed may come from just this traffic: it takes one that the model gives.
    let engineering = who.asset.is_some() && who.role == AssetRole::EngineeringWorkstation;
    let equipment = matches!(
        finding.responder.role,
        AssetRole::Plc | AssetRole::Rtu | AssetRole::FieldDevice | AssetRole::Drive | AssetRole::Gateway
    );
    // Long presence is no maintenance visit: a day's work at most, now and then.
    let hours = finding.activity.hour_count();
    let short = hours <= 12 * u64::try_from(finding.activity.day_count()).unwrap_or(u64::MAX);
    if !equipment || !short || finding.classes().is_empty() {
        return None;
    }
    let (points, what) = if temporary {
        (2, "a host that is known to be connected now and then")
    } else if portable {
        (1, "a portable host")
    } else if engineering {
        (1, "an engineering workstation")
    } else {
        return None;
    };
    piece(
        EvidenceKind::Maintenance,
        points,
        format!("it is a session of {what} with a controller, as calibration and maintenance have"),
    )
}

/// Names that say what a host is for. They are the host's own words, and worth a point.
const PURPOSES: [(&str, [&str; 3]); 4] = [
    ("calibration", ["cal", "calib", "calibration"]),
    ("backup", ["backup", "bkp", "vault"]),
    ("time keeping", ["ntp", "clock", "gps"]),
    ("maintenance", ["maint", "maintenance", "service"]),
];

fn purpose(finding: &Finding) -> Option<Evidence> {
    let said = |who: &Who| {
        let (purpose, _) = PURPOSES.iter().find(|(_, words)| who.says(words))?;
        Some((who.own_name()?.to_owned(), *purpose))
    };
    let (name, purpose) = said(&finding.initiator).or_else(|| said(&finding.responder))?;
    piece(
        EvidenceKind::Purpose,
        1,
        format!("the name `{name}` says {purpose}"),
    )
}

fn diagnosis(finding: &Finding) -> Option<Evidence> {
    let only: OperationSet = [
        OperationClass::Diagnose,
        OperationClass::Identify,
        OperationClass::Session,
    ]
    .into_iter()
    .collect();
    let classes = finding.classes();
    if classes.contains(OperationClass::Diagnose) && classes.is_subset(only) {
        piece(
            EvidenceKind::Diagnosis,
            1,
            "it asks for diagnostics only, which is rare by nature".to_owned(),
        )
    } else {
        None
    }
}

/// Whether another host of the same role and zone, on either end, is let through with this service.
fn twin(finding: &Finding, background: &Background<'_>) -> Option<Evidence> {
    let key = finding.key;
    let list = |map: &'_ BTreeMap<(HostKey, Transport, u16), Vec<HostKey>>, end: HostKey| {
        map.get(&(end, key.transport, key.responder_port))
            .cloned()
            .unwrap_or_default()
    };
    let alike = |mine: &Who, others: Vec<HostKey>| {
        // A second unit is a host that runs all the time; one that does nothing else is a stranger in its clothes.
        if !has_units(mine.role) || mine.zone.is_none() || !background.permitted.hosts.contains(&mine.key) {
            return None;
        }
        others
            .into_iter()
            .filter(|other| *other != mine.key)
            .map(|other| background.hosts.who(other, key.vlan))
            .find(|other| other.role == mine.role && other.zone == mine.zone)
    };
    let by_initiator = alike(&finding.initiator, list(&background.initiators, key.responder));
    let twin =
        by_initiator.or_else(|| alike(&finding.responder, list(&background.responders, key.initiator)))?;
    piece(
        EvidenceKind::Twin,
        2,
        format!(
            "{}, of the same role and zone, is permitted the same: a fail-over or second unit",
            twin.name
        ),
    )
}

/// Roles of which a plant has second units that do the same. Of servers and workstations at large, no two are alike.
const fn has_units(role: AssetRole) -> bool {
    match role {
        AssetRole::Plc
        | AssetRole::SafetyController
        | AssetRole::Rtu
        | AssetRole::FieldDevice
        | AssetRole::Drive
        | AssetRole::Hmi
        | AssetRole::ScadaServer
        | AssetRole::Historian
        | AssetRole::EngineeringWorkstation
        | AssetRole::Mes
        | AssetRole::JumpHost
        | AssetRole::Gateway => true,
        AssetRole::Switch
        | AssetRole::Router
        | AssetRole::Server
        | AssetRole::Workstation
        | AssetRole::External
        | AssetRole::Unknown => false,
    }
}

fn pair(finding: &Finding, background: &Background<'_>) -> Option<Evidence> {
    let (conduit, permit) = background
        .permitted
        .pairs
        .get(&(finding.key.initiator, finding.key.responder))?;
    piece(
        EvidenceKind::PairPermitted,
        1,
        format!("the two already speak by permit `{permit}` of conduit `{conduit}`"),
    )
}

fn changing(finding: &Finding) -> OperationSet {
    finding
        .classes()
        .iter()
        .filter(|class| class.changes_equipment())
        .collect()
}

fn new_writer(finding: &Finding, background: &Background<'_>) -> Option<Evidence> {
    let done = background
        .permitted
        .classes
        .get(&finding.key.initiator)
        .copied()
        .unwrap_or_default();
    let new = changing(finding).minus(done);
    if new.is_empty() {
        return None;
    }
    let values_only: OperationSet = [OperationClass::Write, OperationClass::Configure]
        .into_iter()
        .collect();
    piece(
        EvidenceKind::NewWriter,
        if new.is_subset(values_only) { -1 } else { -2 },
        format!("nowhere else was it seen to ask for {new}"),
    )
}

fn changes_safety(finding: &Finding) -> Option<Evidence> {
    let safety = matches!(finding.responder.zone, Some((_, ZoneKind::Safety)));
    let changes = changing(finding);
    if safety && !changes.is_empty() {
        piece(
            EvidenceKind::ChangesSafety,
            -2,
            format!("it would change safety equipment ({changes})"),
        )
    } else {
        None
    }
}

fn bypasses_dmz(finding: &Finding) -> Option<Evidence> {
    let kind = |who: &Who| who.zone.as_ref().map(|(_, kind)| *kind);
    let (outside, inside) = (kind(&finding.initiator)?, kind(&finding.responder)?);
    let from_outside = match outside {
        ZoneKind::Enterprise | ZoneKind::External => true,
        ZoneKind::Safety
        | ZoneKind::Control
        | ZoneKind::Supervisory
        | ZoneKind::Operations
        | ZoneKind::Dmz
        | ZoneKind::Wireless
        | ZoneKind::Temporary => false,
    };
    let points = match inside {
        ZoneKind::Safety | ZoneKind::Control | ZoneKind::Supervisory => -4,
        ZoneKind::Operations => -1,
        ZoneKind::Dmz
        | ZoneKind::Enterprise
        | ZoneKind::External
        | ZoneKind::Wireless
        | ZoneKind::Temporary => return None,
    };
    if !from_outside {
        return None;
    }
    piece(
        EvidenceKind::BypassesDmz,
        points,
        format!(
            "it reaches from {} straight into {}, past the DMZ",
            outside.name(),
            inside.name()
        ),
    )
}
