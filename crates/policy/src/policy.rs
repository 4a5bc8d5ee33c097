//! [`Policy`]: a plant's conduits as an index that answers for one flow in a few look-ups.
//!
//! The definitions are in `docs/semantics.md`. The tests hold this index to a second implementation that follows the
//! definitions word by word and knows no index.

use crate::flow::{Flow, Host};
use crate::open::is_open;
use crate::place::{AssetIx, InZone, Place, Places, PolicyFault, ZoneIx, index, usize_of};
use crate::segment::{broadcast_subnet, segment_reason};
use crate::verdict::{DenyReason, End, Verdict};
use cofferdam_plant::{AssetId, ConduitId, OpenTimes, PermitId, PortRange, Service, ZoneId};
use cofferdam_terms::{IpProtocol, OperationSet, Transport};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

/// What a plant permits, indexed. It is a value of its own: the plant may go on changing.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) zones: Vec<ZoneNode>,
    pub(crate) assets: Vec<AssetId>,
    /// Ordered by id.
    pub(crate) conduits: Vec<ConduitNode>,
    /// Ordered by conduit id, then permit id: a rule's place is its rank.
    pub(crate) rules: Vec<Rule>,
    pub(crate) places: Places,
    /// Rules for one transport and port, by who initiates and the zone that responds.
    pub(crate) exact: HashMap<ExactKey, Entries, FixedState>,
    /// All other rules, by who initiates and the zone that responds.
    pub(crate) wide: HashMap<(u32, ZoneIx), Entries, FixedState>,
}

