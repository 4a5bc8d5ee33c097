//! DHCP options (RFC 2132): the ones that say who is who.

use super::{Fault, Header, MAX_SERVERS};
use crate::reader::{Reader, Truncated};
use std::net::Ipv4Addr;

const PAD: u8 = 0;
const ROUTERS: u8 = 3;
const NAME_SERVERS: u8 = 6;
const HOST_NAME: u8 = 12;
const DOMAIN: u8 = 15;
const TIME_SERVERS: u8 = 42;
const REQUESTED: u8 = 50;
const OVERLOAD: u8 = 52;
const MESSAGE_TYPE: u8 = 53;
const SERVER: u8 = 54;
const VENDOR_CLASS: u8 = 60;
const CLIENT_NAME: u8 = 81;
const END: u8 = 255;

/// Bits of the overload option: where options go on.
const IN_FILE: u8 = 1;
const IN_SERVER_NAME: u8 = 2;

/// In the client name option's flags: the name is in DNS's wire form rather than in ASCII.
const ENCODED: u8 = 0x04;

/// The options that were found. Of one given twice the first counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) message_type: Option<u8>,
    pub(super) requested: Option<Ipv4Addr>,
    pub(super) server: Option<Ipv4Addr>,
    pub(super) host_name: Option<&'a [u8]>,
    pub(super) domain: Option<&'a [u8]>,
    pub(super) vendor_class: Option<&'a [u8]>,
    pub(super) routers: &'a [u8],
    pub(super) name_servers: &'a [u8],
    pub(super) time_servers: &'a [u8],
    overload: u8,
    /// The first thing that is wrong.
    pub(super) fault: Option<Fault>,
}

impl<'a> Options<'a> {
    /// Reads the options, then those that stand in the file and server name fields, if the first say so.
    pub(super) fn read(reader: Reader<'a>, header: &Header<'a>) -> Self {
        let mut options = Self::default();
        options.area(reader);
        let overload = options.overload;
        if overload & IN_FILE != 0 {
            options.area(Reader::new(header.file));
        }
        if overload & IN_SERVER_NAME != 0 {
            options.area(Reader::new(header.server_name));
        }
        if options
            .message_type
            .is_some_and(|code| super::message_type(code).is_none())
        {
            options.fault(Fault::MessageType);
        }
        options
    }

    fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn area(&mut self, mut reader: Reader<'a>) {
        loop {
            match option(&mut reader) {
                Ok(Some((code, value))) => self.take(code, value),
                Ok(None) => return,
                Err(Truncated { .. }) if reader.is_empty() => return self.fault(Fault::NoEnd),
                Err(Truncated { .. }) => return self.fault(Fault::OptionCutShort),
            }
        }
    }

    fn take(&mut self, code: u8, value: &'a [u8]) {
        match code {
            MESSAGE_TYPE => {
                let code = self.number(value);
                self.message_type = self.message_type.or(code);
            }
            OVERLOAD => self.overload = self.number(value).unwrap_or_default(),
            REQUESTED => {
                let address = self.address(value);
                self.requested = self.requested.or(address);
            }
            SERVER => {
                let address = self.address(value);
                self.server = self.server.or(address);
            }
            HOST_NAME => self.host_name = self.host_name.or(Some(value)),
            DOMAIN => self.domain = self.domain.or(Some(value)),
            VENDOR_CLASS => self.vendor_class = self.vendor_class.or(Some(value)),
            CLIENT_NAME => {
                // Flags, two codes that mean nothing any more, then the name.
                let name = match value {
                    [flags, _, _, name @ ..] if flags & ENCODED == 0 => Some(name),
                    [_, _, _, ..] => None,
                    _ => {
                        self.fault(Fault::OptionLength);
                        None
                    }
                };
                self.host_name = self.host_name.or(name);
            }
            ROUTERS => self.routers = self.list(value, self.routers),
            NAME_SERVERS => self.name_servers = self.list(value, self.name_servers),
            TIME_SERVERS => self.time_servers = self.list(value, self.time_servers),
            _ => {}
        }
    }

    fn number(&mut self, value: &[u8]) -> Option<u8> {
        match value {
            [number] => Some(*number),
            _ => {
                self.fault(Fault::OptionLength);
                None
            }
        }
    }

    fn address(&mut self, value: &[u8]) -> Option<Ipv4Addr> {
        match value.as_array::<4>() {
            Some(octets) => Some(Ipv4Addr::from(*octets)),
            None => {
                self.fault(Fault::OptionLength);
                None
            }
        }
    }

    fn list(&mut self, value: &'a [u8], held: &'a [u8]) -> &'a [u8] {
        if value.is_empty() || !value.len().is_multiple_of(4) {
            self.fault(Fault::OptionLength);
        }
        if held.is_empty() { value } else { held }
    }
}

/// The next option, past padding; `None` at the end mark.
fn option<'a>(reader: &mut Reader<'a>) -> Result<Option<(u8, &'a [u8])>, Truncated> {
    loop {
        match reader.u8()? {
            PAD => {}
            END => return Ok(None),
            code => {
                let length = reader.u8()?;
                return Ok(Some((code, reader.take(length.into())?)));
            }
        }
    }
}

/// The addresses of a list.
pub(super) fn addresses(list: &[u8]) -> impl Iterator<Item = Ipv4Addr> {
    let (whole, _) = list.as_chunks::<4>();
    whole
        .iter()
        .take(MAX_SERVERS)
        .map(|octets| Ipv4Addr::from(*octets))
}
