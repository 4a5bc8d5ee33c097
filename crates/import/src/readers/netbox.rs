//! NetBox (API of 3.5 to 4.x) as JSON: devices, virtual machines, interfaces, modules and IP addresses.
//!
//! One answer of the API (`results`), a list of records, a list of answers, or an object with one of these for each
//! kind. What a record is, is told by its members. Records of one device are one asset, `netbox:device:ID`, also over
//! several files, since each import finds the asset by that key.

use super::{Probe, Read, Reader};
use crate::asset::{At, DeclaredAsset, Fact, SourceKey, clean};
use crate::bounds::MAX_RECORDS;
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::Intake;
use crate::json::{Json, Value};
use cofferdam_plant::{Interface, Module};
use cofferdam_terms::MacAddr;
use std::collections::BTreeMap;

pub(super) const READER: Reader = Reader {
    name: "netbox",
    title: "NetBox devices, interfaces and IP addresses as JSON",
    extensions: &["json"],
    probe,
    read: Read::Text(read),
};

fn probe(probe: &Probe<'_>) -> bool {
    let json = probe.head.trim_start().starts_with(['{', '[']);
    let marks = [
        "\"device_type\"",
        "\"device\"",
        "\"assigned_object\"",
        "\"devices\"",
        "\"virtual_machine\"",
    ];
    json && marks.iter().any(|mark| probe.head.contains(mark))
}

/// How many lists may lie in each other before a record is met.
const MAX_LISTS: usize = 4;

type Members<'t> = BTreeMap<String, Value<'t>>;

fn read(text: &str, intake: &mut Intake) -> Result<(), ReadError> {
    let json = Json::new(text);
    let root = json.root().map_err(|fault| ReadError::NotThis {
        format: "NetBox export",
        reason: guess::shown(&fault.to_string()),
    })?;
    let mut records = Vec::new();
    gather(root, 0, &mut records);
    if let Some((at, _)) = records.get(MAX_RECORDS) {
        let fault = Fault::TooMany {
            what: "records",
            max: MAX_RECORDS,
        };
        intake.set_aside(at.clone(), Scope::Rest, fault);
        records.truncate(MAX_RECORDS);
    }
    // What addresses an interface carries must be known before the interface is taken in.
    let mut carried: BTreeMap<String, Vec<Value<'_>>> = BTreeMap::new();
    for (_, record) in &records {
        let interface = text_of(record, "assigned_object_id");
        let interface = interface.or_else(|| owner(record, &["assigned_object", "id"]));
        if let (Kind::Address, Some(interface)) = (kind(record), interface) {
            carried
                .entry(interface)
                .or_default()
                .extend(record.get("address"));
        }
    }
    for (at, record) in &records {
        intake.record();
        match kind(record) {
            Kind::Device => device(at, record, intake),
            Kind::Interface => interface(at, record, &carried, intake),
            Kind::Address => address(at, record, intake),
            Kind::Module => module(at, record, intake),
            Kind::Other => intake.set_aside(at.clone(), Scope::Record, Fault::Missing("device")),
        }
    }
    // A device names its primary address, and the interface that carries it names it again with its MAC address.
    intake.unite_interfaces();
    Ok(())
}

/// Finds the records: objects that have an `id`, in lists, answers and objects of lists.
fn gather<'t>(value: Value<'t>, depth: usize, found: &mut Vec<(At, Members<'t>)>) {
    if depth > MAX_LISTS || found.len() > MAX_RECORDS {
        return;
    }
    if let Some(elements) = value.elements() {
        for element in elements {
            gather(element, depth + 1, found);
        }
        return;
    }
    let members = value.members();
    if members.contains_key("id") || members.contains_key("address") {
        found.push((value.at(), members));
    } else {
        for member in members.into_values() {
            gather(member, depth + 1, found);
        }
    }
}

enum Kind {
    Device,
    Interface,
    Address,
    Module,
    Other,
}

fn kind(record: &Members<'_>) -> Kind {
    let has = |key: &str| record.contains_key(key);
    if has("module_type") || has("module_bay") {
        Kind::Module
    } else if has("device_type") || (has("cluster") && has("vcpus")) {
        Kind::Device
    } else if has("address") {
        Kind::Address
    } else if has("device") || has("virtual_machine") {
        Kind::Interface
    } else {
        Kind::Other
    }
}

fn text_of(record: &Members<'_>, key: &str) -> Option<String> {
    record.get(key).and_then(|value| value.text())
}

fn said(record: &Members<'_>, path: &[&str]) -> Option<Fact<String>> {
    let (first, rest) = path.split_first()?;
    let value = record.get(*first)?.path(rest)?;
    Some(Fact {
        value: clean(&value.text()?)?,
        at: value.at(),
    })
}

fn owner(record: &Members<'_>, path: &[&str]) -> Option<String> {
    said(record, path).map(|fact| fact.value)
}

/// The key of the device or virtual machine that a record belongs to.
fn belongs(record: &Members<'_>, before: &[&str]) -> Option<SourceKey> {
    let path = |last: &'static str| [before, &[last, "id"]].concat();
    let device = owner(record, &path("device")).map(|id| SourceKey::new("netbox", "device", &id));
    device.or_else(|| {
        let id = owner(record, &path("virtual_machine"))?;
        Some(SourceKey::new("netbox", "virtual-machine", &id))
    })
}

