//! What requests say: the nodes that they address and who asks (IEC 62541-4, 5). Stateless.

use super::binary::{self, array, length, localized_text, node, string};
use super::names::{Service, id};
use super::session::Fact;
use super::state::Nodes;
use super::{Emit, MAX_TOLD};
use crate::message::{About, IdentityField};
use crate::reader::{Reader, Truncated};

/// Reads over a request's header.
pub(super) fn skip_header(reader: &mut Reader<'_>) -> Result<(), Truncated> {
    // Token, time, handle, diagnostics.
    node(reader)?;
    reader.skip(8 + 4 + 4)?;
    string(reader)?;
    // Time-out.
    reader.skip(4)?;
    binary::extension(reader).map(drop)
}

/// Reads a request's body: its nodes go to `nodes`, other things that it names to `facts`.
pub(super) fn read<'a>(
    service: &Service,
    reader: &mut Reader<'a>,
    nodes: &mut Nodes,
    facts: &mut Vec<Fact<'a>>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    match service.request {
        id::OPEN_SECURE_CHANNEL => {
            // Version and whether it issues or renews.
            reader.skip(4 + 4)?;
            let mode = super::names::security_mode(reader.u32_le()?);
            facts.push(Fact::Borrowed("security-mode", mode.as_bytes()));
            Ok(())
        }
        id::FIND_SERVERS | id::GET_ENDPOINTS => {
            facts.push(Fact::Borrowed("endpoint", string(reader)?));
            Ok(())
        }
        id::CREATE_SESSION => create_session(reader, facts, emit),
        id::ACTIVATE_SESSION => activate_session(reader, facts, emit),
        id::BROWSE => {
            // View: node, time, version; then how many references.
            node(reader)?;
            reader.skip(8 + 4 + 4)?;
            array(reader, |reader| {
                add(reader, nodes)?;
                reader.skip(4)?;
                node(reader)?;
                reader.skip(1 + 4 + 4)
            })
        }
        id::REGISTER_NODES => array(reader, |reader| add(reader, nodes)),
        id::READ => {
            // Age and which times.
            reader.skip(8 + 4)?;
            array(reader, |reader| read_value_id(reader, nodes))
        }
        id::WRITE => array(reader, |reader| {
            add(reader, nodes)?;
            reader.skip(4)?;
            string(reader)?;
            binary::data_value(reader).map(drop)
        }),
        id::CALL => array(reader, |reader| {
            // The object, then the method of it that is called.
            node(reader)?;
            add(reader, nodes)?;
            array(reader, |reader| binary::variant(reader).map(drop))
        }),
        id::CREATE_MONITORED_ITEMS => {
            reader.skip(4 + 4)?;
            array(reader, |reader| {
                read_value_id(reader, nodes)?;
                // Mode, client's handle, interval.
                reader.skip(4 + 4 + 8)?;
                binary::extension(reader)?;
                reader.skip(4 + 1)
            })
        }
        _ => Ok(()),
    }
}

/// The values of a Write request, in order.
pub(super) fn written<'a>(mut reader: Reader<'a>) -> impl Iterator<Item = Option<&'a [u8]>> {
    let count = length(&mut reader).unwrap_or(0);
    (0..count).map_while(move |_| {
        node(&mut reader).ok()?;
        reader.skip(4).ok()?;
        string(&mut reader).ok()?;
        Some(binary::data_value(&mut reader).ok()?.value)
    })
}

fn add(reader: &mut Reader<'_>, nodes: &mut Nodes) -> Result<(), Truncated> {
    let node = node(reader)?;
    nodes.add(|text| node.write(text));
    Ok(())
}

/// Node, attribute, index range, encoding.
fn read_value_id(reader: &mut Reader<'_>, nodes: &mut Nodes) -> Result<(), Truncated> {
    add(reader, nodes)?;
    reader.skip(4)?;
    string(reader)?;
    binary::skip_qualified_name(reader)
}

/// An application: its URI, its product's URI, its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Application<'a> {
    uri: &'a [u8],
    product: &'a [u8],
    name: &'a [u8],
}

