//! OPC UA binary over TCP (OPC 10000-6, clauses 5.2, 6.7 and 7.1) with security policy None.
//!
//! Services are those that a historian and a MES use: session, read, write, subscription, publish (OPC 10000-4).

mod parts;

use self::parts::{
    application_description, data_value, double, endpoint, extension, no_extension, no_results, node,
    read_value, request_header, response_header, signature, string,
};
use super::{le32, le64, len32, patch};

/// The port (OPC 10000-6, 7.2).
pub const PORT: u16 = 4840;
const POLICY_NONE: &str = "http://opcfoundation.org/UA/SecurityPolicy#None";
const UA_TCP: &str = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

/// Numbers that every message of a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The channel's number; 0 before the server gave one.
    pub channel: u32,
    /// The token's number.
    pub token: u32,
    /// Counts this side's messages.
    pub sequence: u32,
    /// Pairs answers with questions.
    pub request: u32,
    /// Time of day, in 100 ns since 1601 ([`ticks`]).
    pub time: u64,
    /// The session's secret, 0 without one.
    pub session: u32,
}

/// A moment in OPC UA's unit, from nanoseconds since 1970.
#[must_use]
pub fn ticks(nanos: i64) -> u64 {
    u64::try_from(nanos / 100 + 116_444_736_000_000_000).unwrap_or_default()
}

/// Appends Hello with the endpoint's address.
pub fn hello(out: &mut Vec<u8>, url: &str) {
    chunk(out, *b"HELF", |out| {
        limits(out);
        string(out, Some(url));
    });
}

/// Appends Acknowledge.
pub fn acknowledge(out: &mut Vec<u8>) {
    chunk(out, *b"ACKF", limits);
}

fn limits(out: &mut Vec<u8>) {
    for value in [0, 65_536, 65_536, 0, 0] {
        le32(out, value);
    }
}

/// Appends the question that opens a secure channel without security.
pub fn open_channel(out: &mut Vec<u8>, channel: &Channel) {
    open(out, channel, |out| {
        request_header(out, 446, channel);
        le32(out, 0); // version
        le32(out, 0); // issue
        le32(out, 1); // mode None
        string(out, None); // nonce
        le32(out, 3_600_000);
    });
}

/// Appends its answer.
pub fn channel_opened(out: &mut Vec<u8>, channel: &Channel) {
    open(out, channel, |out| {
        response_header(out, 449, channel);
        le32(out, 0);
        le32(out, channel.channel);
        le32(out, channel.token);
        le64(out, channel.time);
        le32(out, 3_600_000);
        string(out, None);
    });
}

fn open(out: &mut Vec<u8>, channel: &Channel, body: impl FnOnce(&mut Vec<u8>)) {
    chunk(out, *b"OPNF", |out| {
        le32(out, channel.channel);
        string(out, Some(POLICY_NONE));
        string(out, None); // certificate
        string(out, None); // thumbprint
        le32(out, channel.sequence);
        le32(out, channel.request);
        body(out);
    });
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request<'a> {
    /// CreateSession.
    CreateSession {
        /// Who asks.
        application: &'a str,
        /// The endpoint.
        url: &'a str,
    },
    /// ActivateSession as anonymous.
    ActivateSession,
    /// Read of the nodes' values.
    Read(&'a [Node<'a>]),
    /// Write of a node's value.
    Write(Node<'a>, Value<'a>),
    /// CreateSubscription.
    CreateSubscription {
        /// Publishing interval in milliseconds.
        interval: f64,
    },
    /// CreateMonitoredItems on the subscription 1.
    Monitor(&'a [Node<'a>]),
    /// Publish, acknowledging a sequence number of subscription 1.
    Publish {
        /// What is acknowledged, if anything.
        acknowledged: Option<u32>,
    },
    /// CloseSession.
    CloseSession,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Response<'a> {
    /// CreateSession, with the endpoint's address and the server's name.
    SessionCreated {
        /// The endpoint.
        url: &'a str,
        /// The server's application name.
        server: &'a str,
        /// The server's product URI.
        product: &'a str,
    },
    /// ActivateSession.
    SessionActivated,
    /// Read.
    Values(&'a [Value<'a>]),
    /// Write of one node, well done.
    Written,
    /// CreateSubscription.
    SubscriptionCreated {
        /// Publishing interval in milliseconds.
        interval: f64,
    },
    /// CreateMonitoredItems: so many.
    Monitored(u32),
    /// Publish with changed values, by client handle.
    Published {
        /// The notification's number.
        sequence: u32,
        /// Handles and values.
        changes: &'a [(u32, Value<'a>)],
    },
    /// CloseSession.
    SessionClosed,
}

