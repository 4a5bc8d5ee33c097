//! Nessus reports, version 2: hosts with addresses, names, operating system and open ports. Vulnerabilities are not
//! read here.
//!
//! A host is told by its Tenable identifier, else by a MAC address, else by the name that the report gives it.

use super::{Probe, Read, Reader, fact, wanted_root};
use crate::asset::{DeclaredAsset, DeclaredService, Fact, SourceKey, clean};
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::{Intake, add_interface};
use crate::xml::{Element, Tree};
use cofferdam_plant::Interface;
use std::collections::BTreeMap;

pub(super) const READER: Reader = Reader {
    name: "nessus",
    title: "Nessus v2 report",
    extensions: &["nessus"],
    probe,
    read: Read::Xml(read),
};

fn probe(probe: &Probe<'_>) -> bool {
    probe.has_root("NessusClientData_v2")
}

fn read(tree: &Tree, intake: &mut Intake) -> Result<(), ReadError> {
    let root = wanted_root(tree, "Nessus report", "NessusClientData_v2")?;
    for host in root.named("Report").flat_map(|report| report.named("ReportHost")) {
        intake.record();
        match asset(host, intake) {
            Some(asset) => intake.asset(asset),
            None => intake.set_aside(host.at(), Scope::Record, Fault::NoIdentity),
        }
    }
    Ok(())
}

fn asset(host: Element<'_>, intake: &mut Intake) -> Option<DeclaredAsset> {
    let properties = host.first("HostProperties");
    let tag = |wanted: &str| {
        let mut tags = properties?.named("tag");
        tags.find(|tag| tag.attribute("name") == Some(wanted) && !tag.text().is_empty())
    };
    let said = |wanted: &str| tag(wanted).and_then(|tag| fact(&tag.at(), Some(tag.text())));
    let name = host.attribute("name");
    let mut macs = Vec::new();
    if let Some(tag) = tag("mac-address") {
        // One a line.
        for word in tag.text().split_ascii_whitespace() {
            macs.extend(intake.value(&tag.at(), guess::mac(word)));
        }
    }
    let ip = match (tag("host-ip"), name) {
        (Some(tag), _) => intake.value(&tag.at(), guess::ip(tag.text())),
        // The name is the address that was scanned, or a name for it.
        (None, Some(name)) => guess::ip(name).ok().map(|value| Fact { value, at: host.at() }),
        (None, None) => None,
    };
    let key = match (said("host-uuid"), macs.first(), name) {
        (Some(uuid), _, _) => SourceKey::new("nessus", "host-uuid", &uuid.value),
        (None, Some(mac), _) => SourceKey::new("nessus", "mac", &mac.value.to_string()),
        (None, None, Some(name)) => SourceKey::new("nessus", "host", name),
        (None, None, None) => return None,
    };
    let mut asset = DeclaredAsset::new(key, host.at());
    asset.name = said("host-fqdn")
        .or_else(|| said("netbios-name"))
        .or_else(|| fact(&host.at(), name.filter(|name| guess::ip(name).is_err())));
    asset.os = said("operating-system").or_else(|| said("os"));
    let together = macs.len() == 1;
    if let Some(ip) = ip {
        let value = Interface {
            mac: macs.first().filter(|_| together).map(|mac| mac.value),
            ip: Some(ip.value),
            vlan: None,
        };
        asset.interfaces.push(Fact { value, at: ip.at });
    }
    if !together || asset.interfaces.is_empty() {
        for mac in macs {
            let value = Interface {
                mac: Some(mac.value),
                ip: None,
                vlan: None,
            };
            add_interface(&mut asset.interfaces, Fact { value, at: mac.at });
        }
    }
    asset.services = services(host, intake);
    Some(asset)
}

/// Each port once, however many items speak of it; port 0 is the host itself.
fn services(host: Element<'_>, intake: &mut Intake) -> Vec<Fact<DeclaredService>> {
    let mut found: BTreeMap<(String, u16), Fact<DeclaredService>> = BTreeMap::new();
    for item in host.named("ReportItem") {
        let text = item.attribute("port").unwrap_or_default();
        let parsed = text.parse().map_err(|_| Fault::NoPort(guess::shown(text)));
        let Some(port) = intake.value(&item.at(), parsed) else {
            continue;
        };
        let transport = item.attribute("protocol").and_then(clean).unwrap_or_default();
        if port.value == 0 || !["tcp", "udp", "sctp"].contains(&transport.as_str()) {
            continue;
        }
        let key = (transport.clone(), port.value);
        found.entry(key).or_insert_with(|| Fact {
            value: DeclaredService {
                transport,
                port: port.value,
                name: item.attribute("svc_name").and_then(clean),
                product: None,
            },
            at: port.at,
        });
    }
    found.into_values().collect()
}