/// A rule and which of its services, ordered by rank.
pub(crate) type Entries = SmallVec<[(RuleIx, u32); 2]>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleIx(pub(crate) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConduitIx(pub(crate) u32);

/// Initiator, responding zone, transport and port in one number, so that a look-up hashes one integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExactKey(u128);

impl ExactKey {
    /// The responding zone.
    pub(crate) fn responder(self) -> ZoneIx {
        ZoneIx(u32::try_from((self.0 >> 64) & u128::from(u32::MAX)).unwrap_or(u32::MAX))
    }

    /// `initiator` is a zone's place, or an asset's place after all zones.
    pub(crate) fn new(initiator: u32, responder: ZoneIx, transport: Transport, port: u16) -> Self {
        let carrier = match transport {
            Transport::Ip(protocol) => u32::from(protocol.0),
            // IP protocols are numbers of eight bits.
            Transport::Ethernet(ether_type) => 0x1_0000 | u32::from(ether_type.0),
        };
        Self(
            u128::from(initiator) << 96
                | u128::from(responder.0) << 64
                | u128::from(carrier) << 16
                | u128::from(port),
        )
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ZoneNode {
    pub(crate) id: ZoneId,
    /// The zone and all that it lies in, innermost first.
    pub(crate) lineage: SmallVec<[ZoneIx; 4]>,
    /// Conduits that name the zone itself.
    pub(crate) conduits: Vec<ConduitIx>,
}

#[derive(Clone, Debug)]
pub(crate) struct ConduitNode {
    pub(crate) id: ConduitId,
    pub(crate) zones: Vec<ZoneIx>,
    /// Its first rule and one past its last.
    pub(crate) rules: (u32, u32),
}

/// A permit, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) conduit: ConduitIx,
    pub(crate) permit: PermitId,
    pub(crate) from: Parties,
    pub(crate) to: Parties,
    pub(crate) services: Vec<Service>,
    pub(crate) operations: OperationSet,
    pub(crate) open: Option<OpenTimes>,
    /// Whether the conduit joins every pair of hosts that the parties cover; else it is asked for each.
    pub(crate) joined: Joined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    Always,
    Ask,
}

/// Who a permit is for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parties {
    pub(crate) zones: Vec<ZoneIx>,
    pub(crate) assets: Vec<AssetIx>,
}

impl Parties {
    pub(crate) fn cover(&self, host: &InZone, zones: &[ZoneNode]) -> bool {
        let by_zone = || {
            zones
                .get(usize_of(host.zone.0))
                .is_some_and(|zone| zone.lineage.iter().any(|in_it| self.zones.contains(in_it)))
        };
        let by_asset = || {
            host.assets
                .iter()
                .any(|asset| self.assets.binary_search(asset).is_ok())
        };
        by_zone() || by_asset()
    }
}

impl Policy {
    /// Addresses that two zones claim the same way, ordered.
    #[must_use]
    pub fn faults(&self) -> &[PolicyFault] {
        self.places.faults()
    }

    /// The answer for a flow.
    #[must_use]
    pub fn verdict(&self, flow: &Flow<'_>) -> Verdict<'_> {
        let responder = self.places.find(&flow.responder);
        if let Some(reason) = segment_reason(flow, responder) {
            return Verdict::Segment(reason);
        }
        let from = match self.placed(End::Initiator, flow, self.places.find(&flow.initiator)) {
            Ok(from) => from,
            Err(reason) => return Verdict::Deny(reason),
        };
        let to = match self.placed(End::Responder, flow, responder) {
            Ok(to) => to,
            Err(reason) => return Verdict::Deny(reason),
        };
        if from.zone == to.zone
            && let Some(zone) = self.zone(from.zone)
        {
            return Verdict::IntraZone { zone: &zone.id };
        }
        match self.first_permit(from, to, flow) {
            Some((conduit, permit)) => Verdict::Permit { conduit, permit },
            None => Verdict::Deny(self.refusal(from, to, flow)),
        }
    }

    /// The assets that claim a host's address; several if they share it, none if no asset does or two zones' do.
    pub fn assets_at(&self, host: &Host) -> impl Iterator<Item = &AssetId> {
        let claimants: &[AssetIx] = match self.places.find(host) {
            Some(Place::In(host)) => &host.assets,
            Some(Place::Unzoned(assets)) => assets,
            Some(Place::Ambiguous(_)) | None => &[],
        };
        claimants
            .iter()
            .filter_map(|asset| self.assets.get(usize_of(asset.0)))
    }

    /// The zone that a host is in, by an asset's claim or by a subnet.
    #[must_use]
    pub fn zone_at(&self, host: &Host) -> Option<&ZoneId> {
        match self.places.find(host)? {
            Place::In(host) => self.zone(host.zone).map(|zone| &zone.id),
            Place::Unzoned(_) | Place::Ambiguous(_) => None,
        }
    }

    /// The first conduit, by id, that joins two zones.
    pub(crate) fn conduit_between(&self, a: &ZoneId, b: &ZoneId) -> Option<&ConduitId> {
        let find = |id: &ZoneId| {
            let at = self.zones.iter().position(|zone| zone.id == *id)?;
            Some(ZoneIx(index(at)))
        };
        let joining = self.joining(find(a)?, find(b)?);
        joining.first().map(|conduit| &conduit.id)
    }

    /// Whether two zones claim a host's address the same way.
    pub(crate) fn is_ambiguous(&self, host: &Host) -> bool {
        matches!(self.places.find(host), Some(Place::Ambiguous(_)))
    }

    /// Whether a host's address is the broadcast address of the subnet that selects it.
    pub(crate) fn is_broadcast(&self, host: &Host) -> bool {
        let own = |ip| broadcast_subnet(ip, self.places.find(host));
        host.address().is_some_and(|ip| own(ip).is_some())
    }

    fn placed<'p>(
        &'p self,
        end: End,
        flow: &Flow<'_>,
        place: Option<&'p Place>,
    ) -> Result<&'p InZone, DenyReason<'p>> {
        match place {
            Some(Place::In(host)) => Ok(host),
            Some(Place::Unzoned(assets)) => {
                let first = assets
                    .first()
                    .and_then(|asset| self.assets.get(usize_of(asset.0)));
                Err(first.map_or_else(|| unknown(end, flow), |asset| DenyReason::Unzoned { end, asset }))
            }
            Some(Place::Ambiguous(claims)) => Err(DenyReason::Ambiguous {
                end,
                claims: (&claims.0, &claims.1),
            }),
            None => Err(unknown(end, flow)),
        }
    }

    fn first_permit(&self, from: &InZone, to: &InZone, flow: &Flow<'_>) -> Option<(&ConduitId, &PermitId)> {
        let mut best: Option<RuleIx> = None;
        for initiator in &from.initiates {
            for responder in &to.responds {
                let exact = ExactKey::new(*initiator, *responder, flow.transport, flow.responder_port);
                let lists = [self.exact.get(&exact), self.wide.get(&(*initiator, *responder))];
                for (rule, service) in lists.into_iter().flatten().flatten() {
                    if best.is_none_or(|best| *rule < best) && self.admits(*rule, *service, from, to, flow) {
                        best = Some(*rule);
                    }
                }
            }
        }
        let rule = self.rule(best?)?;
        Some((&self.conduit(rule.conduit)?.id, &rule.permit))
    }

    /// Whether a rule that is filed under the initiator lets the flow through by one of its services.
    fn admits(&self, rule: RuleIx, service: u32, from: &InZone, to: &InZone, flow: &Flow<'_>) -> bool {
        let Some(rule) = self.rule(rule) else {
            return false;
        };
        let Some(service) = rule.services.get(usize_of(service)) else {
            return false;
        };
        carries(service, flow)
            && speaks(service, flow)
            && allows(rule.operations, flow)
            && rule.to.cover(to, &self.zones)
            && (rule.joined == Joined::Always || self.joins(rule.conduit, from.zone, to.zone))
            && rule.open.as_ref().is_none_or(|open| is_open(open, flow.time))
    }

    /// Why no permit lets a flow through: how far the permits that came furthest got.
    fn refusal(&self, from: &InZone, to: &InZone, flow: &Flow<'_>) -> DenyReason<'_> {
        let mut furthest: Option<(Reached, &ConduitId, &PermitId)> = None;
        let mut permitted = OperationSet::EMPTY;
        let joining = self.joining(from.zone, to.zone);
        for conduit in &joining {
            for rule in self.rules_of(conduit) {
                let Some(reached) = self.reached(rule, from, to, flow) else {
                    continue;
                };
                if reached >= Reached::Operations {
                    permitted = permitted.union(rule.operations);
                }
                if furthest.is_none_or(|(best, ..)| reached > best) {
                    furthest = Some((reached, &conduit.id, &rule.permit));
                }
            }
        }
        let (Some(from), Some(to)) = (self.zone(from.zone), self.zone(to.zone)) else {
            // INVARIANT: places hold zones of this plant only.
            return unknown(End::Initiator, flow);
        };
        match (furthest, joining.first()) {
            (Some((Reached::Services, conduit, permit)), _) => {
                DenyReason::ServiceNotPermitted { conduit, permit }
            }
            (Some((Reached::Protocols, conduit, permit)), _) => {
                DenyReason::ProtocolNotPermitted { conduit, permit }
            }
            (Some((Reached::Operations, conduit, permit)), _) => DenyReason::OperationNotPermitted {
                conduit,
                permit,
                permitted,
            },
            (Some((Reached::Times, conduit, permit)), _) => DenyReason::Closed { conduit, permit },
            (None, Some(conduit)) => DenyReason::PartiesNotPermitted {
                from: &from.id,
                to: &to.id,
                conduit: &conduit.id,
            },
            (None, None) => DenyReason::NoConduit {
                from: &from.id,
                to: &to.id,
            },
        }
    }

    /// The question at which a rule refuses a flow; `None` if it is not for these parties.
    fn reached(&self, rule: &Rule, from: &InZone, to: &InZone, flow: &Flow<'_>) -> Option<Reached> {
        if !(rule.from.cover(from, &self.zones) && rule.to.cover(to, &self.zones)) {
            return None;
        }
        let carrying = || rule.services.iter().filter(|service| carries(service, flow));
        Some(if carrying().next().is_none() {
            Reached::Services
        } else if !carrying().any(|service| speaks(service, flow)) {
            Reached::Protocols
        } else if !allows(rule.operations, flow) {
            Reached::Operations
        } else {
            Reached::Times
        })
    }

    /// The conduits that join two zones, ordered by id.
    fn joining(&self, from: ZoneIx, to: ZoneIx) -> Vec<&ConduitNode> {
        let mut found: Vec<ConduitIx> = self
            .zone(from)
            .into_iter()
            .flat_map(|zone| &zone.lineage)
            .filter_map(|zone| self.zone(*zone))
            .flat_map(|zone| &zone.conduits)
            .copied()
            .filter(|conduit| self.joins(*conduit, from, to))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .filter_map(|conduit| self.conduit(conduit))
            .collect()
    }

    /// Whether a conduit joins two zones: two different zones of it hold one each.
    pub(crate) fn joins(&self, conduit: ConduitIx, from: ZoneIx, to: ZoneIx) -> bool {
        let (Some(conduit), Some(from), Some(to)) = (self.conduit(conduit), self.zone(from), self.zone(to))
        else {
            return false;
        };
        let near = || conduit.zones.iter().filter(|zone| from.lineage.contains(zone));
        let mut far = conduit.zones.iter().filter(|zone| to.lineage.contains(zone));
        far.any(|far| near().any(|near| near != far))
    }

    pub(crate) fn zone(&self, at: ZoneIx) -> Option<&ZoneNode> {
        self.zones.get(usize_of(at.0))
    }

    pub(crate) fn conduit(&self, at: ConduitIx) -> Option<&ConduitNode> {
        self.conduits.get(usize_of(at.0))
    }

    fn rule(&self, at: RuleIx) -> Option<&Rule> {
        self.rules.get(usize_of(at.0))
    }

    fn rules_of(&self, conduit: &ConduitNode) -> &[Rule] {
        let (start, end) = conduit.rules;
        self.rules.get(usize_of(start)..usize_of(end)).unwrap_or_default()
    }
}

/// The question at which a permit refused, in the order of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Services,
    Protocols,
    Operations,
    Times,
}

fn unknown<'p>(end: End, flow: &Flow<'_>) -> DenyReason<'p> {
    let host = match end {
        End::Initiator => flow.initiator,
        End::Responder => flow.responder,
    };
    DenyReason::UnknownHost { end, host }
}

/// Whether a transport has ports: TCP, UDP, DCCP, SCTP and UDP-Lite (IANA protocol numbers).
pub(crate) const fn has_ports(transport: Transport) -> bool {
    matches!(transport, Transport::Ip(IpProtocol(6 | 17 | 33 | 132 | 136)))
}

/// Whether a service is for the flow's transport and port.
fn carries(service: &Service, flow: &Flow<'_>) -> bool {
    let transport = service
        .transport
        .is_none_or(|transport| transport == flow.transport);
    let port = |ports: PortRange| has_ports(flow.transport) && ports.contains(flow.responder_port);
    transport && service.ports.is_none_or(port)
}

/// Whether a service is for the flow's application protocol. A flow that does not tell it is not asked.
fn speaks(service: &Service, flow: &Flow<'_>) -> bool {
    match (&service.protocol, flow.protocol) {
        (Some(wanted), Some(spoken)) => wanted.as_str() == spoken,
        (None, _) | (_, None) => true,
    }
}

/// Whether a permit's operations allow the flow's. A flow that does not tell it needs any.
const fn allows(operations: OperationSet, flow: &Flow<'_>) -> bool {
    match flow.operation {
        Some(operation) => operations.contains(operation),
        None => !operations.is_empty(),
    }
}
