//! Dissectors: bytes in, typed messages out.
//!
//! A frame goes through [`frame::decode`] to addresses, ports and payload; the payload goes to the [`Session`] of a
//! protocol, which tells a [`Sink`] the [`Message`]s, identity facts and anomalies that it finds. Nothing here does
//! I/O, reads a clock, panics, allocates by a length that a packet claims, or knows of flows, assets or policy.
//!
//! Read first: [`Registration`], [`Session`], [`Message`].
#![forbid(unsafe_code)]

mod ads;
mod amqp;
mod arp;
mod asn1;
mod bacnet;
mod ber;
mod c37118;
mod cdp;
mod codesys;
mod cotp;
mod crc;
mod description;
mod dhcp;
mod dlms;
mod dnp3;
mod dns;
mod enip;
mod ethercat;
mod fins;
mod fox;
pub mod frame;
mod ftp;
mod ge_srtp;
mod goose;
mod hart_ip;
mod http;
mod iec104;
mod kerberos;
mod knx;
mod ldap;
mod lldp;
mod melsoft;
mod message;
mod mms;
mod modbus;
mod mqtt;
mod ntp;
mod opcua;
mod pnio_cm;
mod profinet;
mod ptp;
mod publication;
mod rdp;
mod reader;
mod registry;
mod s7comm;
mod session;
mod slmp;
mod smb;
mod snmp;
mod ssh;
mod sv;
mod syslog;
mod tell;
mod telnet;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod text;
mod tftp;
mod tls;
mod utf16;
mod vnc;

pub use message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
pub use reader::{Reader, Truncated};
pub use registry::{Protocol, REGISTRY, Registration, Sample, by_ether_type, registration};
pub use session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
