//! Views of assets: what the model declares and what was observed, side by side.

use crate::views::{AssetDetail, AssetPage, AssetView, FactView, Standing};
use cofferdam_observe::IdentityField;
use cofferdam_observe::{IdentityFact, ObservedAsset};
use cofferdam_plant::{Asset, AssetRole, Attribute, Interface, Plant};
use cofferdam_terms::Timestamp;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The rows, declared assets first, each joined with the observed ones that have one of its addresses.
pub(crate) fn details(plant: Option<&Plant>, observed: &[ObservedAsset]) -> Vec<AssetDetail> {
    let by_ip: BTreeMap<_, _> = observed
        .iter()
        .flat_map(|seen| {
            seen.endpoints
                .iter()
                .filter_map(move |(end, _)| Some((end.ip?, seen)))
        })
        .collect();
    let by_mac: BTreeMap<_, _> = observed
        .iter()
        .flat_map(|seen| {
            seen.endpoints
                .iter()
                .filter_map(move |(end, _)| Some((end.mac?, seen)))
        })
        .collect();
    let find = |interface: &Interface| match interface.ip {
        Some(ip) => by_ip.get(&ip),
        None => interface.mac.and_then(|mac| by_mac.get(&mac)),
    };
    let mut met = BTreeSet::new();
    let mut rows = Vec::new();
    for asset in plant.map(Plant::assets).unwrap_or_default() {
        let seen = asset.interfaces.iter().find_map(find).copied();
        met.extend(seen.map(|seen| seen.key.as_str()));
        rows.push(declared(asset, seen));
    }
    rows.extend(
        observed
            .iter()
            .filter(|seen| !met.contains(seen.key.as_str()))
            .map(observed_only),
    );
    rows
}

fn declared(asset: &Asset, seen: Option<&ObservedAsset>) -> AssetDetail {
    let text =
        |attribute: &Option<Attribute<String>>| attribute.as_ref().map(|attribute| attribute.value.clone());
    let own = AssetView {
        id: asset.id.to_string(),
        name: asset.name.clone(),
        standing: if seen.is_some() {
            Standing::DeclaredAndObserved
        } else {
            Standing::Declared
        },
        zone: asset.zone.as_ref().map(ToString::to_string),
        role: asset.role.value.name().to_owned(),
        confidence: None,
        vendor: text(&asset.vendor),
        product: text(&asset.product),
        firmware: text(&asset.firmware),
        ips: distinct(asset.interfaces.iter().filter_map(|interface| interface.ip)),
        macs: distinct(asset.interfaces.iter().filter_map(|interface| interface.mac)),
        vlans: asset
            .interfaces
            .iter()
            .filter_map(|interface| interface.vlan)
            .map(|vlan| vlan.get())
            .collect(),
        serves: Vec::new(),
        uses: Vec::new(),
        first: None,
        last: None,
        bytes: 0,
    };
    let Some(seen) = seen else {
        return AssetDetail {
            asset: own,
            role_reasons: vec![],
            joins: vec![],
            facts: vec![],
            units: vec![],
        };
    };
    let mut detail = observed_only(seen);
    let observed = detail.asset;
    let role_guessed = asset.role.value == AssetRole::Unknown || asset.role.value.name() == observed.role;
    detail.asset = AssetView {
        confidence: if role_guessed { observed.confidence } else { None },
        vendor: own.vendor.or(observed.vendor),
        product: own.product.or(observed.product),
        firmware: own.firmware.or(observed.firmware),
        serves: observed.serves,
        uses: observed.uses,
        first: observed.first,
        last: observed.last,
        bytes: observed.bytes,
        ..own
    };
    detail
}

