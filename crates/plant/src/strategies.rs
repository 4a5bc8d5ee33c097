//! Random models for property tests: small, checked, and with every kind of value the text form has.

use crate::id::{AssetId, ConduitId, EnforcementPointId, PermitId, ZoneId};
use crate::level::{SecurityLevel, SecurityLevelTarget, SecurityLevelVector};
use crate::model::{
    Asset, AssetRole, Attribute, Conduit, EnforcementPoint, Interface, Module, Party, Permit, PortRange,
    Protection, Provenance, Service, Site, Stage, Zone, ZoneKind,
};
use crate::plant::{Parts, Plant};
use crate::window::{OpenTimes, Window};
use cofferdam_terms::{
    EtherType, IpProtocol, MacAddr, OperationClass, OperationSet, Timestamp, Transport, VlanId,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A random checked model of up to 6 zones, 8 assets, 4 conduits and 3 enforcement points.
pub fn plants() -> impl Strategy<Value = Plant> {
    let pieces = (
        sites(),
        vec(zones(), 1..6),
        vec(assets(), 0..8),
        vec(conduits(), 0..4),
        vec(enforcement_points(), 0..3),
    );
    pieces.prop_filter_map("ids clash", |(site, zones, assets, conduits, points)| {
        let zones = nested(zones);
        let zone_ids: Vec<ZoneId> = zones.iter().map(|zone| zone.id.clone()).collect();
        let points = distinct(points, |point| point.id.clone());
        let point_ids: Vec<_> = points.iter().map(|point| point.id.clone()).collect();
        let assets: Vec<Asset> = distinct(assets, |(asset, _)| asset.id.clone())
            .into_iter()
            .map(|(asset, zone)| Asset {
                zone: zone.map(|zone| zone.get(&zone_ids).clone()),
                ..asset
            })
            .collect();
        let asset_ids: Vec<_> = assets.iter().map(|asset| asset.id.clone()).collect();
        let conduits = distinct(conduits, |draft| draft.conduit.id.clone())
            .into_iter()
            .map(|draft| draft.placed(&zone_ids, &asset_ids, &point_ids))
            .collect();
        Plant::new(Parts {
            site,
            zones,
            assets,
            conduits,
            enforcement_points: points,
        })
        .ok()
    })
}

/// Keeps the first of each key.
fn distinct<T, K: Ord>(entries: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    entries
        .into_iter()
        .filter(|entry| seen.insert(key(entry)))
        .collect()
}

/// Zones with parents among those before them, so that there is no way round.
fn nested(drafts: Vec<(Zone, Option<Index>)>) -> Vec<Zone> {
    let mut zones: Vec<Zone> = Vec::new();
    for (mut zone, parent) in distinct(drafts, |(zone, _)| zone.id.clone()) {
        zone.parent = parent
            .filter(|_| !zones.is_empty())
            .map(|parent| parent.get(&zones).id.clone());
        zones.push(zone);
    }
    zones
}

/// Half of them from a few letters, so that two models share some.
fn ids<I: std::str::FromStr<Err: Debug> + Debug>() -> impl Strategy<Value = I> {
    prop_oneof!["[a-d]", "[a-z0-9][a-z0-9-]{0,6}"].prop_filter_map("no id", |text| text.parse().ok())
}

/// Texts as people and wires give them: empty, quotes, backslashes, line ends, control and foreign characters.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[A-Za-z][A-Za-z0-9 .,-]{0,30}",
        "[\\PC\n\t\"'\\\\#\\[\\]=\u{1b}\u{7f}\u{202e}\u{feff}]{0,12}",
    ]
}

fn filled_texts() -> impl Strategy<Value = String> {
    texts().prop_map(|text| if text.is_empty() { "x".to_owned() } else { text })
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        (0..4_000_000_000_i64).prop_map(Timestamp::from_secs),
        any::<i64>().prop_map(Timestamp::from_nanos),
    ]
}

fn levels() -> impl Strategy<Value = Option<SecurityLevelTarget>> {
    let level = || (0..=4_u8).prop_filter_map("no level", SecurityLevel::new);
    let vector = prop_oneof![
        level().prop_map(SecurityLevelVector::uniform),
        proptest::array::uniform7(level()).prop_map(SecurityLevelVector),
    ];
    option::of(vector.prop_map(SecurityLevelTarget))
}

