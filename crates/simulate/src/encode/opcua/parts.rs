//! The structures that OPC UA's services share: headers, node ids, values, descriptions (OPC 10000-6, clause 5.2).

use super::{Channel, Node, POLICY_NONE, UA_TCP, Value};
use crate::encode::{le16, le32, le64, len32, patch};

pub(super) fn endpoint(out: &mut Vec<u8>, url: &str, server: &str, product: &str) {
    string(out, Some(url));
    application_description(out, server, product, 0);
    string(out, None);
    le32(out, 1);
    string(out, Some(POLICY_NONE));
    le32(out, 1);
    string(out, Some("anonymous"));
    le32(out, 0);
    for _ in 0..3 {
        string(out, None);
    }
    string(out, Some(UA_TCP));
    out.push(0);
}

pub(super) fn application_description(out: &mut Vec<u8>, name: &str, product: &str, kind: u32) {
    string(out, Some(&format!("urn:{name}")));
    string(out, Some(product));
    out.push(2); // localised text without locale
    string(out, Some(name));
    le32(out, kind);
    string(out, None);
    string(out, None);
    le32(out, 0);
}

pub(super) fn request_header(out: &mut Vec<u8>, kind: u16, channel: &Channel) {
    node(out, Node::Standard(kind));
    if channel.session == 0 {
        out.extend_from_slice(&[0, 0]);
    } else {
        out.extend_from_slice(&[2, 0, 0]);
        le32(out, channel.session);
    }
    le64(out, channel.time);
    le32(out, channel.request); // handle
    le32(out, 0); // diagnostics
    string(out, None); // audit entry
    le32(out, 10_000); // timeout hint
    no_extension(out);
}

pub(super) fn response_header(out: &mut Vec<u8>, kind: u16, channel: &Channel) {
    node(out, Node::Standard(kind));
    le64(out, channel.time);
    le32(out, channel.request);
    le32(out, 0); // good
    out.push(0); // diagnostics
    le32(out, 0); // strings
    no_extension(out);
}

pub(super) fn node(out: &mut Vec<u8>, node: Node<'_>) {
    match node {
        Node::Standard(id) => {
            out.extend_from_slice(&[1, 0]);
            le16(out, id);
        }
        Node::Named(name) => {
            out.extend_from_slice(&[3, 2, 0]);
            string(out, Some(name));
        }
    }
}

pub(super) fn read_value(out: &mut Vec<u8>, target: Node<'_>) {
    node(out, target);
    le32(out, 13); // the value attribute
    string(out, None);
    le16(out, 0);
    string(out, None);
}

pub(super) fn data_value(out: &mut Vec<u8>, channel: &Channel, value: Value<'_>) {
    out.push(0x05); // value, source time
    match value {
        Value::Float(value) => {
            out.push(10);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Value::Text(text) => {
            out.push(12);
            string(out, Some(text));
        }
        Value::Int(value) => {
            out.push(6);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
    le64(out, channel.time);
}

pub(super) fn signature(out: &mut Vec<u8>) {
    string(out, None);
    string(out, None);
}

pub(super) fn no_results(out: &mut Vec<u8>) {
    le32(out, 0);
    le32(out, 0);
}

pub(super) fn no_extension(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, 0, 0]);
}

/// The body of an extension object whose type id was just written.
pub(super) fn extension(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(1);
    let at = out.len();
    le32(out, 0);
    body(out);
    let length = len32(out.len() - at - 4);
    patch(out, at, &length.to_le_bytes());
}

/// A string or byte string; `None` is null, length −1.
pub(super) fn string(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => {
            le32(out, len32(text.len()));
            out.extend_from_slice(text.as_bytes());
        }
        None => le32(out, u32::MAX),
    }
}

pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}
