//! CDP: what Cisco's devices, and some others, say of themselves to the neighbour on each port.
//!
//! Reads, as Cisco's "Configuring Cisco Discovery Protocol" guide and captures show it (it has no public standard),
//! versions 1 and 2, over IEEE 802.3 with SNAP, organisation 00-00-0C, protocol 0x2000, which the frame decoder hands on
//! under that number: device id, addresses, port, capabilities, software, platform, VTP domain, native VLAN. It has no
//! function codes: an announcement has code 1, one with time to live 0 code 2.
//!
//! It has no state. Bounds: the frame, [`MAX_ADDRESSES`] addresses. Skipped: the checksum, power, VoIP, location,
//! cluster and other TLVs.

use crate::description;
use crate::message::{About, IdentityField, Message, Object, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, announcement, done, named, plain, trimmed, vlan};
use cofferdam_terms::{EtherType, OperationClass};
use smallvec::SmallVec;
use std::net::IpAddr;

const CDP: Protocol = Protocol("cdp");

/// The most addresses of a frame that are told; more are dropped and said.
const MAX_ADDRESSES: usize = 8;

/// CDP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: CDP,
    title: "CDP",
    specification: "Cisco Discovery Protocol versions 1 and 2 (no public standard)",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::CDP],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

/// Kinds of TLVs.
mod kind {
    pub(super) const DEVICE: u16 = 0x0001;
    pub(super) const ADDRESSES: u16 = 0x0002;
    pub(super) const PORT: u16 = 0x0003;
    pub(super) const CAPABILITIES: u16 = 0x0004;
    pub(super) const SOFTWARE: u16 = 0x0005;
    pub(super) const PLATFORM: u16 = 0x0006;
    pub(super) const DOMAIN: u16 = 0x0009;
    pub(super) const NATIVE_VLAN: u16 = 0x000a;
    pub(super) const SYSTEM_NAME: u16 = 0x0014;
    pub(super) const MANAGEMENT: u16 = 0x0016;
}

/// How the protocol of an address is named: an NLPID of one byte, or an 802.2 header.
const NLPID_IPV4: (u8, &[u8]) = (1, &[0xcc]);
const LLC_IPV6: (u8, &[u8]) = (2, &[0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x86, 0xdd]);

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The header or a TLV runs over the end.
    CutShort,
    /// A version that nobody has seen.
    Version,
    /// A TLV's content isn't what its kind asks for.
    Content,
    /// More addresses than are kept.
    TooManyAddresses,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::Version => "version",
            Self::Content => "malformed-tlv",
            Self::TooManyAddresses => "too-many-addresses",
        }
    }
}

fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [1 | 2, _, _, _, 0, ..] => Probe::Certain,
        _ => Probe::Unsure,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        Announcement::read(Reader::new(bytes)).tell(bytes, &mut Tell::new(CDP, sink));
        Ok(done(bytes))
    }
}

/// What a frame says, as far as it is used.
#[derive(Debug, Default)]
struct Announcement<'a> {
    time_to_live: Option<u8>,
    device: &'a [u8],
    name: &'a [u8],
    port: &'a [u8],
    platform: &'a [u8],
    software: &'a [u8],
    domain: &'a [u8],
    capabilities: u32,
    vlan: Option<u16>,
    addresses: SmallVec<[IpAddr; 2]>,
    fault: Option<Fault>,
}

