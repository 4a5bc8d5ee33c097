//! Which host a record names. Stateless.

use super::names::kind;
use super::netbios::{self, NetBiosName};
use super::wire::{self, Record};
use super::{Emit, Fault, Flavour};
use crate::message::{About, IdentityField};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Says which host a record names.
pub(super) fn host<'a>(record: &Record<'a>, message: &'a [u8], emit: &mut Emit<'_>) -> Result<(), Fault> {
    let mut data = record.data;
    let cut = |_| Fault::MalformedData;
    match (emit.flavour, record.kind) {
        (Flavour::NetBios, kind::NB) => {
            // Flags and address, once for each address of the name.
            while data.left() >= 6 {
                let flags = data.u16_be().map_err(cut)?;
                let address = IpAddr::V4(Ipv4Addr::from(data.array::<4>().map_err(cut)?));
                netbios_name(NetBiosName::decode(&record.name), flags, Some(address), emit);
            }
        }
        (Flavour::NetBios, kind::NBSTAT) => {
            for name in netbios::node_status(data) {
                let (name, flags) = name.map_err(cut)?;
                netbios_name(Some(name), flags, None, emit);
            }
        }
        (_, kind::A) => {
            let address = IpAddr::V4(Ipv4Addr::from(data.array::<4>().map_err(cut)?));
            emit.host(address, IdentityField::HostName, &record.name);
        }
        (_, kind::AAAA) => {
            let address = IpAddr::V6(Ipv6Addr::from(data.array::<16>().map_err(cut)?));
            emit.host(address, IdentityField::HostName, &record.name);
        }
        (_, kind::PTR) => {
            if let Some(address) = reverse(&record.name) {
                let name = wire::name(&mut data, message).map_err(cut)?;
                emit.host(address, IdentityField::HostName, &name);
            }
        }
        _ => {}
    }
    Ok(())
}

fn netbios_name(name: Option<NetBiosName>, flags: u16, address: Option<IpAddr>, emit: &mut Emit<'_>) {
    let Some(name) = name else { return };
    let Some(field) = name.field(flags) else { return };
    match address {
        // A group's name says of each member which group it is in.
        Some(address) => emit.host(address, field, name.text()),
        None => emit.identity(About::Sender, field, name.text()),
    }
}

/// The IPv4 address of a name such as `4.3.2.1.in-addr.arpa`.
fn reverse(name: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(name).ok()?;
    let digits = text.strip_suffix(".in-addr.arpa")?;
    let mut parts = digits.split('.').map(|part| part.parse::<u8>().ok());
    let octets = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    let [d, c, b, a] = octets;
    parts
        .next()
        .is_none()
        .then_some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}