fn observed_only(seen: &ObservedAsset) -> AssetDetail {
    let fact = |field: IdentityField| {
        let said = seen
            .facts
            .iter()
            .filter(|fact| fact.field == field && fact.unit.is_none());
        said.max_by_key(|fact| fact.times)
            .map(|fact| fact.value.to_string())
    };
    let asset = AssetView {
        id: seen.key.clone(),
        name: fact(IdentityField::HostName).unwrap_or_default(),
        standing: Standing::Observed,
        zone: None,
        role: seen.role.role.to_owned(),
        confidence: Some(seen.role.confidence),
        vendor: fact(IdentityField::Vendor).or_else(|| seen.oui_vendor.map(str::to_owned)),
        product: fact(IdentityField::Product).or_else(|| fact(IdentityField::ProductCode)),
        firmware: fact(IdentityField::Firmware),
        ips: distinct(seen.endpoints.iter().filter_map(|(end, _)| end.ip)),
        macs: distinct(seen.endpoints.iter().filter_map(|(end, _)| end.mac)),
        vlans: distinct_vlans(seen),
        serves: distinct(seen.serves.iter().map(service)),
        uses: distinct(seen.uses.iter().map(service)),
        first: Some(when(seen.first)),
        last: Some(when(seen.last)),
        bytes: seen.sent.bytes + seen.received.bytes,
    };
    AssetDetail {
        asset,
        role_reasons: seen.role.reasons.clone(),
        joins: seen.joins.clone(),
        facts: seen.facts.iter().map(fact_view).collect(),
        units: seen
            .units
            .iter()
            .map(|(protocol, unit)| format!("{protocol} {unit}"))
            .collect(),
    }
}

fn service(
    (protocol, transport, port): &(
        Option<cofferdam_observe::Protocol>,
        cofferdam_terms::Transport,
        u16,
    ),
) -> String {
    match (protocol, port) {
        (Some(protocol), _) => protocol.to_string(),
        (None, 0) => transport.to_string(),
        (None, port) => format!("{transport}/{port}"),
    }
}

fn distinct<T: ToString>(items: impl Iterator<Item = T>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for item in items.map(|item| item.to_string()) {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

fn distinct_vlans(seen: &ObservedAsset) -> Vec<u16> {
    let vlans: BTreeSet<u16> = seen
        .endpoints
        .iter()
        .filter_map(|(_, vlan)| vlan.map(|vlan| vlan.get()))
        .collect();
    vlans.into_iter().collect()
}

fn fact_view(fact: &IdentityFact) -> FactView {
    FactView {
        field: fact.field.name().to_owned(),
        value: fact.value.to_string(),
        protocol: fact.protocol.to_string(),
        unit: fact.unit,
        packet: fact.packet,
        at: when(fact.at),
        times: fact.times,
    }
}

/// RFC 3339 in UTC.
pub(crate) fn when(time: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.nanos()))
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// How a list of assets is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Words that a row has to hold, all of them, in any column.
    pub(crate) words: Vec<String>,
    pub(crate) zone: Option<String>,
    pub(crate) sort: Option<Sort>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) column: Column,
    pub(crate) descending: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Name,
    Role,
    Zone,
    Vendor,
    Product,
    Firmware,
    Address,
    Serves,
    Last,
}