impl<'a> Announcement<'a> {
    fn read(mut reader: Reader<'a>) -> Self {
        let mut this = Self::default();
        match reader.array() {
            Ok([version, seconds, _, _]) => {
                this.time_to_live = Some(seconds);
                if !matches!(version, 1 | 2) {
                    this.note(Fault::Version);
                    return this;
                }
            }
            Err(_) => this.note(Fault::CutShort),
        }
        while !reader.is_empty() {
            let Ok((kind, value)) = tlv(&mut reader) else {
                this.note(Fault::CutShort);
                break;
            };
            if this.take(kind, value).is_err() {
                this.note(Fault::Content);
            }
        }
        this
    }

    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn take(&mut self, kind: u16, mut value: Reader<'a>) -> Result<(), Truncated> {
        match kind {
            kind::DEVICE => self.device = trimmed(value.rest()),
            kind::SYSTEM_NAME => self.name = trimmed(value.rest()),
            kind::PORT => self.port = trimmed(value.rest()),
            kind::PLATFORM => self.platform = trimmed(value.rest()),
            kind::SOFTWARE => self.software = trimmed(value.rest()),
            kind::DOMAIN => self.domain = trimmed(value.rest()),
            kind::CAPABILITIES => self.capabilities = value.u32_be()?,
            kind::NATIVE_VLAN => self.vlan = Some(value.u16_be()?),
            kind::ADDRESSES | kind::MANAGEMENT => {
                // The count is not trusted: each turn reads an address or ends.
                for _ in 0..value.u32_be()? {
                    if let Some(address) = address(&mut value)? {
                        self.add_address(address);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add_address(&mut self, address: IpAddr) {
        if self.addresses.contains(&address) {
            return;
        }
        if self.addresses.len() < MAX_ADDRESSES {
            self.addresses.push(address);
        } else {
            self.note(Fault::TooManyAddresses);
        }
    }

    fn tell(&self, bytes: &[u8], tell: &mut Tell<'_>) {
        self.tell_message(bytes, tell);
        if let Some(fault) = self.fault {
            tell.anomaly(fault.code(), all(bytes));
        }
        tell.fact(IdentityField::HostName, self.device);
        if self.name != self.device {
            tell.fact(IdentityField::HostName, self.name);
        }
        tell.fact(IdentityField::Product, self.platform);
        description::tell(self.software, tell);
        tell.fact(IdentityField::Domain, self.domain);
        for (bit, name) in CAPABILITIES {
            if self.capabilities & bit != 0 {
                tell.fact(IdentityField::DeviceType, name.as_bytes());
            }
        }
        for ip in self.addresses.iter().filter(|ip| !ip.is_unspecified()) {
            let about = About::SenderAt(*ip);
            tell.fact_about(about, IdentityField::Binding, &[]);
            tell.fact_about(about, IdentityField::HostName, self.device);
        }
    }

    fn tell_message(&self, bytes: &[u8], tell: &mut Tell<'_>) {
        let mut objects: SmallVec<[Object<'_>; 3]> = SmallVec::new();
        for (kind, name) in [("chassis", self.device), ("port", self.port)] {
            if !name.is_empty() {
                objects.push(named(kind, name));
            }
        }
        objects.extend(self.vlan.map(vlan));
        let function = announcement("Announcement", self.time_to_live.map(u16::from));
        let said = plain(
            CDP,
            Role::Unsolicited,
            function,
            OperationClass::Identify,
            all(bytes),
        );
        tell.message(&Message {
            objects: &objects,
            ..said
        });
    }
}

/// Capabilities that say what a device is.
const CAPABILITIES: [(u32, &str); 6] = [
    (0x01, "router"),
    (0x02, "bridge"),
    (0x08, "bridge"),
    (0x10, "station"),
    (0x40, "repeater"),
    (0x80, "telephone"),
];

/// Kind, length with these four bytes, value.
fn tlv<'a>(reader: &mut Reader<'a>) -> Result<(u16, Reader<'a>), Truncated> {
    let kind = reader.u16_be()?;
    let offset = reader.offset();
    let length = usize::from(reader.u16_be()?);
    let value = length.checked_sub(4).ok_or(Truncated { offset, missing: 4 })?;
    Ok((kind, reader.sub(value)?))
}

/// An address of any protocol; those that are not IP are passed over.
fn address(reader: &mut Reader<'_>) -> Result<Option<IpAddr>, Truncated> {
    let protocol_type = reader.u8()?;
    let protocol_length = reader.u8()?;
    let protocol = reader.take(protocol_length.into())?;
    let length = reader.u16_be()?;
    let bytes = reader.take(length.into())?;
    Ok(match (protocol_type, protocol) {
        NLPID_IPV4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        LLC_IPV6 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    })
}

const FRAME: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Ethernet(EtherType::CDP),
    port: 0,
};

const SAMPLES: &[Sample] = &[Sample {
    name: "a switch's announcement",
    turns: &[(FRAME, SWITCH)],
}];

#[rustfmt::skip]
const SWITCH: &[u8] = &[
    0x02, 0xb4, 0x00, 0x00,                                       // version 2, 180 seconds, checksum
    0x00, 0x01, 0x00, 0x09, b's', b'w', b'-', b'0', b'2',         // device id
    0x00, 0x02, 0x00, 0x11, 0x00, 0x00, 0x00, 0x01,               // one address:
    0x01, 0x01, 0xcc, 0x00, 0x04, 10, 0, 0, 8,                    // NLPID, IPv4
    0x00, 0x03, 0x00, 0x07, b'G', b'i', b'1',                     // port
    0x00, 0x04, 0x00, 0x08, 0x00, 0x00, 0x00, 0x28,               // switch with IGMP
    0x00, 0x05, 0x00, 0x1a, b'C', b'i', b's', b'c', b'o', b' ', b'X', b',', b' ',
    b'V', b'e', b'r', b's', b'i', b'o', b'n', b' ', b'1', b'5', b'.', b'2', b',', // software
    0x00, 0x06, 0x00, 0x0a, b'I', b'E', b'3', b'0', b'0', b'0',   // platform
    0x00, 0x0a, 0x00, 0x06, 0x00, 0x0a,                           // native VLAN 10
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lines;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: &[&str]) {
        assert_eq!(lines(&mut Conversation, &[(FRAME, bytes)]), expected);
    }

    #[test]
    fn a_switch_says_its_name_platform_software_and_address() {
        check(
            SWITCH,
            &[
                "unsolicited cdp 0x1 Announcement [identify]; chassis sw-02; port Gi1; vlan 10+1",
                "identity cdp sender host-name=sw-02",
                "identity cdp sender product=IE3000",
                "identity cdp sender system=Cisco X, Version 15.2,",
                "identity cdp sender vendor=Cisco",
                "identity cdp sender firmware=15.2",
                "identity cdp sender device-type=bridge",
                "identity cdp sender at 10.0.0.8 binding=",
                "identity cdp sender at 10.0.0.8 host-name=sw-02",
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = "unsolicited cdp 0x1 Announcement [identify]";
        check(&[2, 180], &[message, "anomaly cdp cut-short"]);
        check(&[7, 180, 0, 0, 0, 1], &[message, "anomaly cdp version"]);
        check(
            &[2, 0, 0, 0, 0, 1, 0, 3],
            &["unsolicited cdp 0x2 Shutdown [identify]", "anomaly cdp cut-short"],
        );
        check(
            &[2, 1, 0, 0, 0, 2, 0, 8, 0xff, 0xff, 0xff, 0xff],
            &[message, "anomaly cdp malformed-tlv"],
        );
    }

    proptest! {
        #[test]
        fn what_an_encoder_writes_is_read_back(
            name in "[a-z][a-z0-9-]{0,40}",
            platform in "[A-Z][A-Z0-9-]{0,40}",
            hosts in prop::collection::btree_set(1u8..250, 0..=MAX_ADDRESSES),
        ) {
            let tlv = |kind: u16, value: &[u8]| {
                let length = u16::try_from(value.len() + 4).unwrap();
                [&kind.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
            };
            let mut addresses = u32::try_from(hosts.len()).unwrap().to_be_bytes().to_vec();
            for host in &hosts {
                addresses.extend([1, 1, 0xcc, 0, 4, 10, 1, 2, *host]);
            }
            let frame = [
                vec![2, 180, 0, 0],
                tlv(1, name.as_bytes()),
                tlv(0x16, &addresses),
                tlv(6, platform.as_bytes()),
            ]
            .concat();
            let mut expected = vec![
                format!("unsolicited cdp 0x1 Announcement [identify]; chassis {name}"),
                format!("identity cdp sender host-name={name}"),
                format!("identity cdp sender product={platform}"),
            ];
            expected.extend(hosts.iter().flat_map(|host| {
                let fact = format!("identity cdp sender at 10.1.2.{host}");
                [format!("{fact} binding="), format!("{fact} host-name={name}")]
            }));
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            check(&frame, &expected);
        }
    }
}
