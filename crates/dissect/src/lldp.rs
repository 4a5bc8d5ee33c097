//! LLDP: what a device says of itself to the neighbour on each of its ports.
//!
//! Reads, by IEEE 802.1AB-2016 clause 8, over Ethernet type 0x88cc: chassis and port, time to live, system name and
//! description, enabled capabilities, management addresses; of IEEE 802.1 (802.1Q-2018 D.2) the port's VLAN, of
//! ANSI/TIA-1057 (media endpoints) the inventory, of PROFINET (IEC 61158-6-10) the chassis' MAC and the name of station.
//! An advertisement has code 1, the farewell (time to live 0) code 2: LLDP itself has no function codes.
//!
//! It has no state. Bounds: the frame, [`MAX_ADDRESSES`] management addresses. Skipped: port description, 802.3's link
//! settings, policies and locations of media endpoints, further makers' extensions.

use crate::description;
use crate::message::{About, IdentityField, Message, Object, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, announcement, done, named, plain, trimmed, vlan};
use crate::text::AddressText;
use cofferdam_terms::{EtherType, MacAddr, OperationClass};
use smallvec::SmallVec;
use std::net::IpAddr;

const LLDP: Protocol = Protocol("lldp");

/// The most management addresses of a frame that are told; more are dropped and said.
const MAX_ADDRESSES: usize = 8;

/// LLDP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: LLDP,
    title: "LLDP",
    specification: "IEEE 802.1AB-2016, ANSI/TIA-1057 (2006), IEC 61158-6-10:2019",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::LLDP],
    probe,
    open: || Box::new(Conversation),
    inner: &[],
    samples: SAMPLES,
};

/// Kinds of TLVs (IEEE 802.1AB-2016, table 8-1).
mod kind {
    pub(super) const END: u16 = 0;
    pub(super) const CHASSIS: u16 = 1;
    pub(super) const PORT: u16 = 2;
    pub(super) const TIME_TO_LIVE: u16 = 3;
    pub(super) const SYSTEM_NAME: u16 = 5;
    pub(super) const SYSTEM_DESCRIPTION: u16 = 6;
    pub(super) const CAPABILITIES: u16 = 7;
    pub(super) const MANAGEMENT_ADDRESS: u16 = 8;
    pub(super) const ORGANISATION: u16 = 127;
}

const CHASSIS_MAC: u8 = 4;
const CHASSIS_NETWORK: u8 = 5;
const CHASSIS_LOCAL: u8 = 7;
const PORT_MAC: u8 = 3;
const PORT_NETWORK: u8 = 4;

const IEEE_802_1: [u8; 3] = [0x00, 0x80, 0xc2];
const MEDIA_ENDPOINT: [u8; 3] = [0x00, 0x12, 0xbb];
const PROFINET: [u8; 3] = [0x00, 0x0e, 0xcf];

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A TLV runs over the end.
    CutShort,
    /// Chassis, port and time to live don't come first, once each.
    Order,
    /// A TLV's content isn't what its kind asks for.
    Content,
    /// More management addresses than are kept.
    TooManyAddresses,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::Order => "order",
            Self::Content => "malformed-tlv",
            Self::TooManyAddresses => "too-many-addresses",
        }
    }
}

/// It owns its Ethernet type; a chassis comes first.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [0x02 | 0x03, ..] => Probe::Certain,
        _ => Probe::Unsure,
    }
}

#[derive(Debug)]
struct Conversation;

impl Session for Conversation {
    fn parse(&mut self, _: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let advertisement = Advertisement::read(Reader::new(bytes));
        advertisement.tell(bytes, &mut Tell::new(LLDP, sink));
        Ok(done(bytes))
    }
}