impl Column {
    pub(crate) const ALL: [(&'static str, Self); 9] = [
        ("name", Self::Name),
        ("role", Self::Role),
        ("zone", Self::Zone),
        ("vendor", Self::Vendor),
        ("product", Self::Product),
        ("firmware", Self::Firmware),
        ("address", Self::Address),
        ("serves", Self::Serves),
        ("last", Self::Last),
    ];

    fn compare(self, a: &AssetView, b: &AssetView) -> Ordering {
        let name = |row: &AssetView| {
            if row.name.is_empty() {
                row.id.clone()
            } else {
                row.name.clone()
            }
        };
        match self {
            Self::Name => natural(&name(a), &name(b)),
            Self::Role => a.role.cmp(&b.role),
            Self::Zone => a.zone.cmp(&b.zone),
            Self::Vendor => a.vendor.cmp(&b.vendor),
            Self::Product => a.product.cmp(&b.product),
            Self::Firmware => a.firmware.cmp(&b.firmware),
            Self::Address => address(a).cmp(&address(b)),
            Self::Serves => a.serves.cmp(&b.serves),
            Self::Last => a.last.cmp(&b.last),
        }
    }
}

fn address(row: &AssetView) -> (Option<std::net::IpAddr>, Option<&String>) {
    (row.ips.first().and_then(|ip| ip.parse().ok()), row.macs.first())
}

/// `plc-2` before `plc-10`: runs of digits compare as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let pieces = |text: &str| -> Vec<(String, u64)> {
        let mut out = vec![(String::new(), 0_u64)];
        let mut in_digits = false;
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                in_digits = true;
                if let Some((_, number)) = out.last_mut() {
                    *number = number.saturating_mul(10).saturating_add(u64::from(digit));
                }
            } else {
                if in_digits {
                    out.push((String::new(), 0));
                    in_digits = false;
                }
                if let Some((word, _)) = out.last_mut() {
                    word.extend(c.to_lowercase());
                }
            }
        }
        out
    };
    pieces(a).cmp(&pieces(b)).then_with(|| a.cmp(b))
}

/// The rows that are wanted, in the order that is wanted, and how many there are in all.
pub(crate) fn page(mut rows: Vec<AssetView>, wanted: &Wanted) -> AssetPage {
    rows.retain(|row| wanted.zone.is_none() || row.zone == wanted.zone);
    rows.retain(|row| holds(row, &wanted.words));
    if let Some(sort) = wanted.sort {
        rows.sort_by(|a, b| {
            let order = sort.column.compare(a, b);
            match sort.descending {
                Direction::Ascending => order,
                Direction::Descending => order.reverse(),
            }
        });
    }
    let total = rows.len();
    AssetPage {
        rows: rows.into_iter().skip(wanted.offset).take(wanted.limit).collect(),
        total,
    }
}

fn holds(row: &AssetView, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{} {} {}", row.id, row.name, row.role);
    let more = [&row.zone, &row.vendor, &row.product, &row.firmware]
        .into_iter()
        .flatten();
    for part in more
        .chain(&row.ips)
        .chain(&row.macs)
        .chain(&row.serves)
        .chain(&row.uses)
    {
        text.push(' ');
        text.push_str(part);
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

/// The rows as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it.
pub(crate) fn csv(rows: &[AssetView]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "id",
        "name",
        "standing",
        "role",
        "zone",
        "vendor",
        "product",
        "firmware",
        "ip",
        "mac",
        "vlan",
        "answers",
        "asks",
        "first_seen",
        "last_seen",
        "bytes",
    ])?;
    for row in rows {
        let standing = match row.standing {
            Standing::DeclaredAndObserved => "declared and observed",
            Standing::Declared => "declared",
            Standing::Observed => "observed",
        };
        let or_empty = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let vlans: Vec<_> = row.vlans.iter().map(ToString::to_string).collect();
        let cells = [
            row.id.clone(),
            row.name.clone(),
            standing.to_owned(),
            row.role.clone(),
            or_empty(&row.zone),
            or_empty(&row.vendor),
            or_empty(&row.product),
            or_empty(&row.firmware),
            row.ips.join(" "),
            row.macs.join(" "),
            vlans.join(" "),
            row.serves.join(" "),
            row.uses.join(" "),
            or_empty(&row.first),
            or_empty(&row.last),
            row.bytes.to_string(),
        ];
        writer.write_record(cells.map(harmless))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_compare_as_numbers() {
        let mut names = vec!["plc-10", "PLC-2", "plc-1", "a"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a", "plc-1", "PLC-2", "plc-10"]);
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_made_harmless() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"] {
            assert_eq!(harmless(bad.to_owned()), format!("'{bad}"));
        }
        assert_eq!(harmless("10.0.0.1".to_owned()), "10.0.0.1");
    }
}
