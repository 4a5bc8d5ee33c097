//! The `assets` and `identity_facts` tables. They are for questions in SQL; the observation itself is read back from
//! its own file (see [`crate::form`]), which holds more than fits in columns.

use crate::columns::{NumberLists, Numbers32, Numbers64, Reals, TextLists, Texts, Times};
use crate::schema::Table;
use cofferdam_observe::ObservedAsset;
use cofferdam_observe::Protocol;
use cofferdam_terms::{Transport, VlanId};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use std::collections::BTreeSet;
use std::fmt;

#[derive(Default)]
struct AssetRows {
    asset: Texts,
    role: Texts,
    role_confidence: Reals,
    role_reasons: TextLists,
    oui_vendor: Texts,
    ips: TextLists,
    macs: TextLists,
    vlans: NumberLists,
    joins: TextLists,
    units: TextLists,
    serves: TextLists,
    uses: TextLists,
    first_seen: Times,
    last_seen: Times,
    sent_packets: Numbers64,
    sent_bytes: Numbers64,
    received_packets: Numbers64,
    received_bytes: Numbers64,
}

/// The rows of the `assets` table.
pub(crate) fn assets(assets: &[ObservedAsset]) -> Result<RecordBatch, ArrowError> {
    let mut rows = AssetRows::default();
    for asset in assets {
        rows.push(asset);
    }
    rows.take()
}

impl AssetRows {
    fn push(&mut self, asset: &ObservedAsset) {
        let ends = || asset.endpoints.iter();
        let ips: BTreeSet<_> = ends().filter_map(|(end, _)| end.ip).collect();
        let macs: BTreeSet<_> = ends().filter_map(|(end, _)| end.mac).collect();
        let vlans: BTreeSet<_> = ends().filter_map(|(_, vlan)| vlan.map(VlanId::get)).collect();
        self.asset.push(&asset.key);
        self.role.push(asset.role.role);
        self.role_confidence.push(asset.role.confidence);
        self.role_reasons.push(&asset.role.reasons);
        self.oui_vendor.push_maybe(asset.oui_vendor);
        self.ips.push(ips);
        self.macs.push(macs);
        self.vlans.push(vlans);
        self.joins.push(&asset.joins);
        self.units.push(
            asset
                .units
                .iter()
                .map(|(protocol, unit)| format!("{protocol} {unit}")),
        );
        self.serves.push(asset.serves.iter().map(Spoken));
        self.uses.push(asset.uses.iter().map(Spoken));
        self.first_seen.push(asset.first);
        self.last_seen.push(asset.last);
        self.sent_packets.push(asset.sent.packets);
        self.sent_bytes.push(asset.sent.bytes);
        self.received_packets.push(asset.received.packets);
        self.received_bytes.push(asset.received.bytes);
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(
            Table::Assets.schema(),
            vec![
                self.asset.finish(),
                self.role.finish(),
                self.role_confidence.finish(),
                self.role_reasons.finish(),
                self.oui_vendor.finish(),
                self.ips.finish(),
                self.macs.finish(),
                self.vlans.finish(),
                self.joins.finish(),
                self.units.finish(),
                self.serves.finish(),
                self.uses.finish(),
                self.first_seen.finish(),
                self.last_seen.finish(),
                self.sent_packets.finish(),
                self.sent_bytes.finish(),
                self.received_packets.finish(),
                self.received_bytes.finish(),
            ],
        )
    }
}

/// `modbus tcp/502`, `tcp/8443` where the protocol is not known, `arp ethernet-0x0806`.
struct Spoken<'a>(&'a (Option<Protocol>, Transport, u16));

impl fmt::Display for Spoken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (protocol, transport, port) = self.0;
        if let Some(protocol) = protocol {
            write!(f, "{protocol} ")?;
        }
        match port {
            0 => write!(f, "{transport}"),
            port => write!(f, "{transport}/{port}"),
        }
    }
}

#[derive(Default)]
struct FactRows {
    asset: Texts,
    field: Texts,
    value: Texts,
    protocol: Texts,
    unit: Numbers32,
    first_seen: Times,
    times: Numbers64,
    packet: Numbers64,
}

/// The rows of the `identity_facts` table.
pub(crate) fn identity_facts(assets: &[ObservedAsset]) -> Result<RecordBatch, ArrowError> {
    let mut rows = FactRows::default();
    for (asset, fact) in assets
        .iter()
        .flat_map(|asset| asset.facts.iter().map(move |fact| (asset, fact)))
    {
        rows.asset.push(&asset.key);
        rows.field.push(fact.field.name());
        rows.value.push(&fact.value);
        rows.protocol.push(fact.protocol);
        rows.unit.push(fact.unit);
        rows.first_seen.push(fact.at);
        rows.times.push(fact.times);
        rows.packet.push(fact.packet);
    }
    RecordBatch::try_new(
        Table::IdentityFacts.schema(),
        vec![
            rows.asset.finish(),
            rows.field.finish(),
            rows.value.finish(),
            rows.protocol.finish(),
            rows.unit.finish(),
            rows.first_seen.finish(),
            rows.times.finish(),
            rows.packet.finish(),
        ],
    )
}
