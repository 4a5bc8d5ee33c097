//! A plant model proposed out of what was observed: zones, conduits and permits, each with its reasons in numbers.
//!
//! It is a draft, never an assertion: a person accepts, splits or merges. Zones group hosts by subnet, refined by role
//! and by whom they talk to; permits are for just the hosts, services and operation classes that were seen to take
//! place. What was seen and not learned is told, with the reason. Security level targets and owners are left unset:
//! they come from a risk assessment and from people. The same observation gives the same draft, and ids come from
//! names and addresses, so that a later draft differs where the plant does.

mod assets;
mod band;
mod permits;
mod process;
mod slug;
mod zones;

use crate::conversation::{Conversation, ConversationKey, Conversations};
use assets::Hosts;
use cofferdam_observe::ObservedAsset;
use cofferdam_plant::{AssetId, Conduit, Fault, Parts, Plant, Site, SiteId, Stage, ZoneId};
use cofferdam_terms::Transport;
use zones::Zoning;

pub(crate) use assets::{attribute, best_fact, role_of, unique};
pub(crate) use band::is_public;
pub(crate) use slug::{address_slug, bounded, slug};
pub(crate) use zones::zone_id_for;

/// What a draft is given beside the observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftSettings {
    /// The site's identifier.
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
    /// The capture's name, for provenance.
    pub capture: String,
}

/// A plant model as a proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The model, of stage `draft`. Its zones, conduits and permits carry their reasons.
    pub plant: Plant,
    /// Why each asset is where it is, ordered by asset.
    pub placements: Vec<Placement>,
    /// What was seen and not learned, ordered by conversation.
    pub left_out: Vec<LeftOut>,
}

/// Why an asset is in its zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placement {
    /// The asset.
    pub asset: AssetId,
    /// Its zone.
    pub zone: ZoneId,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// A conversation that no permit was learned from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Between whom and by what.
    pub key: ConversationKey,
    /// Packets both ways.
    pub packets: u64,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why no permit was learned from a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOutReason {
    /// The responder never answered: a scan, a host that is switched off, or a mirror that shows one way only.
    NeverAnswered,
    /// Connections were refused, or opened and closed, and nothing was said: a probe for open ports.
    NothingSaid,
    /// An end is no asset that was observed.
    EndUnknown,
}

impl LeftOutReason {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeverAnswered => "never-answered",
            Self::NothingSaid => "nothing-said",
            Self::EndUnknown => "end-unknown",
        }
    }
}

/// Why an observation gives no draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// There is nothing to draw zones around.
    #[error("no asset was observed, so there is nothing to draw zones around: is the capture empty?")]
    NothingObserved,
    /// The pieces fit no model. It is a fault of the draft, not of the capture.
    #[error("the draft does not fit together ({} faults, first: {})", .0.len(), first(.0))]
    Unfit(Vec<Fault>),
}

fn first(faults: &[Fault]) -> String {
    faults.first().map_or_else(String::new, ToString::to_string)
}

/// Proposes a plant.
///
/// # Errors
/// When no asset was observed.
pub fn draft(
    observed: &[ObservedAsset],
    conversations: &Conversations,
    settings: &DraftSettings,
) -> Result<Draft, DraftError> {
    if observed.is_empty() {
        return Err(DraftError::NothingObserved);
    }
    let hosts = Hosts::new(observed, conversations);
    let zoning = zones::draw(&hosts, conversations);
    // Without a conduit, a policy refuses just what crosses from zone to zone: that is what permits are needed for.
    let bare = assemble(&hosts, &zoning, Vec::new(), settings)?;
    let learned = permits::learn(&bare, conversations);
    Ok(Draft {
        plant: assemble(&hosts, &zoning, learned.conduits, settings)?,
        placements: zoning.placements,
        left_out: learned.left_out,
    })
}

fn assemble(
    hosts: &Hosts<'_>,
    zoning: &Zoning,
    conduits: Vec<Conduit>,
    settings: &DraftSettings,
) -> Result<Plant, DraftError> {
    let parts = Parts {
        site: Site {
            id: settings.site.clone(),
            name: settings.site_name.clone(),
            stage: Stage::Draft,
        },
        zones: zoning.zones.clone(),
        assets: hosts.model(zoning, &settings.capture),
        conduits,
        enforcement_points: Vec::new(),
    };
    Plant::new(parts).map_err(DraftError::Unfit)
}

/// Whether what a conversation asked for took place, so that a permit may be learned from it.
pub(crate) fn took_place(conversation: &Conversation) -> Result<(), LeftOutReason> {
    if conversation.received.packets == 0 {
        return if is_one_way_by_nature(conversation) {
            Ok(())
        } else {
            Err(LeftOutReason::NeverAnswered)
        };
    }
    let connects = conversation.key.transport == Transport::TCP;
    let always_anew = conversation.opened == conversation.records;
    if connects && always_anew && conversation.operations.is_empty() && is_bare(conversation) {
        Err(LeftOutReason::NothingSaid)
    } else {
        Ok(())
    }
}

/// UDP services that nobody answers: SNMP traps, syslog, NetFlow, IPFIX, sFlow (IANA).
const ONE_WAY_PORTS: [u16; 5] = [162, 514, 2055, 4739, 6343];

/// Syslog, traps, cyclic data: nothing comes back, and yet it is meant. It does not come by TCP, and is known by its
/// port, or by its content and being sent again in another hour, or by its rhythm.
fn is_one_way_by_nature(conversation: &Conversation) -> bool {
    let key = conversation.key;
    let by_port = key.transport == Transport::UDP && ONE_WAY_PORTS.contains(&key.responder_port);
    let by_content =
        conversation.content_protocols().next().is_some() && conversation.activity.hour_count() >= 2;
    let by_rhythm = || conversation.activity.rhythm().is_regular();
    key.transport != Transport::TCP && (by_port || by_content || by_rhythm())
}

/// A frame no longer than this bears no more than headers: SYN, RST, FIN and bare acknowledgements, options and a
/// VLAN tag included.
const BARE_FRAME: u64 = 84;

fn is_bare(conversation: &Conversation) -> bool {
    [conversation.sent, conversation.received]
        .iter()
        .all(|way| way.bytes <= way.packets.saturating_mul(BARE_FRAME))
}