/// Reads an application description.
pub(super) fn application<'a>(reader: &mut Reader<'a>) -> Result<Application<'a>, Truncated> {
    let (uri, product, name) = (string(reader)?, string(reader)?, localized_text(reader)?);
    // Type, gateway, discovery profile, discovery URLs.
    reader.skip(4)?;
    string(reader)?;
    string(reader)?;
    array(reader, |reader| string(reader).map(drop))?;
    Ok(Application { uri, product, name })
}

impl Application<'_> {
    /// Says who the sender is.
    pub(super) fn tell(&self, emit: &mut Emit<'_>) {
        emit.identity(About::Sender, IdentityField::Product, self.name);
        emit.identity(About::Sender, IdentityField::System, self.product);
        emit.identity(About::Sender, IdentityField::ServerName, self.uri);
    }
}

fn create_session<'a>(
    reader: &mut Reader<'a>,
    facts: &mut Vec<Fact<'a>>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    application(reader)?.tell(emit);
    // The server's URI, which the client expects; then the endpoint and the session's name.
    string(reader)?;
    facts.push(Fact::Borrowed("endpoint", string(reader)?));
    facts.push(Fact::Borrowed("session", string(reader)?));
    Ok(())
}

/// Node ids of the encodings of identity tokens.
mod token {
    pub(super) const ANONYMOUS: u32 = 321;
    pub(super) const USER_NAME: u32 = 324;
    pub(super) const CERTIFICATE: u32 = 327;
    pub(super) const ISSUED: u32 = 940;
}

fn activate_session<'a>(
    reader: &mut Reader<'a>,
    facts: &mut Vec<Fact<'a>>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    // The client's signature, its software's certificates, its locales.
    string(reader)?;
    string(reader)?;
    array(reader, |reader| {
        string(reader).and_then(|_| string(reader)).map(drop)
    })?;
    array(reader, |reader| string(reader).map(drop))?;
    let (kind, body) = binary::extension(reader)?;
    let kind = match kind.standard() {
        Some(token::ANONYMOUS) => "anonymous",
        Some(token::USER_NAME) => {
            // The policy, then the name; the password after them is not read.
            let mut body = Reader::new(body);
            string(&mut body)?;
            emit.identity(About::Sender, IdentityField::User, string(&mut body)?);
            "user name"
        }
        Some(token::CERTIFICATE) => "certificate",
        Some(token::ISSUED) => "issued token",
        _ => return Ok(()),
    };
    facts.push(Fact::Borrowed("user-token", kind.as_bytes()));
    Ok(())
}

/// Reads the endpoints that a server offers: each as its address, security mode and policy. Says who the server is.
pub(super) fn endpoints<'a>(
    reader: &mut Reader<'a>,
    facts: &mut Vec<Fact<'a>>,
    emit: &mut Emit<'_>,
) -> Result<(), Truncated> {
    let mut told = None;
    array(reader, |reader| {
        let url = string(reader)?;
        let server = application(reader)?;
        // The same server stands in each of its endpoints.
        if told.is_none_or(|told| told != server) {
            server.tell(emit);
            told = Some(server);
        }
        string(reader)?;
        let mode = super::names::security_mode(reader.u32_le()?);
        let policy = string(reader)?;
        if facts.len() < MAX_TOLD {
            facts.push(Fact::Composed("endpoint", compose(url, mode, policy)));
        }
        array(reader, |reader| {
            string(reader)?;
            reader.skip(4)?;
            string(reader)?;
            string(reader)?;
            string(reader).map(drop)
        })?;
        string(reader)?;
        reader.skip(1)
    })
}

/// `opc.tcp://host:4840 SignAndEncrypt Basic256Sha256`.
fn compose(url: &[u8], mode: &str, policy: &[u8]) -> Vec<u8> {
    let policy = policy_name(policy);
    [
        url.get(..256).unwrap_or(url),
        b" ",
        mode.as_bytes(),
        b" ",
        policy.get(..64).unwrap_or(policy),
    ]
    .concat()
}

/// The part of a security policy's URI that names it.
pub(super) fn policy_name(uri: &[u8]) -> &[u8] {
    uri.rsplit(|byte| *byte == b'#').next().unwrap_or(uri)
}