/// What a frame says, as far as it is used.
#[derive(Debug, Default)]
struct Advertisement<'a> {
    /// Subtype and id.
    chassis: Option<(u8, &'a [u8])>,
    port: Option<(u8, &'a [u8])>,
    time_to_live: Option<u16>,
    name: &'a [u8],
    description: &'a [u8],
    /// Those that are enabled.
    capabilities: u16,
    addresses: SmallVec<[IpAddr; 2]>,
    vlan: Option<u16>,
    /// The chassis' MAC by PROFINET's own TLV: its chassis id is a name.
    profinet: Option<MacAddr>,
    inventory: SmallVec<[(IdentityField, &'a [u8]); 4]>,
    fault: Option<Fault>,
}

impl<'a> Advertisement<'a> {
    fn read(mut reader: Reader<'a>) -> Self {
        let mut this = Self::default();
        let mut place = 0;
        while !reader.is_empty() {
            let Ok((kind, value)) = tlv(&mut reader) else {
                this.note(Fault::CutShort);
                break;
            };
            place += 1;
            if kind == kind::END {
                break;
            }
            // The first three are these three, and none of them comes again (8.2).
            if (place <= 3 || (kind::CHASSIS..=kind::TIME_TO_LIVE).contains(&kind)) && kind != place {
                this.note(Fault::Order);
            }
            if this.take(kind, value).is_err() {
                this.note(Fault::Content);
            }
        }
        if this.time_to_live.is_none() {
            this.note(Fault::Order);
        }
        this
    }

    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn take(&mut self, kind: u16, mut value: Reader<'a>) -> Result<(), Truncated> {
        match kind {
            kind::CHASSIS => self.chassis = Some((value.u8()?, value.rest())),
            kind::PORT => self.port = Some((value.u8()?, value.rest())),
            kind::TIME_TO_LIVE => self.time_to_live = Some(value.u16_be()?),
            kind::SYSTEM_NAME => self.name = trimmed(value.rest()),
            kind::SYSTEM_DESCRIPTION => self.description = trimmed(value.rest()),
            kind::CAPABILITIES => {
                let _present = value.u16_be()?;
                self.capabilities = value.u16_be()?;
            }
            kind::MANAGEMENT_ADDRESS => {
                let length = value.u8()?;
                let mut address = value.sub(length.into())?;
                let _interface = (value.u8()?, value.u32_be()?);
                let family = address.u8()?;
                if let Some(address) = network_address(family, address.rest()) {
                    self.add_address(address);
                }
            }
            kind::ORGANISATION => self.organisation(value)?,
            _ => {}
        }
        Ok(())
    }

    fn add_address(&mut self, address: IpAddr) {
        if self.addresses.len() < MAX_ADDRESSES {
            self.addresses.push(address);
        } else {
            self.note(Fault::TooManyAddresses);
        }
    }

    fn organisation(&mut self, mut value: Reader<'a>) -> Result<(), Truncated> {
        match (value.array()?, value.u8()?) {
            (IEEE_802_1, 1) => self.vlan = Some(value.u16_be()?),
            (PROFINET, 5) => self.profinet = Some(MacAddr(value.array()?)),
            (MEDIA_ENDPOINT, subtype) => {
                let field = match subtype {
                    6 | 7 => IdentityField::Firmware,
                    8 => IdentityField::Serial,
                    9 => IdentityField::Vendor,
                    10 => IdentityField::Product,
                    _ => return Ok(()),
                };
                // One of each kind is sent; a frame of more can't make us hold more than it has.
                self.inventory.push((field, trimmed(value.rest())));
            }
            _ => {}
        }
        Ok(())
    }

    /// The chassis' MAC: what its addresses are bound to.
    fn mac(&self) -> Option<MacAddr> {
        let by_chassis = match self.chassis {
            Some((CHASSIS_MAC, id)) => <[u8; 6]>::try_from(id).ok().map(MacAddr),
            _ => None,
        };
        by_chassis.or(self.profinet).filter(|mac| !mac.is_group())
    }

    /// PROFINET's name of station: behind the port's name, in older devices the chassis id (IEC 61158-6-10, 4.11).
    fn station(&self) -> &'a [u8] {
        let (Some(_), Some((_, port))) = (self.profinet, self.port) else {
            return &[];
        };
        let name = match port.iter().position(|byte| *byte == b'.') {
            Some(dot) if port.starts_with(b"port-") => port.get(dot + 1..),
            Some(_) | None => match self.chassis {
                Some((CHASSIS_LOCAL, id)) => Some(id),
                _ => None,
            },
        };
        trimmed(name.unwrap_or_default())
    }

    fn tell(&self, bytes: &[u8], tell: &mut Tell<'_>) {
        self.tell_message(bytes, tell);
        if let Some(fault) = self.fault {
            tell.anomaly(fault.code(), all(bytes));
        }
        tell.fact(IdentityField::HostName, self.name);
        if !self.station().eq_ignore_ascii_case(self.name) {
            tell.fact(IdentityField::HostName, self.station());
        }
        description::tell(self.description, tell);
        for (field, value) in &self.inventory {
            tell.fact(*field, value);
        }
        for (bit, name) in CAPABILITIES {
            if self.capabilities & bit != 0 {
                tell.fact(IdentityField::DeviceType, name.as_bytes());
            }
        }
        let mac = self.mac();
        for ip in self.addresses.iter().filter(|ip| !ip.is_unspecified()) {
            let about = match mac {
                Some(_) => About::Host { mac, ip: Some(*ip) },
                None => About::SenderAt(*ip),
            };
            tell.fact_about(about, IdentityField::Binding, &[]);
            tell.fact_about(about, IdentityField::HostName, self.name);
        }
    }

    fn tell_message(&self, bytes: &[u8], tell: &mut Tell<'_>) {
        let chassis = self
            .chassis
            .map(|id| IdText::new(id, CHASSIS_MAC, CHASSIS_NETWORK));
        let port = self.port.map(|id| IdText::new(id, PORT_MAC, PORT_NETWORK));
        let mut objects: SmallVec<[Object<'_>; 3]> = SmallVec::new();
        objects.extend(chassis.as_ref().map(|id| named("chassis", id.bytes())));
        objects.extend(port.as_ref().map(|id| named("port", id.bytes())));
        objects.extend(self.vlan.map(vlan));
        let function = announcement("Advertisement", self.time_to_live);
        let said = plain(
            LLDP,
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

/// Capabilities that say what a device is (IEEE 802.1AB-2016, table 8-4).
const CAPABILITIES: [(u16, &str); 7] = [
    (1 << 1, "repeater"),
    (1 << 2, "bridge"),
    (1 << 3, "wireless access point"),
    (1 << 4, "router"),
    (1 << 5, "telephone"),
    (1 << 6, "cable modem"),
    (1 << 7, "station"),
];

/// Kind (7 bits), length (9 bits), value.
fn tlv<'a>(reader: &mut Reader<'a>) -> Result<(u16, Reader<'a>), Truncated> {
    let head = reader.u16_be()?;
    Ok((head >> 9, reader.sub(usize::from(head & 0x01ff))?))
}

/// An address by its family (IANA address family numbers).
fn network_address(family: u8, bytes: &[u8]) -> Option<IpAddr> {
    match family {
        1 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        2 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// A chassis' or port's id as text.
enum IdText<'a> {
    Text(&'a [u8]),
    Mac(String),
    Network(AddressText),
}

impl<'a> IdText<'a> {
    fn new((subtype, id): (u8, &'a [u8]), mac: u8, network: u8) -> Self {
        if let (true, Ok(bytes)) = (subtype == mac, <[u8; 6]>::try_from(id)) {
            return Self::Mac(MacAddr(bytes).to_string());
        }
        let address = match id {
            [family, address @ ..] if subtype == network => network_address(*family, address),
            _ => None,
        };
        address.map_or(Self::Text(trimmed(id)), |address| {
            Self::Network(AddressText::new(address))
        })
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Mac(text) => text.as_bytes(),
            Self::Network(text) => text.bytes(),
        }
    }
}

const FRAME: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Ethernet(EtherType::LLDP),
    port: 0,
};

const SAMPLES: &[Sample] = &[
    Sample {
        name: "a switch's advertisement and its farewell",
        turns: &[(FRAME, SWITCH), (FRAME, FAREWELL)],
    },
    Sample {
        name: "a PROFINET device's advertisement, padded",
        turns: &[(FRAME, STATION)],
    },
];

#[rustfmt::skip]
const SWITCH: &[u8] = &[
    0x02, 0x07, 0x04, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, // chassis: MAC
    0x04, 0x06, 0x05, b'g', b'i', b'0', b'/', b'7',       // port: interface name
    0x06, 0x02, 0x00, 0x78,                               // 120 seconds
    0x0a, 0x05, b's', b'w', b'-', b'0', b'1',             // system name
    0x0c, 0x07, b'S', b'w', b'i', b't', b'c', b'h', b' ', // system description
    0x0e, 0x04, 0x00, 0x14, 0x00, 0x14,                   // bridge and router, both enabled
    0x10, 0x0c, 0x05, 0x01, 10, 0, 0, 9,                  // management address
    0x02, 0x00, 0x00, 0x00, 0x07, 0x00,                   // its interface, no object id
    0xfe, 0x06, 0x00, 0x80, 0xc2, 0x01, 0x00, 0x0a,       // 802.1: port VLAN 10
    0xfe, 0x08, 0x00, 0x12, 0xbb, 0x06, b'1', b'.', b'2', b'b', // media endpoint: firmware
    0x00, 0x00,                                           // end
];

#[rustfmt::skip]
const FAREWELL: &[u8] = &[
    0x02, 0x07, 0x04, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01,
    0x04, 0x06, 0x05, b'g', b'i', b'0', b'/', b'7',
    0x06, 0x02, 0x00, 0x00,                               // 0 seconds
    0x00, 0x00,
];

#[rustfmt::skip]
const STATION: &[u8] = &[
    0x02, 0x07, 0x07, b'p', b'u', b'm', b'p', b'-', b'1',                   // chassis: local, the name
    0x04, 0x09, 0x07, b'p', b'o', b'r', b't', b'-', b'0', b'0', b'1',       // port: local
    0x06, 0x02, 0x00, 0x14,
    0xfe, 0x0a, 0x00, 0x0e, 0xcf, 0x05, 0x02, 0x00, 0x00, 0x00, 0x00, 0x09, // PROFINET: chassis' MAC
    0x10, 0x0c, 0x05, 0x01, 10, 0, 0, 9, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00,
    0x00, 0x00,
    0x00, 0x00, 0x00, 0x00,                                                 // padding
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
    fn a_switch_says_its_names_address_and_kind() {
        check(
            SWITCH,
            &[
                "unsolicited lldp 0x1 Advertisement [identify]; chassis 02:00:00:00:00:01; port gi0/7; vlan 10+1",
                "identity lldp sender host-name=sw-01",
                "identity lldp sender system=Switch",
                "identity lldp sender firmware=1.2b",
                "identity lldp sender device-type=bridge",
                "identity lldp sender device-type=router",
                "identity lldp 02:00:00:00:00:01 10.0.0.9 binding=",
                "identity lldp 02:00:00:00:00:01 10.0.0.9 host-name=sw-01",
            ],
        );
        check(
            FAREWELL,
            &["unsolicited lldp 0x2 Shutdown [identify]; chassis 02:00:00:00:00:01; port gi0/7"],
        );
    }

    #[test]
    fn a_profinet_device_says_its_name_of_station_in_either_form() {
        let message = "unsolicited lldp 0x1 Advertisement [identify]; chassis pump-1; port ";
        let rest = [
            "identity lldp sender host-name=pump-1",
            "identity lldp 02:00:00:00:00:09 10.0.0.9 binding=",
        ];
        check(STATION, &[&format!("{message}port-001"), rest[0], rest[1]]);
        let newer = [&STATION[..9], b"\x04\x10\x07port-001.pump-1", &STATION[20..]].concat();
        check(&newer, &[&format!("{message}port-001.pump-1"), rest[0], rest[1]]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = "unsolicited lldp 0x1 Advertisement [identify]";
        check(&[], &[message, "anomaly lldp order"]);
        check(&SWITCH[..8], &[message, "anomaly lldp cut-short"]);
        let twice = [&FAREWELL[..17], &FAREWELL[..17], &FAREWELL[17..]].concat();
        check(
            &twice,
            &[
                "unsolicited lldp 0x2 Shutdown [identify]; chassis 02:00:00:00:00:01; port gi0/7",
                "anomaly lldp order",
            ],
        );
        let short_address = [&SWITCH[..21], &[0x10, 0x01, 0x05]].concat();
        check(
            &short_address,
            &[
                &format!("{message}; chassis 02:00:00:00:00:01; port gi0/7"),
                "anomaly lldp malformed-tlv",
            ],
        );
        let address = &SWITCH[43..57];
        let many = [&SWITCH[..21], &address.repeat(MAX_ADDRESSES + 1)].concat();
        let said = lines(&mut Conversation, &[(FRAME, &many)]);
        assert_eq!(said[1], "anomaly lldp too-many-addresses");
        assert_eq!(said.len(), 2 + MAX_ADDRESSES);
    }

    proptest! {
        #[test]
        fn what_an_encoder_writes_is_read_back(
            mac in any::<[u8; 6]>(),
            name in "[a-z][a-z0-9-]{0,40}",
            address in any::<[u8; 4]>(),
            seconds in 1u16..,
        ) {
            let mac = MacAddr([mac[0] & 0xfe, mac[1], mac[2], mac[3], mac[4], mac[5]]);
            let address = [10, address[1], address[2], address[3]];
            let tlv = |kind: u16, value: &[u8]| {
                let head = kind << 9 | u16::try_from(value.len()).unwrap();
                [&head.to_be_bytes()[..], value].concat()
            };
            let frame = [
                tlv(1, &[&[4][..], &mac.0].concat()),
                tlv(2, &[7, b'p']),
                tlv(3, &seconds.to_be_bytes()),
                tlv(5, name.as_bytes()),
                tlv(8, &[&[5, 1][..], &address, &[1, 0, 0, 0, 1, 0]].concat()),
                tlv(0, &[]),
            ]
            .concat();
            let ip = IpAddr::from(address);
            check(
                &frame,
                &[
                    &format!("unsolicited lldp 0x1 Advertisement [identify]; chassis {mac}; port p"),
                    &format!("identity lldp sender host-name={name}"),
                    &format!("identity lldp {mac} {ip} binding="),
                    &format!("identity lldp {mac} {ip} host-name={name}"),
                ],
            );
        }
    }
}
