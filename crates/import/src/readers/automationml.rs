//! AutomationML (IEC 62714) in CAEX 2.15 or 3.0 (IEC 62424): devices as TIA Portal's CAx export and other engineering
//! tools write them by the recommendation "Automation Project Configuration", and the zone diagram that Cofferdam
//! writes itself.
//!
//! A device is an element with the role `Device`; what lies in it with the role `DeviceItem` are its parts, and with
//! `Node` its addresses. The part that is the CPU or head module gives the device its name, product and firmware; the
//! others are modules, their slot the `PositionNumber`. A device is told by its `ID`. A packed container (`.amlx`) is
//! opened, too. Links between nodes and subnets are not read.

use super::{Probe, Read, Reader, fact, wanted_root};
use crate::asset::{At, DeclaredAsset, Fact, SourceKey, clean};
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::Intake;
use crate::pack::{MAGIC, Pack};
use crate::xml::{Element, Tree};
use cofferdam_plant::{AssetRole, Interface, Module};

pub(super) const READER: Reader = Reader {
    name: "automationml",
    title: "AutomationML, such as TIA Portal's CAx export",
    extensions: &["aml", "amlx"],
    probe,
    read: Read::Xml(read),
};

const NAME: &str = "AutomationML file";

fn probe(probe: &Probe<'_>) -> bool {
    let parts = || {
        Pack::open(NAME, probe.bytes)
            .map(|pack| pack.names())
            .unwrap_or_default()
    };
    probe.has_root("CAEXFile") || (probe.is_packed() && parts().iter().any(|name| is_caex(name)))
}

fn is_caex(part: &str) -> bool {
    part.to_ascii_lowercase().ends_with(".aml")
}

/// The CAEX file of a packed container; nothing, if the bytes are no container.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
    if !bytes.starts_with(MAGIC) {
        return Ok(None);
    }
    let mut pack = Pack::open(NAME, bytes)?;
    let part = pack.names().into_iter().find(|name| is_caex(name));
    let part = part.ok_or_else(|| ReadError::NotThis {
        format: NAME,
        reason: "the container has no `.aml`".to_owned(),
    })?;
    pack.part(&part)
}

fn read(tree: &Tree, intake: &mut Intake) -> Result<(), ReadError> {
    let root = wanted_root(tree, NAME, "CAEXFile")?;
    let by_siemens = root
        .all()
        .into_iter()
        .take(MAX_HEADER)
        .any(|element| element.name() == "WriterVendor" && element.text().starts_with("Siemens"));
    for hierarchy in root.named("InstanceHierarchy") {
        walk(hierarchy, None, by_siemens, intake);
    }
    Ok(())
}

/// How many elements from the top are looked at for who wrote the file.
const MAX_HEADER: usize = 200;

/// Looks for devices, remembering the zone that they lie in. The depth is bounded by the tree's.
fn walk(element: Element<'_>, zone: Option<&Fact<String>>, by_siemens: bool, intake: &mut Intake) {
    for inner in element.named("InternalElement") {
        if has_role(inner, "Device") {
            intake.record();
            match device(inner, zone, by_siemens, intake) {
                Some(asset) => intake.asset(asset),
                None => intake.set_aside(inner.at(), Scope::Record, Fault::NoIdentity),
            }
        } else if has_role(inner, "Zone") {
            let own = value(inner, "Id").or_else(|| fact(&inner.at(), inner.attribute("Name")));
            walk(inner, own.as_ref().or(zone), by_siemens, intake);
        } else {
            walk(inner, zone, by_siemens, intake);
        }
    }
}

/// Whether an element has a role: by the last name of the path that it supports or requires.
fn has_role(element: Element<'_>, role: &str) -> bool {
    element.children().any(|child| {
        let path = match child.name() {
            "SupportedRoleClass" => child.attribute("RefRoleClassPath"),
            "RoleRequirements" => child.attribute("RefBaseRoleClassPath"),
            _ => None,
        };
        path.and_then(|path| path.rsplit('/').next()) == Some(role)
    })
}

/// The value of a CAEX attribute.
fn value(element: Element<'_>, name: &str) -> Option<Fact<String>> {
    let mut attributes = element.named("Attribute");
    let attribute = attributes.find(|attribute| attribute.attribute("Name") == Some(name))?;
    let value = attribute.first("Value")?;
    fact(&value.at(), Some(value.text()))
}

/// A part of a device: what can be plugged or is built in.
struct Item<'t> {
    element: Element<'t>,
    slot: String,
    /// `OrderNumber`, `GSD`, `System` …, and what follows it.
    identifier: Option<(String, Fact<String>)>,
}

