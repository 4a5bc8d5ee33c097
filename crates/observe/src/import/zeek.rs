//! Zeek's lines: the head of a TSV file, and what the logs say.

use super::BadLine;
use super::connections::{Line, Part, Told, What, transport};
use super::fields::Fields;
use super::meaning::{self, Userdata};
use crate::record::{Endpoint, InitiatorBasis, Traffic};
use cofferdam_dissect::Protocol;
use cofferdam_terms::{OperationClass, Timestamp, Transport, VlanId};

/// What the head of a file says.
#[derive(Default)]
pub(super) struct Head {
    log: String,
    names: Vec<String>,
}

impl Head {
    /// A file whose head has not come. Its name says which log it is: `conn.log`, `conn.2023-11-15.log`, `/x/conn.log`.
    pub(super) fn of_file(file: &str) -> Self {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        Self {
            log: name.split('.').next().unwrap_or(name).to_owned(),
            names: Vec::new(),
        }
    }

    pub(super) fn log(&self) -> &str {
        &self.log
    }

    /// A line of the head, without its mark.
    pub(super) fn take(&mut self, line: &str) {
        let mut parts = line.split('\t');
        match parts.next() {
            Some("path") => parts.next().unwrap_or_default().clone_into(&mut self.log),
            Some("fields") => self.names = parts.map(str::to_owned).collect(),
            Some(_) | None => {}
        }
    }

    /// A line's values.
    pub(super) fn split<'a>(&'a self, line: &'a str) -> Result<Fields<'a>, BadLine> {
        if self.names.is_empty() {
            return Err(BadLine::NoHeader);
        }
        let values: Vec<&str> = line.split('\t').collect();
        if values.len() != self.names.len() {
            return Err(BadLine::FieldCount);
        }
        Ok(Fields::Columns(&self.names, values))
    }
}

/// What a line of a log says.
pub(super) fn read(log: &str, fields: &Fields<'_>) -> Result<Line, BadLine> {
    let what = match log {
        // Which transport it was is not said.
        "conn"
            if fields
                .text("proto")
                .is_some_and(|proto| proto == "unknown_transport") =>
        {
            None
        }
        "conn" => Some(whole(fields)?),
        "modbus_detailed" => Some(modbus(fields)?),
        "s7comm" => Some(s7comm(fields)?),
        "cip" => Some(cip(fields)?),
        "enip" => Some(enip(fields)?),
        "dnp3" => return dnp3(fields),
        "opcua_binary" => opcua(fields)?,
        _ => None,
    };
    match what {
        Some(what) => Ok(Line::Told(Box::new(told(log, fields, what)?))),
        None => Ok(Line::Unused),
    }
}

fn told(log: &str, fields: &Fields<'_>, what: What) -> Result<Told, BadLine> {
    let end = |ip, mac| {
        let mac = if log == "conn" { fields.mac(mac)? } else { None };
        Ok(Endpoint {
            mac,
            ip: Some(fields.ip(ip)?),
        })
    };
    let transport = match log {
        "conn" => transport(&fields.required("proto")?).ok_or(BadLine::Value("proto"))?,
        // These logs don't say; the conn line of the same id does, if it came before.
        _ => Transport::TCP,
    };
    let vlan = fields.number("vlan")?;
    Ok(Told {
        id: fields.required("uid")?.into_owned(),
        at: fields.time("ts")?,
        initiator: (end("id.orig_h", "orig_l2_addr")?, fields.port("id.orig_p")?),
        responder: (end("id.resp_h", "resp_l2_addr")?, fields.port("id.resp_p")?),
        transport,
        vlan: vlan.and_then(|vlan| VlanId::new(u16::try_from(vlan).ok()?)),
        what,
    })
}

fn whole(fields: &Fields<'_>) -> Result<What, BadLine> {
    let first = fields.time("ts")?;
    let duration = fields.seconds("duration")?.unwrap_or(0);
    let last = Timestamp::from_nanos(first.nanos().saturating_add(duration.max(0)));
    let traffic = |packets, ip_bytes, payload| {
        let payload = fields.number(payload)?.unwrap_or(0);
        Ok((
            Traffic {
                packets: fields.number(packets)?.unwrap_or(0),
                bytes: fields.number(ip_bytes)?.unwrap_or(payload),
            },
            payload,
        ))
    };
    let (sent, sent_payload) = traffic("orig_pkts", "orig_ip_bytes", "orig_bytes")?;
    let (received, received_payload) = traffic("resp_pkts", "resp_ip_bytes", "resp_bytes")?;
    let state = fields.text("conn_state").unwrap_or_default();
    let tcp = fields.text("proto").is_some_and(|proto| proto == "tcp");
    Ok(What::Whole {
        last,
        protocol: fields.text("service").and_then(|names| meaning::service(&names)),
        sent,
        received,
        payload: [sent_payload, received_payload],
        missed: fields.number("missed_bytes")?.unwrap_or(0),
        basis: if tcp && state != "OTH" {
            InitiatorBasis::Syn
        } else {
            InitiatorBasis::Request
        },
    })
}

fn unit(fields: &Fields<'_>) -> Result<Option<u32>, BadLine> {
    let unit = fields.number("unit")?;
    unit.map(|unit| u32::try_from(unit).map_err(|_| BadLine::Value("unit")))
        .transpose()
}

