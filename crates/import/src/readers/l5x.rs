//! Rockwell's L5X projects (Logix Designer import/export): the controller, the modules in its chassis, and the devices
//! on its Ethernet ports with the modules behind them.
//!
//! A module that has an IP address on an Ethernet port is an asset; one with a slot on a backplane is a module of what
//! it hangs on. The controller is told by its name (a project that was never online has no serial number), a device by
//! the controller's name and its own. Programs and tags are not read.

use super::{Probe, Read, Reader, fact, wanted_root};
use crate::asset::{DeclaredAsset, Fact, SourceKey, clean};
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::Intake;
use crate::xml::{Element, Tree};
use cofferdam_plant::{AssetRole, Module};
use std::collections::BTreeMap;

pub(super) const READER: Reader = Reader {
    name: "l5x",
    title: "Rockwell L5X project",
    extensions: &["l5x"],
    probe,
    read: Read::Xml(read),
};

fn probe(probe: &Probe<'_>) -> bool {
    probe.has_root("RSLogix5000Content")
}

/// ODVA's number for Rockwell Automation/Allen-Bradley.
const ROCKWELL: &str = "1";
const CONTROLLER: &str = "Local";

fn read(tree: &Tree, intake: &mut Intake) -> Result<(), ReadError> {
    let root = wanted_root(tree, "L5X project", "RSLogix5000Content")?;
    for controller in root.named("Controller") {
        let Some(name) = controller.attribute("Name") else {
            intake.set_aside(controller.at(), Scope::Record, Fault::Missing("Name"));
            continue;
        };
        let modules: Vec<_> = controller
            .first("Modules")
            .iter()
            .flat_map(|modules| modules.named("Module"))
            .collect();
        project(controller, name, &modules, intake);
    }
    Ok(())
}

fn project(controller: Element<'_>, name: &str, modules: &[Element<'_>], intake: &mut Intake) {
    let mut assets = vec![local(controller, name, modules, intake)];
    let mut owners: BTreeMap<&str, usize> = BTreeMap::from([(CONTROLLER, 0)]);
    intake.record();
    // What has an address first, so that modules find what they hang on wherever it stands.
    let mut plugged = Vec::new();
    for module in modules
        .iter()
        .filter(|module| module.attribute("Name") != Some(CONTROLLER))
    {
        intake.record();
        let port = upstream(*module);
        let address = port.and_then(|port| port.attribute("Address"));
        match (port.and_then(|port| port.attribute("Type")), address) {
            (Some("Ethernet"), Some(address)) => {
                if let Some(asset) = device(*module, name, address, intake) {
                    if let Some(own) = module.attribute("Name") {
                        owners.insert(own, assets.len());
                    }
                    assets.push(asset);
                }
            }
            (_, Some(slot)) => plugged.push((*module, slot)),
            (_, None) => {
                // Drives' peripherals and the like have no address of their own.
                intake.set_aside(module.at(), Scope::Record, Fault::Missing("Address"));
            }
        }
    }
    // A module may hang on one that is itself plugged: a bridge in the chassis. It is the chassis' then.
    let parents: BTreeMap<&str, &str> = plugged
        .iter()
        .filter_map(|(module, _)| Some((module.attribute("Name")?, module.attribute("ParentModule")?)))
        .collect();
    for (module, slot) in plugged {
        let parent = module.attribute("ParentModule").unwrap_or(CONTROLLER);
        let mut owner = parent;
        let mut steps = 0;
        while let (None, Some(next)) = (owners.get(owner), parents.get(owner)) {
            owner = next;
            steps += 1;
            if steps > MAX_CHAIN {
                break;
            }
        }
        let Some(asset) = owners.get(owner).and_then(|at| assets.get_mut(*at)) else {
            intake.set_aside(module.at(), Scope::Record, Fault::NoOwner(guess::shown(parent)));
            continue;
        };
        let slot = if owner == parent {
            slot.to_owned()
        } else {
            format!("{parent}/{slot}")
        };
        asset.modules.extend(card(module, &slot));
    }
    for asset in assets {
        intake.asset(asset);
    }
}

/// The longest chain of modules that hang on each other.
const MAX_CHAIN: usize = 16;