fn device(
    element: Element<'_>,
    zone: Option<&Fact<String>>,
    by_siemens: bool,
    intake: &mut Intake,
) -> Option<DeclaredAsset> {
    let id = element.attribute("ID").or_else(|| element.attribute("Name"))?;
    let mut asset = DeclaredAsset::new(SourceKey::new("automationml", "id", id), element.at());
    let mut items = Vec::new();
    let mut nodes = Vec::new();
    gather(element, "", &mut items, &mut nodes);
    let head = head(&items);
    let said = head.map_or(element, |head| {
        items.get(head).map_or(element, |item| item.element)
    });
    let first_of = |name: &str| value(element, name).or_else(|| value(said, name));
    asset.name = name_of(element, said);
    asset.id = value(element, "AssetId").and_then(|id| {
        Some(Fact {
            value: id.value.parse().ok()?,
            at: id.at,
        })
    });
    asset.zone = zone.cloned();
    asset.vendor = first_of("Manufacturer");
    asset.product = first_of("TypeName");
    asset.firmware = first_of("FirmwareVersion");
    asset.serial = first_of("SerialNumber");
    asset.role = first_of("Role").and_then(|role| intake.value(&role.at, guess::role(&role.value)));
    identify(
        &mut asset,
        element,
        head.and_then(|head| items.get(head)),
        by_siemens,
    );
    if asset.role.is_none() {
        asset.role = role(said, asset.product.as_ref());
    }
    for node in nodes {
        asset.interfaces.extend(interface(node, intake));
    }
    for (at, item) in items.iter().enumerate() {
        if Some(at) != head {
            asset.modules.push(module(item));
        }
    }
    Some(asset)
}

/// The name of the head, by which people call the device; else the device's own.
fn name_of(device: Element<'_>, head: Element<'_>) -> Option<Fact<String>> {
    let named = |element: Element<'_>| fact(&element.at(), element.attribute("Name"));
    // A device that says its own identifier was written by us, with its own name or none.
    match value(device, "AssetId") {
        Some(_) => value(device, "AssetName"),
        None => named(head).or_else(|| named(device)),
    }
}

/// Finds parts and nodes. A part lies in a slot of the rack that it lies in; racks, and what is built in, are no parts.
fn gather<'t>(element: Element<'t>, rack: &str, items: &mut Vec<Item<'t>>, nodes: &mut Vec<Element<'t>>) {
    for inner in element.named("InternalElement") {
        if has_role(inner, "Node") || has_role(inner, "NodeEthernet") {
            nodes.push(inner);
            continue;
        }
        if !has_role(inner, "DeviceItem") {
            gather(inner, rack, items, nodes);
            continue;
        }
        let position = value(inner, "PositionNumber")
            .map(|fact| fact.value)
            .unwrap_or_default();
        let identifier = value(inner, "TypeIdentifier").and_then(|fact| {
            let (kind, rest) = fact.value.split_once(':')?;
            let rest = clean(rest)?;
            Some((
                kind.to_owned(),
                Fact {
                    value: rest,
                    at: fact.at.clone(),
                },
            ))
        });
        let is_rack = identifier.as_ref().is_some_and(|(kind, _)| kind == "System");
        let built_in = value(inner, "BuiltIn").is_some_and(|fact| fact.value == "true");
        if is_rack {
            // The first rack is understood; a further one is said with its number.
            let rack = if ["", "0"].contains(&position.as_str()) {
                ""
            } else {
                &position
            };
            gather(inner, rack, items, nodes);
            continue;
        }
        let telling = ["TypeName", "OrderNumber", "PositionNumber"];
        if !built_in && (identifier.is_some() || telling.iter().any(|name| value(inner, name).is_some())) {
            let position = match position.is_empty() {
                true => inner.attribute("Name").and_then(clean).unwrap_or_default(),
                false => position,
            };
            let slot = if rack.is_empty() {
                position
            } else {
                format!("{rack}/{position}")
            };
            // What lies in a module is told by the module's slot and its own.
            gather(inner, &slot, items, nodes);
            items.push(Item {
                element: inner,
                slot,
                identifier,
            });
            continue;
        }
        gather(inner, rack, items, nodes);
    }
}

