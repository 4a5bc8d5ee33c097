//! Nmap's XML report (nmap.dtd 1.05): hosts that are up, their addresses and names, the likeliest operating system, and
//! open ports. A host is told by its MAC address, else by its first IP address. Script output is not read.

use super::{Probe, Read, Reader, fact, wanted_root};
use crate::asset::{DeclaredAsset, DeclaredService, Fact, SourceKey, clean};
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::{Intake, add_interface};
use crate::xml::{Element, Tree};
use cofferdam_plant::Interface;

pub(super) const READER: Reader = Reader {
    name: "nmap",
    title: "Nmap XML report",
    extensions: &["xml"],
    probe,
    read: Read::Xml(read),
};

fn probe(probe: &Probe<'_>) -> bool {
    probe.has_root("nmaprun")
}

fn read(tree: &Tree, intake: &mut Intake) -> Result<(), ReadError> {
    let root = wanted_root(tree, "Nmap report", "nmaprun")?;
    for host in root.named("host") {
        let state = host.first("status").and_then(|status| status.attribute("state"));
        if state == Some("down") {
            continue;
        }
        intake.record();
        match asset(host, intake) {
            Some(asset) => intake.asset(asset),
            None => intake.set_aside(host.at(), Scope::Record, Fault::NoIdentity),
        }
    }
    Ok(())
}

fn asset(host: Element<'_>, intake: &mut Intake) -> Option<DeclaredAsset> {
    let mut mac = None;
    let mut ips = Vec::new();
    let mut vendor = None;
    for address in host.named("address") {
        let Some(text) = address.attribute("addr") else {
            continue;
        };
        if address.attribute("addrtype") == Some("mac") {
            mac = intake.value(&address.at(), guess::mac(text));
            vendor = fact(&address.at(), address.attribute("vendor"));
        } else {
            ips.extend(intake.value(&address.at(), guess::ip(text)));
        }
    }
    let key = match (&mac, ips.first()) {
        (Some(mac), _) => SourceKey::new("nmap", "mac", &mac.value.to_string()),
        (None, Some(ip)) => SourceKey::new("nmap", "ip", &ip.value.to_string()),
        (None, None) => return None,
    };
    let mut asset = DeclaredAsset::new(key, host.at());
    asset.vendor = vendor;
    let mac = mac.map(|mac| mac.value);
    for ip in ips {
        let value = Interface {
            mac,
            ip: Some(ip.value),
            vlan: None,
        };
        add_interface(&mut asset.interfaces, Fact { value, at: ip.at });
    }
    if let (true, Some(mac)) = (asset.interfaces.is_empty(), mac) {
        let value = Interface {
            mac: Some(mac),
            ip: None,
            vlan: None,
        };
        asset.interfaces.push(Fact { value, at: host.at() });
    }
    asset.name = host.first("hostnames").and_then(|names| {
        let mut names = names.named("hostname");
        names.find_map(|name| fact(&name.at(), name.attribute("name")))
    });
    // Matches stand with the likeliest first.
    asset.os = host
        .path(&["os", "osmatch"])
        .and_then(|os| fact(&os.at(), os.attribute("name")));
    for port in host.first("ports").iter().flat_map(|ports| ports.named("port")) {
        let state = port.first("state").and_then(|state| state.attribute("state"));
        if state == Some("open") {
            asset.services.extend(service(port, intake));
        }
    }
    Some(asset)
}

fn service(port: Element<'_>, intake: &mut Intake) -> Option<Fact<DeclaredService>> {
    let number = port.attribute("portid").unwrap_or_default();
    let parsed = number.parse().map_err(|_| Fault::NoPort(guess::shown(number)));
    let number = intake.value(&port.at(), parsed)?;
    let service = port.first("service");
    let text = |name| service.and_then(|service| service.attribute(name));
    let words: Vec<&str> = [text("product"), text("version"), text("extrainfo")]
        .into_iter()
        .flatten()
        .collect();
    Some(Fact {
        value: DeclaredService {
            transport: clean(port.attribute("protocol").unwrap_or("tcp"))?,
            port: number.value,
            name: text("name").and_then(clean),
            product: clean(&words.join(" ")),
        },
        at: number.at,
    })
}