/// A node's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// One of the standard's own.
    Standard(u16),
    /// A name in namespace 2.
    Named(&'a str),
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Float.
    Float(f32),
    /// String.
    Text(&'a str),
    /// Int32.
    Int(i32),
}

/// Appends a question.
pub fn request(out: &mut Vec<u8>, channel: &Channel, request: &Request<'_>) {
    message(out, channel, |out| match request {
        Request::CreateSession { application, url } => {
            request_header(out, 461, channel);
            application_description(out, application, "urn:works.example:client", 1);
            string(out, None);
            string(out, Some(url));
            string(out, Some(application));
            string(out, Some("0123456789abcdef0123456789abcdef"));
            string(out, None);
            double(out, 1_200_000.0);
            le32(out, 0);
        }
        Request::ActivateSession => {
            request_header(out, 467, channel);
            signature(out);
            le32(out, 0);
            le32(out, 0);
            node(out, Node::Standard(321)); // AnonymousIdentityToken
            extension(out, |out| string(out, Some("anonymous")));
            signature(out);
        }
        Request::Read(nodes) => {
            request_header(out, 631, channel);
            double(out, 0.0);
            le32(out, 0);
            le32(out, len32(nodes.len()));
            nodes.iter().for_each(|node| read_value(out, *node));
        }
        Request::Write(target, value) => {
            request_header(out, 673, channel);
            le32(out, 1);
            node(out, *target);
            le32(out, 13);
            string(out, None);
            data_value(out, channel, *value);
        }
        Request::CreateSubscription { interval } => {
            request_header(out, 787, channel);
            double(out, *interval);
            for value in [10_000, 10, 0] {
                le32(out, value);
            }
            out.extend_from_slice(&[1, 0]);
        }
        Request::Monitor(nodes) => {
            request_header(out, 751, channel);
            le32(out, 1);
            le32(out, 0);
            le32(out, len32(nodes.len()));
            for (handle, node) in nodes.iter().enumerate() {
                read_value(out, *node);
                le32(out, 2); // reporting
                le32(out, len32(handle));
                double(out, 1000.0);
                no_extension(out);
                le32(out, 1);
                out.push(1);
            }
        }
        Request::Publish { acknowledged } => {
            request_header(out, 826, channel);
            le32(out, u32::from(acknowledged.is_some()));
            if let Some(sequence) = acknowledged {
                le32(out, 1);
                le32(out, *sequence);
            }
        }
        Request::CloseSession => {
            request_header(out, 473, channel);
            out.push(1);
        }
    });
}

/// Appends an answer.
pub fn response(out: &mut Vec<u8>, channel: &Channel, response: &Response<'_>) {
    message(out, channel, |out| match response {
        Response::SessionCreated { url, server, product } => {
            response_header(out, 464, channel);
            node(out, Node::Named("session"));
            out.extend_from_slice(&[2, 0, 0]); // numeric node in namespace 0
            le32(out, channel.session);
            double(out, 1_200_000.0);
            string(out, Some("fedcba9876543210fedcba9876543210"));
            string(out, None);
            le32(out, 1);
            endpoint(out, url, server, product);
            le32(out, 0);
            signature(out);
            le32(out, 0);
        }
        Response::SessionActivated => {
            response_header(out, 470, channel);
            string(out, None);
            no_results(out);
        }
        Response::Values(values) => {
            response_header(out, 634, channel);
            le32(out, len32(values.len()));
            values.iter().for_each(|value| data_value(out, channel, *value));
            le32(out, 0);
        }
        Response::Written => {
            response_header(out, 676, channel);
            le32(out, 1);
            le32(out, 0);
            le32(out, 0);
        }
        Response::SubscriptionCreated { interval } => {
            response_header(out, 790, channel);
            le32(out, 1);
            double(out, *interval);
            le32(out, 10_000);
            le32(out, 10);
        }
        Response::Monitored(count) => {
            response_header(out, 754, channel);
            le32(out, *count);
            for id in 0..*count {
                le32(out, 0);
                le32(out, id + 1);
                double(out, 1000.0);
                le32(out, 1);
                no_extension(out);
            }
            le32(out, 0);
        }
        Response::Published { sequence, changes } => published(out, channel, *sequence, changes),
        Response::SessionClosed => response_header(out, 476, channel),
    });
}

/// Appends the end of a channel.
pub fn close_channel(out: &mut Vec<u8>, channel: &Channel) {
    chunk(out, *b"CLOF", |out| {
        numbers(out, channel);
        request_header(out, 452, channel);
    });
}

fn published(out: &mut Vec<u8>, channel: &Channel, sequence: u32, changes: &[(u32, Value<'_>)]) {
    response_header(out, 829, channel);
    le32(out, 1);
    le32(out, 1);
    le32(out, sequence);
    out.push(0); // no more
    le32(out, sequence);
    le64(out, channel.time);
    le32(out, 1);
    node(out, Node::Standard(811)); // DataChangeNotification
    extension(out, |out| {
        le32(out, len32(changes.len()));
        for (handle, value) in changes {
            le32(out, *handle);
            data_value(out, channel, *value);
        }
        le32(out, 0);
    });
    no_results(out);
}

fn message(out: &mut Vec<u8>, channel: &Channel, body: impl FnOnce(&mut Vec<u8>)) {
    chunk(out, *b"MSGF", |out| {
        numbers(out, channel);
        body(out);
    });
}

fn numbers(out: &mut Vec<u8>, channel: &Channel) {
    for number in [channel.channel, channel.token, channel.sequence, channel.request] {
        le32(out, number);
    }
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&kind);
    le32(out, 0);
    body(out);
    let length = len32(out.len() - at);
    patch(out, at + 4, &length.to_le_bytes());
}
