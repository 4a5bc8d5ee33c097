//! DHCP (RFC 2131, options of RFC 2132): the four messages by which a host gets its address.

use super::{be16, be32, sized8};
use cofferdam_terms::MacAddr;
use std::net::Ipv4Addr;

/// The message types of option 53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The client looks for servers.
    Discover,
    /// A server offers an address.
    Offer,
    /// The client takes it.
    Request,
    /// The server confirms.
    Ack,
}

/// What a lease is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease<'a> {
    /// The exchange's number.
    pub transaction: u32,
    /// The client.
    pub client: MacAddr,
    /// The address that it gets.
    pub address: Ipv4Addr,
    /// The server, which is the router and offers its own address for it.
    pub server: Ipv4Addr,
    /// The name server.
    pub dns: Ipv4Addr,
    /// The client's name.
    pub host_name: &'a str,
    /// The client's vendor class: `MSFT 5.0`.
    pub vendor_class: &'a str,
}

/// Appends a message.
pub fn message(out: &mut Vec<u8>, message: Message, lease: &Lease<'_>) {
    let from_server = matches!(message, Message::Offer | Message::Ack);
    out.extend_from_slice(&[if from_server { 2 } else { 1 }, 1, 6, 0]);
    be32(out, lease.transaction);
    be16(out, 0);
    be16(out, 0x8000); // answers by broadcast
    be32(out, 0); // the client has no address yet
    be32(out, if from_server { lease.address.to_bits() } else { 0 });
    be32(out, 0);
    be32(out, 0);
    out.extend_from_slice(&lease.client.0);
    out.extend_from_slice(&[0; 10 + 64 + 128]);
    be32(out, 0x6382_5363); // magic cookie
    option(
        out,
        53,
        &[match message {
            Message::Discover => 1,
            Message::Offer => 2,
            Message::Request => 3,
            Message::Ack => 5,
        }],
    );
    match message {
        Message::Discover | Message::Request => {
            if message == Message::Request {
                option(out, 50, &lease.address.octets());
                option(out, 54, &lease.server.octets());
            }
            option(out, 61, &[&[1][..], &lease.client.0].concat());
            option(out, 12, lease.host_name.as_bytes());
            option(out, 60, lease.vendor_class.as_bytes());
            option(out, 55, &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47]);
        }
        Message::Offer | Message::Ack => {
            option(out, 54, &lease.server.octets());
            option(out, 51, &86_400_u32.to_be_bytes());
            option(out, 1, &[255, 255, 255, 0]);
            option(out, 3, &lease.server.octets());
            option(out, 6, &lease.dns.octets());
        }
    }
    out.push(255);
}

fn option(out: &mut Vec<u8>, code: u8, value: &[u8]) {
    out.push(code);
    sized8(out, |out| out.extend_from_slice(value));
}
