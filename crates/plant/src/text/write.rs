//! Writing a model as text: each entry as keys with their text, in one fixed order and layout.

use super::keys;
use super::words::instant_text;
use crate::level::SecurityLevelTarget;
use crate::model::{
    Asset, Attribute, Conduit, EnforcementPoint, Interface, Module, Permit, Provenance, Site, Zone,
};
use crate::plant::Plant;
use cofferdam_terms::OperationSet;
use std::fmt::{Display, Write};

/// The longest line of a list before it is written one element a line.
const MAX_LINE: usize = 100;

/// What a key is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Not set.
    Absent,
    /// One value.
    Value(String),
    /// A list of values.
    List(Vec<String>),
}

impl Written {
    /// The text behind `key = `, if the key is to be there.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Value(text) => Some(text.clone()),
            Self::List(elements) => Some(list(key, elements)),
        }
    }
}

fn list(key: &str, elements: &[String]) -> String {
    let line = format!("[{}]", elements.join(", "));
    if key.len() + line.chars().count() < MAX_LINE {
        return line;
    }
    let mut out = "[\n".to_owned();
    for element in elements {
        out.extend(["    ", element, ",\n"]);
    }
    out + "]"
}

/// An entry's keys with what they are set to, in the order in which they are written.
pub(super) type Keys = Vec<(&'static str, Written)>;

/// The whole text of a model.
pub(super) fn plant(plant: &Plant) -> String {
    let mut out = String::new();
    out.push_str(HEAD);
    section(&mut out, "[site]", &site(plant.site()));
    heading(
        &mut out,
        POINTS,
        plant.enforcement_points(),
        "[[enforcement-point]]",
        enforcement_point,
    );
    heading(&mut out, ZONES, plant.zones(), "[[zone]]", zone);
    heading(&mut out, ASSETS, plant.assets(), "[[asset]]", asset);
    if !plant.conduits().is_empty() {
        out.extend(["\n", CONDUITS]);
    }
    for each in plant.conduits() {
        out.push('\n');
        out.push_str(&conduit_block(each));
    }
    out
}

const HEAD: &str = "\
# The plant as Cofferdam sees it: zones, the assets in them, and the conduits that join them with what may flow.
# `cofferdam check` checks it, `cofferdam explain CODE` says what a diagnostic means.
format = 1

";
const POINTS: &str = "# Enforcement points: the devices that enforce what the conduits permit.\n";
const ZONES: &str = "\
# Zones: assets with the same security requirements. A subnet here selects only addresses that no asset claims.
";
const ASSETS: &str =
    "# Assets. A value in braces says where it comes from; a bare one was declared by a person.\n";
const CONDUITS: &str = "\
# Conduits: what may flow between zones. What no permit allows is denied.
";

fn heading<T>(out: &mut String, text: &str, entries: &[T], header: &str, keys: fn(&T) -> Keys) {
    if !entries.is_empty() {
        out.extend(["\n", text]);
    }
    for entry in entries {
        out.push('\n');
        section(out, header, &keys(entry));
    }
}

fn section(out: &mut String, header: &str, keys: &Keys) {
    out.extend([header, "\n"]);
    for (key, written) in keys {
        if let Some(text) = written.text(key) {
            out.extend([*key, " = ", &text, "\n"]);
        }
    }
}

/// An entry as a section of its own.
pub(super) fn block(header: &str, keys: &Keys) -> String {
    let mut out = String::new();
    section(&mut out, header, keys);
    out
}

/// A conduit with its permits.
pub(super) fn conduit_block(each: &Conduit) -> String {
    let mut out = block("[[conduit]]", &conduit(each));
    for each in &each.permits {
        out.push('\n');
        section(&mut out, PERMIT_HEADER, &permit(each));
    }
    out
}

pub(super) const PERMIT_HEADER: &str = "[[conduit.permit]]";

pub(super) fn site(site: &Site) -> Keys {
    in_order(
        keys::SITE,
        vec![
            ("id", string(site.id.as_str())),
            ("name", filled(&site.name)),
            ("stage", string(site.stage.name())),
        ],
    )
}

pub(super) fn enforcement_point(point: &EnforcementPoint) -> Keys {
    in_order(
        keys::ENFORCEMENT_POINT,
        vec![
            ("id", string(point.id.as_str())),
            ("name", filled(&point.name)),
            ("backend", string(&point.backend)),
        ],
    )
}

pub(super) fn zone(zone: &Zone) -> Keys {
    in_order(
        keys::ZONE,
        vec![
            ("id", string(zone.id.as_str())),
            ("name", filled(&zone.name)),
            ("kind", string(zone.kind.name())),
            ("parent", optional(zone.parent.as_ref(), string)),
            ("sl-t", optional(zone.sl_t, level)),
            ("owner", optional(zone.owner.as_ref(), string)),
            ("subnets", strings(zone.subnets.iter().map(ipnet::IpNet::trunc))),
            ("reason", filled(&zone.reason)),
        ],
    )
}

pub(super) fn asset(asset: &Asset) -> Keys {
    let words = |attribute: &Option<Attribute<String>>| {
        optional(attribute.as_ref(), |a| attributed(&a.value, &a.provenance))
    };
    let interfaces: Vec<_> = asset.interfaces.iter().map(interface).collect();
    let modules: Vec<_> = asset.modules.iter().map(module).collect();
    in_order(
        keys::ASSET,
        vec![
            ("id", string(asset.id.as_str())),
            ("name", filled(&asset.name)),
            ("zone", optional(asset.zone.as_ref(), string)),
            (
                "role",
                attributed(asset.role.value.name(), &asset.role.provenance),
            ),
            ("vendor", words(&asset.vendor)),
            ("product", words(&asset.product)),
            ("order-number", words(&asset.order_number)),
            ("firmware", words(&asset.firmware)),
            ("serial", words(&asset.serial)),
            ("interfaces", some(interfaces)),
            ("modules", some(modules)),
            ("sources", strings(&asset.sources)),
        ],
    )
}

/// A conduit's own keys; its permits are sections of their own.
pub(super) fn conduit(conduit: &Conduit) -> Keys {
    in_order(
        keys::CONDUIT,
        vec![
            ("id", string(conduit.id.as_str())),
            ("name", filled(&conduit.name)),
            ("zones", Written::List(quoted_all(&conduit.zones))),
            ("protection", strings(conduit.protection.iter().map(|p| p.name()))),
            ("enforcement-points", strings(&conduit.enforcement_points)),
            ("sl-t", optional(conduit.sl_t, level)),
            ("owner", optional(conduit.owner.as_ref(), string)),
            ("reason", filled(&conduit.reason)),
        ],
    )
}

pub(super) fn permit(permit: &Permit) -> Keys {
    let operations = if permit.operations == OperationSet::ALL {
        string("any")
    } else {
        Written::List(quoted_all(permit.operations.iter()))
    };
    let open = match &permit.open {
        Some(open) => Written::List(quoted_all(&open.windows)),
        None => Written::Absent,
    };
    in_order(
        keys::PERMIT,
        vec![
            ("id", string(permit.id.as_str())),
            ("from", Written::List(quoted_all(&permit.from))),
            ("to", Written::List(quoted_all(&permit.to))),
            ("services", Written::List(quoted_all(&permit.services))),
            ("operations", operations),
            ("open", open),
            ("reason", filled(&permit.reason)),
        ],
    )
}

/// Written in the order in which the keys are listed, whatever order they were given in.
fn in_order(order: &[&str], mut keys: Keys) -> Keys {
    keys.sort_by_key(|(key, _)| order.iter().position(|known| known == key));
    keys
}

fn interface(interface: &Interface) -> String {
    let mut fields = Vec::new();
    if let Some(mac) = interface.mac {
        fields.push(format!("mac = {}", quoted(mac)));
    }
    if let Some(ip) = interface.ip {
        fields.push(format!("ip = {}", quoted(ip)));
    }
    if let Some(vlan) = interface.vlan {
        fields.push(format!("vlan = {vlan}"));
    }
    format!("{{ {} }}", fields.join(", "))
}

fn module(module: &Module) -> String {
    let mut fields = vec![format!("slot = {}", quoted(&module.slot))];
    for (key, value) in [
        ("product", &module.product),
        ("order-number", &module.order_number),
        ("firmware", &module.firmware),
        ("serial", &module.serial),
    ] {
        fields.extend(value.as_ref().map(|value| format!("{key} = {}", quoted(value))));
    }
    format!("{{ {} }}", fields.join(", "))
}

fn attributed(value: &str, provenance: &Provenance) -> Written {
    let value = quoted(value);
    Written::Value(match provenance {
        Provenance::Declared => value,
        Provenance::Imported { file, row } => {
            format!(
                "{{ value = {value}, file = {}, row = {} }}",
                quoted(file),
                count(*row)
            )
        }
        Provenance::Observed {
            capture,
            packet,
            field,
            at,
            confidence,
        } => {
            let mut out = format!("{{ value = {value}, capture = {}", quoted(capture));
            // Writing into a string can't fail.
            let _infallible = write!(
                out,
                ", packet = {}, field = {}, at = {}, confidence = {} }}",
                count(*packet),
                quoted(field),
                instant_text(*at),
                toml_edit::Value::from(*confidence),
            );
            out
        }
    })
}

/// TOML's numbers end at 2⁶³ - 1, more than packets can be counted.
fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn level(level: SecurityLevelTarget) -> Written {
    let [first, rest @ ..] = level.0.0;
    if rest.iter().all(|other| *other == first) {
        Written::Value(first.to_string())
    } else {
        Written::Value(format!(
            "[{}]",
            level.0.0.map(|level| level.to_string()).join(", ")
        ))
    }
}

fn string(text: impl Display) -> Written {
    Written::Value(quoted(text))
}

fn filled(text: &str) -> Written {
    if text.is_empty() {
        Written::Absent
    } else {
        string(text)
    }
}

fn optional<T>(value: Option<T>, write: impl Fn(T) -> Written) -> Written {
    value.map_or(Written::Absent, write)
}

fn strings<T: Display>(values: impl IntoIterator<Item = T>) -> Written {
    some(quoted_all(values))
}

fn some(elements: Vec<String>) -> Written {
    if elements.is_empty() {
        Written::Absent
    } else {
        Written::List(elements)
    }
}

fn quoted_all<T: Display>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(quoted).collect()
}

/// A text as TOML writes it, on one line.
pub(super) fn quoted(text: impl Display) -> String {
    let text = text.to_string();
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // Control characters, and those that turn the direction of text or hide, are written by number.
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}') =>
            {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
