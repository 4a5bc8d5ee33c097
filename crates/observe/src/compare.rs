//! Two observations compared: what is new, what is gone, what changed about those that stayed.
//!
//! Bound: [`Snapshot::MAX_USES`] pairs with their services of each; further ones are counted and not compared.

use crate::record::{FlowRecord, IdentityFact, ObservedAsset};
use crate::uses::{Talker, TalkerPair, UsedService};
use cofferdam_dissect::IdentityField;
use cofferdam_terms::WireText;
use std::collections::{BTreeMap, BTreeSet};

/// What was there at one time: assets, and who used what of whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot<'a> {
    assets: BTreeMap<&'a str, &'a ObservedAsset>,
    uses: BTreeSet<(TalkerPair, UsedService)>,
    dropped: u64,
}

/// One host's use of another's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Use {
    /// Who uses it, and whose it is.
    pub pair: TalkerPair,
    /// The service.
    pub service: UsedService,
}

/// What changed about an asset that is in both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssetChange {
    /// What it says of itself: firmware, serial number, product, modules and so on.
    Claimed {
        /// What kind of fact.
        field: IdentityField,
        /// The unit behind it, if it is about that.
        unit: Option<u32>,
        /// What was said before.
        before: Vec<WireText>,
        /// What is said now.
        after: Vec<WireText>,
    },
    /// Its likely role.
    Role {
        /// Before.
        before: &'static str,
        /// Now.
        after: &'static str,
    },
    /// It answers on a service that it did not.
    ServiceNew(UsedService),
    /// It doesn't answer any more on one that it did.
    ServiceGone(UsedService),
    /// Hosts that it deals with and did not.
    TalkersNew(Vec<Talker>),
    /// Hosts that it dealt with and does not.
    TalkersGone(Vec<Talker>),
}

/// How two observations differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Keys of assets that were not there, ordered.
    pub assets_new: Vec<String>,
    /// Keys of assets that are not there any more, ordered.
    pub assets_gone: Vec<String>,
    /// Assets in both of which something changed, ordered by key.
    pub assets_changed: BTreeMap<String, Vec<AssetChange>>,
    /// Uses of services that were not there, ordered.
    pub uses_new: Vec<Use>,
    /// Uses that are not there any more, ordered.
    pub uses_gone: Vec<Use>,
    /// Records whose use was not compared for lack of room.
    pub dropped: u64,
}

impl<'a> Snapshot<'a> {
    /// The most uses that are compared.
    pub const MAX_USES: usize = 1_000_000;

    /// A snapshot of assets, without flows yet.
    #[must_use]
    pub fn new(assets: &'a [ObservedAsset]) -> Self {
        Self {
            assets: assets.iter().map(|asset| (asset.key.as_str(), asset)).collect(),
            ..Self::default()
        }
    }

    /// Takes a flow record.
    pub fn flow(&mut self, record: &FlowRecord) {
        let used = (TalkerPair::of(record), UsedService::of(record));
        if self.uses.len() < Self::MAX_USES || self.uses.contains(&used) {
            self.uses.insert(used);
        } else {
            self.dropped += 1;
        }
    }

    /// Whom each host deals with.
    fn talkers(&self) -> BTreeMap<Talker, BTreeSet<Talker>> {
        let mut all: BTreeMap<Talker, BTreeSet<Talker>> = BTreeMap::new();
        for (TalkerPair { initiator, responder }, _) in &self.uses {
            all.entry(*initiator).or_default().insert(*responder);
            all.entry(*responder).or_default().insert(*initiator);
        }
        all
    }
}