fn modbus(fields: &Fields<'_>) -> Result<What, BadLine> {
    let function = fields.required("func")?;
    let (name, went) = match function.strip_suffix("_EXCEPTION") {
        Some(name) => (name, Went::Wrong),
        None => (&*function, Went::Well),
    };
    let (code, operation) = meaning::modbus(name);
    Ok(What::Message {
        protocol: Protocol("modbus"),
        operation,
        function: code,
        name: name.to_owned(),
        unit: unit(fields)?,
        part: part(speaks(fields, "request_response", "REQUEST"), went),
    })
}

/// Who speaks in a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Asker,
    Answerer,
}

/// What a line says of how it went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    Well,
    Wrong,
}

const fn part(speaks: Speaks, went: Went) -> Part {
    match (speaks, went) {
        (Speaks::Asker, _) => Part::Request,
        (Speaks::Answerer, Went::Wrong) => Part::Failure,
        (Speaks::Answerer, Went::Well) => Part::Answer,
    }
}

/// Who speaks, by a field that has one word where it is the asker.
fn speaks(fields: &Fields<'_>, name: &str, word: &str) -> Speaks {
    match fields.text(name) {
        Some(text) if text != word => Speaks::Answerer,
        Some(_) | None => Speaks::Asker,
    }
}

fn s7comm(fields: &Fields<'_>) -> Result<What, BadLine> {
    let rosctr = fields
        .number("rosctr_code")?
        .ok_or(BadLine::Missing("rosctr_code"))?;
    let code = fields.code("function_code").unwrap_or(0);
    let userdata = rosctr == 7;
    let (function, name) = if userdata {
        let sub = fields.code("subfunction_code").unwrap_or(0);
        (0x1_0000 | (code & 0x0f) << 8 | sub & 0xff, "subfunction_name")
    } else {
        (code, "function_name")
    };
    let asks = rosctr == 1 || (userdata && code & 0xf0 != 0x80);
    let speaks = if asks { Speaks::Asker } else { Speaks::Answerer };
    let went = match fields.text("error_class") {
        Some(class) if class != "No error" => Went::Wrong,
        Some(_) | None => Went::Well,
    };
    Ok(What::Message {
        protocol: Protocol("s7comm"),
        operation: meaning::s7comm(code, if userdata { Userdata::Yes } else { Userdata::No }),
        function,
        name: fields.text(name).unwrap_or_default().into_owned(),
        unit: None,
        part: part(speaks, went),
    })
}

fn went(fields: &Fields<'_>, status: &str) -> Went {
    match fields.text(status) {
        Some(status) if !status.eq_ignore_ascii_case("success") => Went::Wrong,
        Some(_) | None => Went::Well,
    }
}

fn cip(fields: &Fields<'_>) -> Result<What, BadLine> {
    let code = fields
        .code("cip_service_code")
        .ok_or(BadLine::Missing("cip_service_code"))?;
    Ok(What::Message {
        protocol: Protocol("cip"),
        operation: meaning::cip(code, fields.code("class_id")),
        function: code,
        name: fields.text("cip_service").unwrap_or_default().into_owned(),
        unit: None,
        part: part(speaks(fields, "direction", "request"), went(fields, "cip_status")),
    })
}

fn enip(fields: &Fields<'_>) -> Result<What, BadLine> {
    let code = fields
        .code("enip_command_code")
        .ok_or(BadLine::Missing("enip_command_code"))?;
    Ok(What::Message {
        protocol: Protocol("enip"),
        operation: match code {
            0x01 | 0x04 | 0x63 | 0x64 => OperationClass::Identify,
            _ => OperationClass::Session,
        },
        function: code,
        name: fields.text("enip_command").unwrap_or_default().into_owned(),
        unit: None,
        part: part(speaks(fields, "is_orig", "T"), went(fields, "enip_status")),
    })
}

/// A line of `dnp3` has a request, its reply, or both: the request counts, or an unasked report.
fn dnp3(fields: &Fields<'_>) -> Result<Line, BadLine> {
    let (name, part) = match (fields.text("fc_request"), fields.text("fc_reply")) {
        (Some(request), None) => (request, Part::Request),
        (Some(request), Some(_)) => (request, Part::Request),
        (None, Some(reply)) if reply == "UNSOLICITED_RESPONSE" => (reply, Part::Request),
        (None, Some(reply)) => (reply, Part::Answer),
        (None, None) => return Err(BadLine::Missing("fc_request")),
    };
    let (code, operation) = meaning::dnp3(&name);
    let what = What::Message {
        protocol: Protocol("dnp3"),
        operation,
        function: code,
        name: name.into_owned(),
        unit: None,
        part,
    };
    Ok(Line::Told(Box::new(told("dnp3", fields, what)?)))
}

fn opcua(fields: &Fields<'_>) -> Result<Option<What>, BadLine> {
    let Some(name) = fields.text("identifier_str") else {
        return Ok(None);
    };
    let (name, speaks) = match (name.strip_suffix("Request"), name.strip_suffix("Response")) {
        (Some(name), _) => (name, Speaks::Asker),
        (None, Some(name)) => (name, Speaks::Answerer),
        (None, None) => return Ok(None),
    };
    let went = match fields.text("error") {
        Some(_) => Went::Wrong,
        None => Went::Well,
    };
    let code = fields.number("identifier")?.unwrap_or(0);
    Ok(Some(What::Message {
        protocol: Protocol("opcua"),
        operation: meaning::opcua(name),
        function: u32::try_from(code).map_err(|_| BadLine::Value("identifier"))?,
        name: name.to_owned(),
        unit: None,
        part: part(speaks, went),
    }))
}