/// The part that stands for the device: its CPU or head module, else the first that has a node.
fn head(items: &[Item<'_>]) -> Option<usize> {
    let kind = |item: &Item<'_>| value(item.element, "DeviceItemType").map(|fact| fact.value);
    let is_head = |item: &Item<'_>| matches!(kind(item).as_deref(), Some("CPU" | "HeadModule"));
    let has_node = |item: &Item<'_>| {
        let (mut items, mut nodes) = (Vec::new(), Vec::new());
        gather(item.element, "", &mut items, &mut nodes);
        !nodes.is_empty()
    };
    items
        .iter()
        .position(is_head)
        .or_else(|| items.iter().position(has_node))
}

/// Order number and firmware out of `OrderNumber:6ES7 515-2FM01-0AB0/V2.1`, of the head or of the device itself.
fn identify(asset: &mut DeclaredAsset, device: Element<'_>, head: Option<&Item<'_>>, by_siemens: bool) {
    asset.order_number = value(device, "OrderNumber");
    if asset.order_number.is_some() {
        return;
    }
    let own = value(device, "TypeIdentifier");
    let own = own
        .as_ref()
        .and_then(|fact| Some((fact.value.strip_prefix("OrderNumber:")?, &fact.at)));
    let of_head = head.and_then(|head| head.identifier.as_ref());
    let of_head =
        of_head.and_then(|(kind, fact)| (kind == "OrderNumber").then_some((fact.value.as_str(), &fact.at)));
    let Some((text, at)) = own.or(of_head) else {
        return;
    };
    let (number, version) = ordered(text);
    asset.order_number = fact(at, Some(number));
    asset.firmware = asset.firmware.take().or_else(|| fact(at, version));
    if by_siemens && own.is_none() {
        // In TIA's catalogue what has an order number is Siemens' own; others' devices come by GSD.
        asset.vendor = asset.vendor.take().or_else(|| fact(at, Some("Siemens")));
    }
}

/// An order number and the version behind its slash, if one is there.
fn ordered(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('/') {
        Some((number, version)) if version.starts_with(['V', 'v']) => (number, Some(version)),
        Some(_) | None => (text, None),
    }
}

fn module(item: &Item<'_>) -> Fact<Module> {
    let text = |name: &str| value(item.element, name).map(|fact| fact.value);
    let identifier = item.identifier.as_ref().filter(|(kind, _)| kind == "OrderNumber");
    let (number, version) = identifier.map_or((None, None), |(_, fact)| {
        let (number, version) = ordered(&fact.value);
        (clean(number), version.and_then(clean))
    });
    Fact {
        value: Module {
            slot: item.slot.clone(),
            product: text("TypeName").or_else(|| item.element.attribute("Name").and_then(clean)),
            order_number: text("OrderNumber").or(number),
            firmware: text("FirmwareVersion").or(version),
            serial: text("SerialNumber"),
        },
        at: item.element.at(),
    }
}

/// Said by the kind of the head and the product's name: Siemens' failsafe CPUs have an F behind the number.
fn role(head: Element<'_>, product: Option<&Fact<String>>) -> Option<Fact<AssetRole>> {
    let kind = value(head, "DeviceItemType")?;
    let failsafe = product.is_some_and(|product| {
        let mut words = product.value.split([' ', '-']);
        words.any(|word| {
            let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            digits.len() == 4 && digits.bytes().all(|c| c.is_ascii_digit()) && word.contains('F')
        })
    });
    let value = match kind.value.as_str() {
        "CPU" if failsafe => AssetRole::SafetyController,
        "CPU" => AssetRole::Plc,
        "HeadModule" => AssetRole::FieldDevice,
        _ => return None,
    };
    Some(Fact { value, at: kind.at })
}

/// A node's addresses. One of another kind than Ethernet, such as PROFIBUS, has a number that is no address here.
fn interface(node: Element<'_>, intake: &mut Intake) -> Option<Fact<Interface>> {
    let kind = value(node, "Type");
    if kind.is_some_and(|kind| kind.value != "Ethernet") {
        return None;
    }
    let read = |name: &str| value(node, name);
    let ip = read("NetworkAddress").and_then(|fact| intake.value(&fact.at, guess::ip(&fact.value)));
    let mac = read("PhysicalAddress").and_then(|fact| intake.value(&fact.at, guess::mac(&fact.value)));
    let vlan = read("VlanId").and_then(|fact| intake.value(&fact.at, guess::vlan(&fact.value)));
    let at: At = ip
        .as_ref()
        .map(|ip| ip.at.clone())
        .or_else(|| mac.as_ref().map(|mac| mac.at.clone()))?;
    Some(Fact {
        value: Interface {
            mac: mac.map(|mac| mac.value),
            ip: ip.map(|ip| ip.value),
            vlan: vlan.map(|vlan| vlan.value),
        },
        at,
    })
}
