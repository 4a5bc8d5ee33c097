//! DHCP for IPv4: who a client says it is, which address it gets, and who serves the segment.
//!
//! Reads: RFC 2131 and RFC 2132 (1997), with client names of RFC 4702, over UDP ports 67 and 68. Host name, vendor class
//! and domain are facts about the client; an acknowledged lease binds its addresses; a server, and the routers, name
//! and time servers that it hands out, are said to offer those services. The message type is the function's code; a BOOTP
//! message without one has 0x100 and its op.
//!
//! Bounds: the datagram; [`MAX_SERVERS`] addresses of one option. It has no state.
//!
//! Skipped: options that nothing here needs, and those split over several (RFC 3396).

mod options;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{
    About, Address, Anomaly, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Sink};
use crate::text::AddressText;
use cofferdam_terms::{MacAddr, OperationClass};
use options::Options;
use std::net::Ipv4Addr;

const DHCP: Protocol = Protocol("dhcp");

/// The most addresses of one option that are told; nobody hands out more of one kind.
const MAX_SERVERS: usize = 8;

/// Before the options: BOOTP's fields and the magic cookie.
const HEADER: usize = 240;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const BOOTREQUEST: u8 = 1;
const BOOTREPLY: u8 = 2;
/// Hardware type Ethernet with addresses of six bytes.
const ETHERNET: [u8; 2] = [1, 6];

/// DHCP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: DHCP,
    title: "DHCP",
    specification: "RFC 2131 and RFC 2132 (1997)",
    tcp_ports: &[],
    udp_ports: &[67, 68],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// An option runs over the end.
    OptionCutShort,
    /// An option is not as long as its kind is.
    OptionLength,
    /// The options don't end with an end.
    NoEnd,
    /// A message type that no RFC has.
    MessageType,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::OptionCutShort => "option-cut-short",
            Self::OptionLength => "option-length",
            Self::NoEnd => "no-end",
            Self::MessageType => "message-type",
        }
    }
}

/// A BOOTP header with the magic cookie is nobody else's.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match Header::read(&mut Reader::new(bytes)) {
        Ok(_) => Probe::Certain,
        Err(_) => Probe::No,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        let header = Header::read(&mut reader)?;
        let options = Options::read(reader, &header);
        let span = Span {
            start: 0,
            end: bytes.len(),
        };
        tell(&header, &options, span, sink);
        if let Some(fault) = options.fault {
            sink.anomaly(&Anomaly {
                protocol: DHCP,
                code: fault.code(),
                span,
            });
        }
        Ok(Progress {
            consumed: bytes.len(),
            missing: 0,
        })
    }
}

/// BOOTP's fields, as far as they are used.
#[derive(Clone, Copy, Debug)]
struct Header<'a> {
    op: u8,
    transaction: u32,
    /// The address that the client has and uses.
    client: Ipv4Addr,
    /// The address that the client is given.
    yours: Ipv4Addr,
    mac: Option<MacAddr>,
    /// Server name and boot file: options may go on there.
    server_name: &'a [u8],
    file: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Lost> {
        let lost = |offset, reason| Lost { offset, reason };
        let cut = |truncated: Truncated| lost(truncated.offset, "datagram is shorter than BOOTP's header");
        let mut header = reader.sub(HEADER).map_err(cut)?;
        let [op, hardware, length, _hops] = header.array().map_err(cut)?;
        if !matches!(op, BOOTREQUEST | BOOTREPLY) {
            return Err(lost(0, "op is neither request nor reply"));
        }
        let transaction = header.u32_be().map_err(cut)?;
        let _seconds_and_flags = header.u32_be().map_err(cut)?;
        let client = Ipv4Addr::from(header.u32_be().map_err(cut)?);
        let yours = Ipv4Addr::from(header.u32_be().map_err(cut)?);
        let _next_server_and_relay = header.u64_be().map_err(cut)?;
        let mac = header.array().map_err(cut)?;
        let _rest_of_hardware_address = header.take(10).map_err(cut)?;
        let server_name = header.take(64).map_err(cut)?;
        let file = header.take(128).map_err(cut)?;
        let at = header.offset();
        if header.array().map_err(cut)? != COOKIE {
            return Err(lost(at, "magic cookie is missing"));
        }
        Ok(Self {
            op,
            transaction,
            client,
            yours,
            mac: ([hardware, length] == ETHERNET).then_some(MacAddr(mac)),
            server_name,
            file,
        })
    }
}