fn device(at: &At, record: &Members<'_>, intake: &mut Intake) {
    let kind = if record.contains_key("device_type") {
        "device"
    } else {
        "virtual-machine"
    };
    let Some(id) = text_of(record, "id") else {
        return intake.set_aside(at.clone(), Scope::Record, Fault::Missing("id"));
    };
    let mut asset = DeclaredAsset::new(SourceKey::new("netbox", kind, &id), at.clone());
    asset.name = said(record, &["name"]).or_else(|| said(record, &["display"]));
    asset.vendor = said(record, &["device_type", "manufacturer", "name"]);
    asset.product = said(record, &["device_type", "model"]);
    asset.order_number = said(record, &["device_type", "part_number"]);
    asset.serial = said(record, &["serial"]);
    asset.firmware = said(record, &["custom_fields", "firmware"]);
    asset.os = said(record, &["platform", "name"]);
    // Older versions say `device_role`. What a role means is each NetBox's own, so an unknown word is no fault of it.
    let role = ["role", "device_role"]
        .iter()
        .find_map(|key| said(record, &[key, "slug"]).or_else(|| said(record, &[key, "name"])));
    asset.role = role.and_then(|role| intake.value(&role.at, guess::role(&role.value)));
    for key in ["primary_ip4", "primary_ip6"] {
        if let Some(ip) = said(record, &[key, "address"])
            && let Some(ip) = intake.value(&ip.at, guess::ip(&ip.value))
        {
            let value = guess::interface_of_ip(ip.value);
            asset.interfaces.push(Fact { value, at: ip.at });
        }
    }
    intake.asset(asset);
}

fn interface(at: &At, record: &Members<'_>, carried: &BTreeMap<String, Vec<Value<'_>>>, intake: &mut Intake) {
    let Some(key) = belongs(record, &[]) else {
        return intake.set_aside(at.clone(), Scope::Record, Fault::Missing("device"));
    };
    let mut asset = DeclaredAsset::new(key, at.clone());
    let mac =
        said(record, &["mac_address"]).or_else(|| said(record, &["primary_mac_address", "mac_address"]));
    let mac: Option<Fact<MacAddr>> = mac.and_then(|mac| intake.value(&mac.at, guess::mac(&mac.value)));
    let vlan = said(record, &["untagged_vlan", "vid"]);
    let vlan = vlan.and_then(|vlan| intake.value(&vlan.at, guess::vlan(&vlan.value)));
    let vlan = vlan.map(|vlan| vlan.value);
    let ips = text_of(record, "id").and_then(|id| carried.get(&id));
    for ip in ips.into_iter().flatten() {
        let parsed = guess::ip(&ip.text().unwrap_or_default());
        if let Some(ip) = intake.value(&ip.at(), parsed) {
            let value = Interface {
                mac: mac.as_ref().map(|mac| mac.value),
                ip: Some(ip.value),
                vlan,
            };
            asset.interfaces.push(Fact { value, at: ip.at });
        }
    }
    if let (true, Some(mac)) = (asset.interfaces.is_empty(), mac) {
        let value = Interface {
            mac: Some(mac.value),
            ip: None,
            vlan,
        };
        asset.interfaces.push(Fact { value, at: mac.at });
    }
    intake.asset(asset);
}

fn address(at: &At, record: &Members<'_>, intake: &mut Intake) {
    let Some(ip) = said(record, &["address"]) else {
        return intake.set_aside(at.clone(), Scope::Record, Fault::Missing("address"));
    };
    // An address that is assigned to nothing is nobody's: a reservation, a network's.
    let Some(key) = belongs(record, &["assigned_object"]) else {
        return;
    };
    let mut asset = DeclaredAsset::new(key, at.clone());
    if let Some(ip) = intake.value(&ip.at, guess::ip(&ip.value)) {
        let value = guess::interface_of_ip(ip.value);
        asset.interfaces.push(Fact { value, at: ip.at });
    }
    intake.asset(asset);
}

fn module(at: &At, record: &Members<'_>, intake: &mut Intake) {
    let Some(key) = belongs(record, &[]) else {
        return intake.set_aside(at.clone(), Scope::Record, Fault::Missing("device"));
    };
    let bay = said(record, &["module_bay", "position"])
        .or_else(|| said(record, &["module_bay", "name"]))
        .or_else(|| said(record, &["module_bay", "id"]));
    let Some(bay) = bay else {
        return intake.set_aside(at.clone(), Scope::Record, Fault::Missing("module_bay"));
    };
    let text = |path: &[&str]| owner(record, path);
    let mut asset = DeclaredAsset::new(key, at.clone());
    asset.modules.push(Fact {
        value: Module {
            slot: bay.value,
            product: text(&["module_type", "model"]),
            order_number: text(&["module_type", "part_number"]),
            firmware: text(&["custom_fields", "firmware"]),
            serial: text(&["serial"]),
        },
        at: bay.at,
    });
    intake.asset(asset);
}