fn sites() -> impl Strategy<Value = Site> {
    (ids(), texts(), select(Stage::ALL.to_vec())).prop_map(|(id, name, stage)| Site { id, name, stage })
}

fn ips() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
    ]
}

fn subnets() -> impl Strategy<Value = IpNet> {
    (ips(), 0..=128_u8).prop_filter_map("no subnet", |(ip, length)| {
        let net = match ip {
            IpAddr::V4(ip) => Ipv4Net::new(ip, length % 33).map(IpNet::V4),
            IpAddr::V6(ip) => Ipv6Net::new(ip, length).map(IpNet::V6),
        };
        net.ok().map(|net| net.trunc())
    })
}

fn zones() -> impl Strategy<Value = (Zone, Option<Index>)> {
    let rest = (
        levels(),
        option::of(texts()),
        vec(subnets(), 0..3),
        texts(),
        option::of(any::<Index>()),
    );
    let kinds = select(ZoneKind::ALL.to_vec());
    (ids(), texts(), kinds, rest).prop_map(|(id, name, kind, (sl_t, owner, subnets, reason, parent))| {
        let zone = Zone {
            id,
            name,
            kind,
            parent: None,
            sl_t,
            owner,
            subnets,
            reason,
        };
        (zone, parent)
    })
}

fn provenances() -> impl Strategy<Value = Provenance> {
    let imported =
        (texts(), 0..=i64::MAX.unsigned_abs()).prop_map(|(file, row)| Provenance::Imported { file, row });
    let observed = (
        texts(),
        0..=i64::MAX.unsigned_abs(),
        texts(),
        timestamps(),
        0.0..=1.0_f64,
    )
        .prop_map(|(capture, packet, field, at, confidence)| Provenance::Observed {
            capture,
            packet,
            field,
            at,
            confidence,
        });
    prop_oneof![Just(Provenance::Declared), imported, observed]
}

fn attributes() -> impl Strategy<Value = Option<Attribute<String>>> {
    option::of((texts(), provenances()).prop_map(|(value, provenance)| Attribute { value, provenance }))
}

fn interfaces() -> impl Strategy<Value = Interface> {
    let vlans = || option::of((0..4096_u16).prop_filter_map("no VLAN", VlanId::new));
    let macs = || any::<[u8; 6]>().prop_map(MacAddr);
    prop_oneof![
        (macs(), option::of(ips()), vlans()).prop_map(|(mac, ip, vlan)| Interface {
            mac: Some(mac),
            ip,
            vlan
        }),
        (ips(), vlans()).prop_map(|(ip, vlan)| Interface {
            mac: None,
            ip: Some(ip),
            vlan
        }),
    ]
}

fn modules() -> impl Strategy<Value = Module> {
    let words = (
        option::of(texts()),
        option::of(texts()),
        option::of(texts()),
        option::of(texts()),
    );
    (texts(), words).prop_map(|(slot, (product, order_number, firmware, serial))| Module {
        slot,
        product,
        order_number,
        firmware,
        serial,
    })
}

fn assets() -> impl Strategy<Value = (Asset, Option<Index>)> {
    let words = (
        attributes(),
        attributes(),
        attributes(),
        attributes(),
        attributes(),
    );
    let lists = (vec(interfaces(), 0..4), vec(modules(), 0..3), vec(texts(), 0..3));
    let role = (select(AssetRole::ALL.to_vec()), provenances());
    let zone = option::of(any::<Index>());
    (ids(), texts(), zone, role, words, lists).prop_map(
        |(id, name, zone, (value, provenance), words, (interfaces, modules, sources))| {
            let (vendor, product, order_number, firmware, serial) = words;
            let asset = Asset {
                id,
                name,
                zone: None,
                role: Attribute { value, provenance },
                vendor,
                product,
                order_number,
                firmware,
                serial,
                interfaces,
                modules,
                sources,
            };
            (asset, zone)
        },
    )
}

fn services() -> impl Strategy<Value = Service> {
    let ports = prop_oneof![
        any::<u16>().prop_map(PortRange::one),
        any::<(u16, u16)>().prop_filter_map("no range", |(a, b)| PortRange::new(a.min(b), a.max(b))),
    ];
    let carriers = prop_oneof![
        Just((None, None)),
        (select(vec![Transport::TCP, Transport::UDP]), option::of(ports)).prop_map(|(t, p)| (Some(t), p)),
        any::<u8>().prop_map(|n| (Some(Transport::Ip(IpProtocol(n))), None)),
        any::<u16>().prop_map(|n| (Some(Transport::Ethernet(EtherType(n))), None)),
    ];
    (carriers, option::of(ids())).prop_map(|((transport, ports), protocol)| Service {
        transport,
        ports,
        protocol,
    })
}

