//! What dissectors say: messages, the objects they address, identity facts and anomalies.

use crate::registry::Protocol;
use cofferdam_terms::{MacAddr, OperationClass};
use std::net::IpAddr;

/// Where something stands in the bytes that were handed to [`Session::parse`](crate::Session::parse).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What part a message plays in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Asks for something.
    Request,
    /// Answers a request.
    Response,
    /// Is sent unasked: reports, announcements, cyclic data.
    Unsolicited,
}

/// A protocol's function, service or command, by the code on the wire and the protocol's own name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Function {
    /// The code as it is on the wire (without response or exception bits). Where a protocol has a group and a
    /// subcode, `group << 8 | subcode`; the protocol's module says so.
    pub code: u32,
    /// The protocol's name for it, `unknown` if the code is in no table. The code is kept either way.
    pub name: &'static str,
}

/// What the answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Not an answer, or an answer that carries no status.
    None,
    /// It worked.
    Success,
    /// It did not: the protocol's status or exception code, and its name.
    Failure {
        /// The code on the wire.
        code: u32,
        /// The protocol's name for it, `unknown` if it is in no table.
        name: &'static str,
    },
}

/// What a message reads, writes or commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address<'a> {
    /// Numbered points in a row: Modbus registers, DNP3 points, IEC 104 objects.
    Points {
        /// The protocol's name of the space: `holding-register`, `binary-input`.
        space: &'static str,
        /// The first, as numbered on the wire.
        first: u32,
        /// How many.
        count: u32,
    },
    /// Bits of memory: S7 `DB1.DBX 4.0`.
    Memory {
        /// The area: `DB`, `M`, `I`, `Q`.
        area: &'static str,
        /// The block number where the area has blocks, else 0.
        block: u32,
        /// The first bit.
        bit: u32,
        /// How many bits.
        bits: u32,
    },
    /// A numbered block or program: S7 `OB1`.
    Block {
        /// The kind of block.
        kind: &'static str,
        /// Its number.
        number: u32,
    },
    /// A CIP class, instance and attribute, as far as the path names them.
    Path {
        /// Class id.
        class: u32,
        /// Instance id.
        instance: Option<u32>,
        /// Attribute id.
        attribute: Option<u32>,
    },
    /// Something that has a name: a tag, file, node, host.
    Name {
        /// What kind of thing: `tag`, `file`, `node`, `host`.
        kind: &'static str,
        /// The name's bytes as they are on the wire.
        name: &'a [u8],
    },
}

/// One object that a message addresses, with the value where the message carries one that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object<'a> {
    /// Which.
    pub address: Address<'a>,
    /// The value's bytes as they are on the wire, if the message carries them (a write request, a read response).
    pub value: Option<&'a [u8]>,
}

impl<'a> Object<'a> {
    /// An object without a value.
    #[must_use]
    pub const fn at(address: Address<'a>) -> Self {
        Self { address, value: None }
    }
}

/// One message of a protocol, in the terms that all protocols share. It borrows from the bytes that were handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The protocol that is spoken, which may be one inside the registered one: `cip` inside `enip`.
    pub protocol: Protocol,
    /// Its part in an exchange.
    pub role: Role,
    /// The function.
    pub function: Function,
    /// What it does to the equipment.
    pub operation: OperationClass,
    /// The device behind the endpoint that it is for or from: a Modbus unit, a DNP3 station address, a CIP slot.
    pub unit: Option<u32>,
    /// The objects addressed, at most as many as the protocol's named bound.
    pub objects: &'a [Object<'a>],
    /// What the answer says.
    pub outcome: Outcome,
    /// The number by which the protocol pairs requests with responses, if it has one.
    pub transaction: Option<u32>,
    /// Where it stands.
    pub span: Span,
}

/// Whom an identity fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// The sender of the bytes.
    Sender,
    /// The sender of the bytes, which says that it has this address: protocols without IP name the sender's own so.
    SenderAt(IpAddr),
    /// Their receiver.
    Receiver,
    /// A host that the message names by its address (ARP, DHCP, DNS answers).
    Host {
        /// Its link-layer address, if named.
        mac: Option<MacAddr>,
        /// Its IP address, if named.
        ip: Option<IpAddr>,
    },
}

/// What kind of fact it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityField {
    /// The maker.
    Vendor,
    /// The product's name or type.
    Product,
    /// The order or catalogue number.
    ProductCode,
    /// The kind of device, in the protocol's own words (CIP device type).
    DeviceType,
    /// Firmware, software or revision.
    Firmware,
    /// Serial number.
    Serial,
    /// A module in the rack, with its slot where the protocol gives it.
    Module,
    /// A host, station or device name.
    HostName,
    /// A domain or workgroup.
    Domain,
    /// An operating system or software stack.
    System,
    /// A user's name (never a secret).
    User,
    /// The address pair itself: this MAC has this IP. The value is empty.
    Binding,
    /// The host offers a network service by itself: `dhcp-server`, `dns-server`, `router`.
    Offers,
    /// A TLS certificate's subject or server name.
    ServerName,
}

impl IdentityField {
    /// Every kind, in printing order.
    pub const ALL: [Self; 14] = [
        Self::Vendor,
        Self::Product,
        Self::ProductCode,
        Self::DeviceType,
        Self::Firmware,
        Self::Serial,
        Self::Module,
        Self::HostName,
        Self::Domain,
        Self::System,
        Self::User,
        Self::Binding,
        Self::Offers,
        Self::ServerName,
    ];

    /// The name in columns and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Product => "product",
            Self::ProductCode => "product-code",
            Self::DeviceType => "device-type",
            Self::Firmware => "firmware",
            Self::Serial => "serial",
            Self::Module => "module",
            Self::HostName => "host-name",
            Self::Domain => "domain",
            Self::System => "system",
            Self::User => "user",
            Self::Binding => "binding",
            Self::Offers => "offers",
            Self::ServerName => "server-name",
        }
    }
}

/// One fact about a device, as a packet states it. It is a claim of the sender, not a truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The protocol that says it.
    pub protocol: Protocol,
    /// Whom it is about.
    pub about: About,
    /// The unit behind the endpoint, if it is about that.
    pub unit: Option<u32>,
    /// What kind of fact.
    pub field: IdentityField,
    /// The value's bytes: text as it is on the wire, or text that the dissector made of numbers (`1.0.3`).
    pub value: &'a [u8],
}

/// Something malformed or out of order that did not stop the session. Each protocol has its own list of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anomaly {
    /// The protocol.
    pub protocol: Protocol,
    /// A stable code: `length-mismatch`, `bad-crc`.
    pub code: &'static str,
    /// Where it stands.
    pub span: Span,
}
