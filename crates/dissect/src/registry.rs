//! The list of protocols. Adding one is a file and a line here; tests fail while a file is not in the list.

use crate::session::{Context, Probe, Session};
use cofferdam_terms::EtherType;
use std::fmt;

/// A protocol's short name, as in columns, permits and the API: `modbus`, `s7comm`, `cip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub &'static str);

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// One protocol: how to know it and how to follow it.
#[derive(Clone, Copy)]
pub struct Registration {
    /// Its short name.
    pub protocol: Protocol,
    /// Its name in the field: `Modbus/TCP`.
    pub title: &'static str,
    /// The specification that the dissector follows, with edition.
    pub specification: &'static str,
    /// TCP ports that hint at it.
    pub tcp_ports: &'static [u16],
    /// UDP ports that hint at it.
    pub udp_ports: &'static [u16],
    /// Ethernet types that it owns.
    pub ether_types: &'static [EtherType],
    /// Whether the first bytes of a side are its own. Is only asked for a carrier that the protocol uses: one with
    /// ports or types in the lists above.
    pub probe: fn(Context, &[u8]) -> Probe,
    /// A new conversation's state.
    pub open: fn() -> Box<dyn Session>,
    /// Other protocols that its messages may name: `cip` inside `enip`.
    pub inner: &'static [Protocol],
    /// Good conversations, for the tests that every protocol has to pass and as seeds for fuzzing.
    pub samples: &'static [Sample],
}

/// A conversation, or the start of one, that the protocol must read to the end without loss or anomaly.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What it is, as a lower-case phrase.
    pub name: &'static str,
    /// Who sends what on which carrier, in order: pieces of a stream, or one datagram or frame each.
    pub turns: &'static [(Context, &'static [u8])],
}

/// Every protocol, in the order in which probes are asked.
pub const REGISTRY: &[Registration] = &[
    // One a line, by name.
    crate::ads::REGISTRATION,
    crate::amqp::REGISTRATION,
    crate::arp::REGISTRATION,
    crate::bacnet::REGISTRATION,
    crate::c37118::REGISTRATION,
    crate::cdp::REGISTRATION,
    crate::codesys::REGISTRATION,
    crate::dhcp::REGISTRATION,
    crate::dlms::REGISTRATION,
    crate::dnp3::REGISTRATION,
    crate::dns::REGISTRATION,
    crate::enip::REGISTRATION,
    crate::ethercat::REGISTRATION,
    crate::fox::REGISTRATION,
    crate::fins::REGISTRATION,
    crate::ftp::REGISTRATION,
    crate::ge_srtp::REGISTRATION,
    crate::goose::REGISTRATION,
    crate::hart_ip::REGISTRATION,
    crate::http::REGISTRATION,
    crate::kerberos::REGISTRATION,
    crate::knx::REGISTRATION,
    crate::ldap::REGISTRATION,
    crate::iec104::REGISTRATION,
    crate::lldp::REGISTRATION,
    crate::melsoft::REGISTRATION,
    crate::mms::REGISTRATION,
    crate::modbus::REGISTRATION,
    crate::mqtt::REGISTRATION,
    crate::ntp::REGISTRATION,
    crate::opcua::REGISTRATION,
    crate::pnio_cm::REGISTRATION,
    crate::profinet::REGISTRATION,
    crate::ptp::REGISTRATION,
    crate::rdp::REGISTRATION,
    crate::s7comm::REGISTRATION,
    crate::slmp::REGISTRATION,
    crate::smb::REGISTRATION,
    crate::snmp::REGISTRATION,
    crate::ssh::REGISTRATION,
    crate::sv::REGISTRATION,
    crate::syslog::REGISTRATION,
    crate::telnet::REGISTRATION,
    crate::tftp::REGISTRATION,
    crate::tls::REGISTRATION,
    crate::vnc::REGISTRATION,
];

/// The registration of a protocol.
#[must_use]
pub fn registration(protocol: Protocol) -> Option<&'static Registration> {
    REGISTRY.iter().find(|entry| entry.protocol == protocol)
}

/// The protocol that owns an Ethernet type.
#[must_use]
pub fn by_ether_type(ether_type: EtherType) -> Option<&'static Registration> {
    REGISTRY
        .iter()
        .find(|entry| entry.ether_types.contains(&ether_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_found_by_its_name_and_by_its_ethernet_type() {
        for entry in REGISTRY {
            let found = registration(entry.protocol).unwrap();
            assert_eq!(found.title, entry.title);
            for ether_type in entry.ether_types {
                assert_eq!(by_ether_type(*ether_type).unwrap().protocol, entry.protocol);
            }
        }
        assert!(registration(Protocol("none")).is_none());
        // IP is no protocol's own: the frame decoder goes on inside it.
        assert!(by_ether_type(EtherType::IPV4).is_none());
    }
}
