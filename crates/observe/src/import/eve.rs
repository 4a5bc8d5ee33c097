//! Suricata's events: flows, and the Modbus, DNP3 and EtherNet/IP transactions that say what was asked.

use super::BadLine;
use super::connections::{Line, Part, Told, What, transport};
use super::fields::Fields;
use super::meaning;
use crate::record::{Endpoint, InitiatorBasis, Traffic};
use cofferdam_dissect::Protocol;
use cofferdam_terms::VlanId;

/// What an event says.
pub(super) fn read(fields: &Fields<'_>) -> Result<Line, BadLine> {
    let what = match &*fields.required("event_type")? {
        "flow" => Some(whole(fields)?),
        "modbus" => modbus(fields)?,
        "dnp3" => dnp3(fields)?,
        "enip" => enip(fields)?,
        _ => None,
    };
    match what {
        Some(what) => Ok(Line::Told(Box::new(told(fields, what)?))),
        None => Ok(Line::Unused),
    }
}

fn told(fields: &Fields<'_>, what: What) -> Result<Told, BadLine> {
    let end = |ip, mac| {
        // A list where a flow was seen under several.
        let text = fields
            .text(mac)
            .map(|text| text.split(',').next().unwrap_or_default().to_owned());
        Ok(Endpoint {
            mac: text.and_then(|text| text.parse().ok()),
            ip: Some(fields.ip(ip)?),
        })
    };
    let vlan = fields.text("vlan");
    let at = if fields.text("flow.start").is_some() {
        fields.time("flow.start")?
    } else {
        fields.time("timestamp")?
    };
    Ok(Told {
        id: fields.required("flow_id")?.into_owned(),
        at,
        initiator: (end("src_ip", "ether.src_macs")?, fields.port("src_port")?),
        responder: (end("dest_ip", "ether.dest_macs")?, fields.port("dest_port")?),
        transport: transport(&fields.required("proto")?).ok_or(BadLine::Value("proto"))?,
        // Of several tags the innermost is the last.
        vlan: vlan.and_then(|tags| VlanId::new(tags.rsplit(',').next()?.parse().ok()?)),
        what,
    })
}

fn whole(fields: &Fields<'_>) -> Result<What, BadLine> {
    let traffic = |packets, bytes| {
        Ok(Traffic {
            packets: fields.number(packets)?.unwrap_or(0),
            bytes: fields.number(bytes)?.unwrap_or(0),
        })
    };
    let sent = traffic("flow.pkts_toserver", "flow.bytes_toserver")?;
    let received = traffic("flow.pkts_toclient", "flow.bytes_toclient")?;
    let last = if fields.text("flow.end").is_some() {
        fields.time("flow.end")?
    } else {
        fields.time("timestamp")?
    };
    let established = fields.text("flow.state").is_some_and(|state| state != "new");
    Ok(What::Whole {
        last,
        protocol: fields.text("app_proto").and_then(|name| meaning::service(&name)),
        sent,
        received,
        // Events count whole packets: where a conversation came about there was payload.
        payload: [
            u64::from(established),
            u64::from(established && received.packets > 0),
        ],
        missed: 0,
        basis: InitiatorBasis::Request,
    })
}

fn number(fields: &Fields<'_>, names: &[&'static str]) -> Option<u32> {
    names.iter().find_map(|name| fields.code(name))
}

fn modbus(fields: &Fields<'_>) -> Result<Option<What>, BadLine> {
    let Some(code) = number(
        fields,
        &["modbus.request.function_raw", "modbus.response.function_raw"],
    ) else {
        return Err(BadLine::Missing("modbus.request.function_raw"));
    };
    let (name, operation) = meaning::modbus_code(code & 0x7f);
    Ok(Some(What::Message {
        protocol: Protocol("modbus"),
        operation,
        function: code & 0x7f,
        name,
        unit: number(fields, &["modbus.request.unit_id", "modbus.response.unit_id"]),
        part: Part::Request,
    }))
}

fn dnp3(fields: &Fields<'_>) -> Result<Option<What>, BadLine> {
    let request = [
        "dnp3.request.application.function_code",
        "dnp3.application.function_code",
    ];
    let Some(code) = number(fields, &request) else {
        return Ok(None);
    };
    Ok(Some(What::Message {
        protocol: Protocol("dnp3"),
        operation: meaning::dnp3_class(code),
        function: code,
        name: format!("function {code}"),
        unit: number(fields, &["dnp3.request.dst", "dnp3.dst"]),
        part: if code == 129 { Part::Answer } else { Part::Request },
    }))
}

fn enip(fields: &Fields<'_>) -> Result<Option<What>, BadLine> {
    let Some(service) = number(fields, &["enip.request.cip.service"]) else {
        return Ok(None);
    };
    Ok(Some(What::Message {
        protocol: Protocol("cip"),
        operation: meaning::cip(service, number(fields, &["enip.request.cip.path.class_id"])),
        function: service,
        name: format!("service 0x{service:02x}"),
        unit: None,
        part: Part::Request,
    }))
}