/// Message types (RFC 2132, 9.6; RFC 3203, 4388, 6926, 7724).
const fn message_type(code: u8) -> Option<(Role, &'static str)> {
    Some(match code {
        1 => (Role::Request, "Discover"),
        2 => (Role::Response, "Offer"),
        3 => (Role::Request, "Request"),
        4 => (Role::Request, "Decline"),
        5 => (Role::Response, "Ack"),
        6 => (Role::Response, "Nak"),
        7 => (Role::Request, "Release"),
        8 => (Role::Request, "Inform"),
        9 => (Role::Unsolicited, "Force Renew"),
        10 => (Role::Request, "Lease Query"),
        11 => (Role::Response, "Lease Unassigned"),
        12 => (Role::Response, "Lease Unknown"),
        13 => (Role::Response, "Lease Active"),
        14 => (Role::Request, "Bulk Lease Query"),
        15 => (Role::Response, "Lease Query Done"),
        16 => (Role::Request, "Active Lease Query"),
        17 => (Role::Response, "Lease Query Status"),
        18 => (Role::Request, "TLS"),
        _ => return None,
    })
}

const OFFER: u8 = 2;
const ACK: u8 = 5;
const NAK: u8 = 6;
const FORCE_RENEW: u8 = 9;

fn tell(header: &Header<'_>, options: &Options<'_>, span: Span, sink: &mut dyn Sink) {
    let named = options.message_type.and_then(message_type);
    let (role, name) = named.unwrap_or(match header.op {
        BOOTREQUEST => (Role::Request, "BOOTP Request"),
        _ => (Role::Response, "BOOTP Reply"),
    });
    // The address that is asked for, given, or given back.
    let address = [Some(header.yours), options.requested, Some(header.client)]
        .into_iter()
        .flatten()
        .find(|address| !address.is_unspecified());
    let text = address.map(|address| AddressText::new(address.into()));
    let object = text.as_ref().map(|text| {
        Object::at(Address::Name {
            kind: "address",
            name: text.bytes(),
        })
    });
    sink.message(&Message {
        protocol: DHCP,
        role,
        function: Function {
            code: options
                .message_type
                .map_or(0x100 | u32::from(header.op), u32::from),
            name,
        },
        // A lease is opened, kept and closed; a forced renewal makes a client take new settings.
        operation: match options.message_type {
            Some(FORCE_RENEW) => OperationClass::Configure,
            _ => OperationClass::Session,
        },
        unit: None,
        objects: object.as_slice(),
        outcome: match (role, options.message_type) {
            (Role::Response, Some(NAK)) => Outcome::Failure {
                code: NAK.into(),
                name,
            },
            (Role::Response, _) => Outcome::Success,
            (Role::Request | Role::Unsolicited, _) => Outcome::None,
        },
        transaction: Some(header.transaction),
        span,
    });
    tell_client(header, options, sink);
    if matches!(options.message_type, Some(OFFER | ACK)) {
        tell_servers(options, sink);
    }
}

/// What is said of the client: its names, and its address once the server has acknowledged it or it uses it.
fn tell_client(header: &Header<'_>, options: &Options<'_>, sink: &mut dyn Sink) {
    let Some(mac) = header.mac.filter(|mac| !mac.is_group()) else {
        return;
    };
    let leased = match options.message_type {
        Some(ACK) => Some(header.yours),
        Some(_) | None => Some(header.client),
    };
    let ip = leased.filter(|address| !address.is_unspecified());
    let about = About::Host {
        mac: Some(mac),
        ip: ip.map(Into::into),
    };
    let mut say = |field, value| {
        sink.identity(&Identity {
            protocol: DHCP,
            about,
            unit: None,
            field,
            value,
        });
    };
    if ip.is_some() {
        say(IdentityField::Binding, &[]);
    }
    for (field, value) in [
        (IdentityField::HostName, options.host_name),
        (IdentityField::Domain, options.domain),
        (IdentityField::System, options.vendor_class),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            say(field, value);
        }
    }
}

/// What the server says of itself and of others that serve the segment.
fn tell_servers(options: &Options<'_>, sink: &mut dyn Sink) {
    let server = options.server.iter().map(|address| (*address, "dhcp-server"));
    let lists = [
        (options.routers, "router"),
        (options.name_servers, "dns-server"),
        (options.time_servers, "ntp-server"),
    ];
    let listed = lists
        .into_iter()
        .flat_map(|(list, service)| options::addresses(list).map(move |address| (address, service)));
    for (address, service) in server.chain(listed) {
        sink.identity(&Identity {
            protocol: DHCP,
            about: About::Host {
                mac: None,
                ip: Some(address.into()),
            },
            unit: None,
            field: IdentityField::Offers,
            value: service.as_bytes(),
        });
    }
}