/// The port by which a module hangs on its parent.
fn upstream(module: Element<'_>) -> Option<Element<'_>> {
    let ports = module.first("Ports")?;
    let mut all = ports.named("Port");
    all.find(|port| port.attribute("Upstream") == Some("true"))
}

fn local(controller: Element<'_>, name: &str, modules: &[Element<'_>], intake: &mut Intake) -> DeclaredAsset {
    let at = controller.at();
    let mut asset = DeclaredAsset::new(SourceKey::new("l5x", "controller", name), at.clone());
    asset.name = fact(&at, Some(name));
    let module = modules
        .iter()
        .find(|module| module.attribute("Name") == Some(CONTROLLER))
        .copied()
        .unwrap_or(controller);
    asset.vendor = vendor(module).or_else(|| fact(&at, Some("Rockwell Automation")));
    let catalogue = module
        .attribute("CatalogNumber")
        .or_else(|| controller.attribute("ProcessorType"));
    asset.product = fact(&at, controller.attribute("ProcessorType").or(catalogue));
    asset.order_number = fact(&module.at(), catalogue);
    asset.firmware = revision(controller, "MajorRev", "MinorRev")
        .or_else(|| revision(module, "Major", "Minor"))
        .and_then(|text| fact(&at, Some(&text)));
    // 16#0000_0000 stands for a project that was never in a controller.
    let serial = controller
        .attribute("ProjectSN")
        .map(|text| text.replace("16#", "").replace('_', ""));
    asset.serial = fact(
        &at,
        serial.as_deref().filter(|text| text.bytes().any(|c| c != b'0')),
    );
    let safety = catalogue.is_some_and(is_safety);
    asset.role = Some(Fact {
        value: if safety {
            AssetRole::SafetyController
        } else {
            AssetRole::Plc
        },
        at: at.clone(),
    });
    for port in module.first("Ports").iter().flat_map(|ports| ports.named("Port")) {
        if let (Some("Ethernet"), Some(address)) = (port.attribute("Type"), port.attribute("Address")) {
            let ip = intake.value(&port.at(), guess::ip(address));
            asset.interfaces.extend(ip.map(|ip| Fact {
                value: guess::interface_of_ip(ip.value),
                at: ip.at,
            }));
        }
    }
    asset
}

/// GuardLogix and Compact GuardLogix have an S behind the number: `1756-L83ES`, `1769-L36ERMS`, `5069-L330ERMS2`.
fn is_safety(catalogue: &str) -> bool {
    let Some((_, processor)) = catalogue.split_once("-L") else {
        return false;
    };
    processor
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .ends_with('S')
}

fn device(
    module: Element<'_>,
    controller: &str,
    address: &str,
    intake: &mut Intake,
) -> Option<DeclaredAsset> {
    let at = module.at();
    let Some(name) = module.attribute("Name") else {
        intake.set_aside(at, Scope::Record, Fault::NoIdentity);
        return None;
    };
    let key = SourceKey::new("l5x", "module", &format!("{controller}/{name}"));
    let mut asset = DeclaredAsset::new(key, at.clone());
    asset.name = fact(&at, Some(name));
    asset.vendor = vendor(module);
    asset.product = fact(&at, module.attribute("CatalogNumber"));
    asset.order_number = asset.product.clone();
    asset.firmware = revision(module, "Major", "Minor").and_then(|text| fact(&at, Some(&text)));
    asset.role = role(module.attribute("ProductType")).map(|value| Fact {
        value,
        at: at.clone(),
    });
    // A module may be reached by a host name instead; that is no fault.
    if let Ok(ip) = guess::ip(address) {
        let value = guess::interface_of_ip(ip);
        asset.interfaces.push(Fact { value, at });
    } else if address.bytes().all(|c| c.is_ascii_digit() || c == b'.') {
        intake.set_aside(module.at(), Scope::Value, Fault::NoIp(guess::shown(address)));
    }
    Some(asset)
}

fn card(module: Element<'_>, slot: &str) -> Option<Fact<Module>> {
    let catalogue = module.attribute("CatalogNumber").and_then(clean);
    Some(Fact {
        value: Module {
            slot: clean(slot)?,
            product: catalogue.clone(),
            order_number: catalogue,
            firmware: revision(module, "Major", "Minor"),
            serial: None,
        },
        at: module.at(),
    })
}

fn vendor(module: Element<'_>) -> Option<Fact<String>> {
    (module.attribute("Vendor")? == ROCKWELL)
        .then(|| fact(&module.at(), Some("Rockwell Automation")))
        .flatten()
}

fn revision(element: Element<'_>, major: &str, minor: &str) -> Option<String> {
    let (major, minor) = (element.attribute(major)?, element.attribute(minor)?);
    clean(&format!("{major}.{minor}"))
}

/// By the CIP device profile (ODVA, volume 1, chapter 6).
fn role(product_type: Option<&str>) -> Option<AssetRole> {
    Some(match product_type? {
        "2" | "150" | "151" => AssetRole::Drive,
        "7" | "10" | "115" => AssetRole::FieldDevice,
        "12" => AssetRole::FieldDevice,
        "14" => AssetRole::Plc,
        "24" => AssetRole::Hmi,
        "44" => AssetRole::Switch,
        _ => return None,
    })
}