/// How the later of two observations differs from the earlier.
#[must_use]
pub fn compare(earlier: &Snapshot<'_>, later: &Snapshot<'_>) -> Comparison {
    let keys_only = |of: &Snapshot<'_>, not: &Snapshot<'_>| {
        let keys = of.assets.keys().filter(|key| !not.assets.contains_key(*key));
        keys.map(|key| (*key).to_owned()).collect()
    };
    let uses_only = |of: &Snapshot<'_>, not: &Snapshot<'_>| {
        let uses = of.uses.difference(&not.uses);
        uses.map(|(pair, service)| Use {
            pair: *pair,
            service: *service,
        })
        .collect()
    };
    let talkers = [earlier.talkers(), later.talkers()];
    let both = earlier
        .assets
        .iter()
        .filter_map(|(key, before)| Some((*key, *before, *later.assets.get(key)?)));
    let changed = both.filter_map(|(key, before, after)| {
        let mut changes = changes(before, after);
        changes.extend(talker_changes([before, after], &talkers));
        (!changes.is_empty()).then(|| (key.to_owned(), changes))
    });
    Comparison {
        assets_new: keys_only(later, earlier),
        assets_gone: keys_only(earlier, later),
        assets_changed: changed.collect(),
        uses_new: uses_only(later, earlier),
        uses_gone: uses_only(earlier, later),
        dropped: earlier.dropped + later.dropped,
    }
}

fn changes(before: &ObservedAsset, after: &ObservedAsset) -> Vec<AssetChange> {
    let mut changes = Vec::new();
    let (said, says) = (claims(&before.facts), claims(&after.facts));
    // What is only said in one of both may just not have been asked for in the other.
    for (about, was) in &said {
        if let Some(is) = says.get(about).filter(|is| *is != was) {
            changes.push(AssetChange::Claimed {
                field: about.0,
                unit: about.1,
                before: was.iter().cloned().collect(),
                after: is.iter().cloned().collect(),
            });
        }
    }
    if before.role.role != after.role.role {
        changes.push(AssetChange::Role {
            before: before.role.role,
            after: after.role.role,
        });
    }
    let services = |asset: &ObservedAsset| -> BTreeSet<UsedService> {
        let serves = asset.serves.iter();
        serves
            .map(|(protocol, transport, port)| UsedService {
                protocol: *protocol,
                transport: *transport,
                port: *port,
            })
            .collect()
    };
    let (served, serves) = (services(before), services(after));
    changes.extend(serves.difference(&served).copied().map(AssetChange::ServiceNew));
    changes.extend(served.difference(&serves).copied().map(AssetChange::ServiceGone));
    changes
}

type Claims = BTreeMap<(IdentityField, Option<u32>), BTreeSet<WireText>>;

/// What is said of a device, by kind. Users come and go, and names of bindings are no claims.
fn claims(facts: &[IdentityFact]) -> Claims {
    let mut claims = Claims::new();
    let lasting = facts.iter().filter(|fact| {
        !matches!(
            fact.field,
            IdentityField::User | IdentityField::Binding | IdentityField::ServerName
        )
    });
    for fact in lasting {
        claims
            .entry((fact.field, fact.unit))
            .or_default()
            .insert(fact.value.clone());
    }
    claims
}

fn talker_changes(
    [before, after]: [&ObservedAsset; 2],
    [earlier, later]: &[BTreeMap<Talker, BTreeSet<Talker>>; 2],
) -> Vec<AssetChange> {
    let of = |asset: &ObservedAsset, talkers: &BTreeMap<Talker, BTreeSet<Talker>>| -> BTreeSet<Talker> {
        let own = asset.endpoints.iter().map(|(end, _)| Talker::of(*end));
        own.filter_map(|host| talkers.get(&host))
            .flatten()
            .copied()
            .collect()
    };
    let (dealt, deals) = (of(before, earlier), of(after, later));
    let only = |of: &BTreeSet<Talker>, not: &BTreeSet<Talker>| -> Vec<Talker> {
        of.difference(not).copied().collect()
    };
    let (new, gone) = (only(&deals, &dealt), only(&dealt, &deals));
    let mut changes = Vec::new();
    if !new.is_empty() {
        changes.push(AssetChange::TalkersNew(new));
    }
    if !gone.is_empty() {
        changes.push(AssetChange::TalkersGone(gone));
    }
    changes
}