fn windows() -> impl Strategy<Value = Window> {
    let once = (timestamps(), timestamps())
        .prop_filter("no time between", |(from, to)| from != to)
        .prop_map(|(a, b)| Window::Once {
            from: a.min(b),
            to: a.max(b),
        });
    let weekly = (
        any::<[bool; 7]>().prop_filter("no day", |days| days.contains(&true)),
        0..1440_u16,
        0..=1440_u16,
        -1080..=1080_i16,
    )
        .prop_filter("no time between", |(_, from, to, _)| from != to)
        .prop_map(
            |(days, from_minute, to_minute, utc_offset_minutes)| Window::Weekly {
                days,
                from_minute,
                to_minute,
                utc_offset_minutes,
            },
        );
    prop_oneof![once, weekly]
}

fn operation_sets() -> impl Strategy<Value = OperationSet> {
    prop_oneof![
        Just(OperationSet::ALL),
        vec(select(OperationClass::ALL.to_vec()), 1..5).prop_map(OperationSet::from_iter),
    ]
}

/// A party that is yet to be picked from the zones or assets there are.
type PartyDraft = (bool, Index);

#[derive(Clone, Debug)]
struct ConduitDraft {
    conduit: Conduit,
    zones: Vec<Index>,
    points: Vec<Index>,
    permits: Vec<(Permit, Vec<PartyDraft>, Vec<PartyDraft>)>,
}

impl ConduitDraft {
    fn placed(self, zones: &[ZoneId], assets: &[AssetId], points: &[EnforcementPointId]) -> Conduit {
        let party = |(asset, index): &PartyDraft| {
            if *asset && !assets.is_empty() {
                Party::Asset(index.get(assets).clone())
            } else {
                Party::Zone(index.get(zones).clone())
            }
        };
        let permits = distinct(self.permits, |(permit, _, _)| permit.id.clone());
        Conduit {
            zones: self.zones.iter().map(|zone| zone.get(zones).clone()).collect(),
            enforcement_points: match points {
                [] => Vec::new(),
                points => self
                    .points
                    .iter()
                    .map(|point| point.get(points).clone())
                    .collect(),
            },
            permits: permits
                .into_iter()
                .map(|(permit, from, to)| Permit {
                    from: from.iter().map(party).collect(),
                    to: to.iter().map(party).collect(),
                    ..permit
                })
                .collect(),
            ..self.conduit
        }
    }
}

fn permits() -> impl Strategy<Value = (Permit, Vec<PartyDraft>, Vec<PartyDraft>)> {
    let parties = || vec(any::<PartyDraft>(), 1..4);
    let open = option::of(vec(windows(), 1..3).prop_map(|windows| OpenTimes { windows }));
    let what = (vec(services(), 1..3), operation_sets(), open);
    (ids::<PermitId>(), parties(), parties(), what, texts()).prop_map(
        |(id, from, to, (services, operations, open), reason)| {
            let permit = Permit {
                id,
                from: Vec::new(),
                to: Vec::new(),
                services,
                operations,
                open,
                reason,
            };
            (permit, from, to)
        },
    )
}

fn conduits() -> impl Strategy<Value = ConduitDraft> {
    let own = (
        ids::<ConduitId>(),
        texts(),
        vec(select(Protection::ALL.to_vec()), 0..3),
        levels(),
        option::of(texts()),
        texts(),
    );
    let refers = (
        vec(any::<Index>(), 0..4),
        vec(any::<Index>(), 0..3),
        vec(permits(), 0..4),
    );
    (own, refers).prop_map(
        |((id, name, protection, sl_t, owner, reason), (zones, points, permits))| ConduitDraft {
            conduit: Conduit {
                id,
                name,
                zones: Vec::new(),
                permits: Vec::new(),
                protection,
                enforcement_points: Vec::new(),
                sl_t,
                owner,
                reason,
            },
            zones,
            points,
            permits,
        },
    )
}

fn enforcement_points() -> impl Strategy<Value = EnforcementPoint> {
    (ids(), texts(), filled_texts()).prop_map(|(id, name, backend)| EnforcementPoint { id, name, backend })
}
