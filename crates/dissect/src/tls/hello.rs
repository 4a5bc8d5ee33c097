//! The two hellos (RFC 8446, 4.1): versions, cipher suites and the extensions that say who is meant. Stateless.

use super::names::is_grease;
use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// The most cipher suites, extensions and signature algorithms of one hello that are looked at; what is beyond is not,
/// and then the fingerprint is not told.
pub(super) const MAX_LIST: usize = 256;
/// The most application protocols that are told.
pub(super) const MAX_PROTOCOLS: usize = 4;

/// A list of 16-bit codes.
pub(super) type Codes = SmallVec<[u16; 32]>;

/// What a ClientHello says.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientHello<'a> {
    /// The highest version that is offered.
    pub(super) version: u16,
    /// Cipher suites in order, without those of RFC 8701.
    pub(super) suites: Codes,
    /// Extensions in order, without those of RFC 8701.
    pub(super) extensions: Codes,
    /// Signature algorithms in order.
    pub(super) signatures: Codes,
    /// The server's name.
    pub(super) server: Option<&'a [u8]>,
    /// Application protocols in order.
    pub(super) protocols: SmallVec<[&'a [u8]; MAX_PROTOCOLS]>,
    /// Whether a list was longer than is looked at.
    pub(super) cut: Cut,
}

/// Whether all of the lists was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cut {
    #[default]
    No,
    Yes,
}

/// What a ServerHello says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerHello<'a> {
    pub(super) version: u16,
    pub(super) suite: u16,
    pub(super) protocol: Option<&'a [u8]>,
}

mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const APPLICATION_PROTOCOLS: u16 = 16;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
}

/// A reader over what a length of 8 bits counts.
fn short<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, Truncated> {
    let length = reader.u8()?;
    reader.sub(usize::from(length))
}

/// A reader over what a length of 16 bits counts.
fn long<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, Truncated> {
    let length = reader.u16_be()?;
    reader.sub(usize::from(length))
}

impl ClientHello<'_> {
    fn keep(codes: &mut Codes, code: u16, cut: &mut Cut) {
        if codes.len() == MAX_LIST {
            *cut = Cut::Yes;
        } else if !is_grease(code) {
            codes.push(code);
        }
    }
}

/// Reads a ClientHello's body.
pub(super) fn client<'a>(mut body: Reader<'a>) -> Result<ClientHello<'a>, Truncated> {
    let mut hello = ClientHello {
        version: body.u16_be()?,
        ..ClientHello::default()
    };
    body.skip(32)?;
    short(&mut body)?;
    let mut suites = long(&mut body)?;
    while !suites.is_empty() {
        ClientHello::keep(&mut hello.suites, suites.u16_be()?, &mut hello.cut);
    }
    short(&mut body)?;
    if body.is_empty() {
        return Ok(hello);
    }
    let mut extensions = long(&mut body)?;
    while !extensions.is_empty() {
        let kind = extensions.u16_be()?;
        let data = long(&mut extensions)?;
        ClientHello::keep(&mut hello.extensions, kind, &mut hello.cut);
        client_extension(&mut hello, kind, data)?;
    }
    Ok(hello)
}

fn client_extension<'a>(
    hello: &mut ClientHello<'a>,
    kind: u16,
    mut data: Reader<'a>,
) -> Result<(), Truncated> {
    match kind {
        extension::SERVER_NAME if !data.is_empty() => {
            let mut names = long(&mut data)?;
            while !names.is_empty() {
                let kind = names.u8()?;
                let name = long(&mut names)?.rest();
                if kind == 0 {
                    hello.server = hello.server.or(Some(name));
                }
            }
        }
        extension::APPLICATION_PROTOCOLS => {
            let mut protocols = long(&mut data)?;
            while !protocols.is_empty() {
                let protocol = short(&mut protocols)?.rest();
                if hello.protocols.len() < MAX_PROTOCOLS {
                    hello.protocols.push(protocol);
                }
            }
        }
        extension::SUPPORTED_VERSIONS => {
            let mut versions = short(&mut data)?;
            let mut highest = 0;
            while !versions.is_empty() {
                let version = versions.u16_be()?;
                if !is_grease(version) {
                    highest = highest.max(version);
                }
            }
            hello.version = highest;
        }
        extension::SIGNATURE_ALGORITHMS => {
            let mut signatures = long(&mut data)?;
            while !signatures.is_empty() {
                ClientHello::keep(&mut hello.signatures, signatures.u16_be()?, &mut hello.cut);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Reads a ServerHello's body.
pub(super) fn server<'a>(mut body: Reader<'a>) -> Result<ServerHello<'a>, Truncated> {
    let mut hello = ServerHello {
        version: body.u16_be()?,
        ..ServerHello::default()
    };
    body.skip(32)?;
    short(&mut body)?;
    hello.suite = body.u16_be()?;
    body.skip(1)?;
    if body.is_empty() {
        return Ok(hello);
    }
    let mut extensions = long(&mut body)?;
    while !extensions.is_empty() {
        let kind = extensions.u16_be()?;
        let mut data = long(&mut extensions)?;
        match kind {
            extension::SUPPORTED_VERSIONS => hello.version = data.u16_be()?,
            extension::APPLICATION_PROTOCOLS => hello.protocol = Some(short(&mut long(&mut data)?)?.rest()),
            _ => {}
        }
    }
    Ok(hello)
}
