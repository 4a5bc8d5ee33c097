//! `cofferdam protocols`: what is understood, by which specification, and the ports that hint at it.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Align, Form, Screen, Table};
use clap::Args;
use cofferdam_dissect::{REGISTRY, Registration};

/// List the protocols that are understood
#[derive(Debug, Args)]
pub(crate) struct ProtocolsArgs {}

pub(crate) fn run(screen: &mut Screen) -> Result<Outcome, CliError> {
    match screen.form() {
        Form::Json => {
            for entry in REGISTRY {
                screen.json(&serde_json::json!({
                    "protocol": entry.protocol.0,
                    "title": entry.title,
                    "specification": entry.specification,
                    "carriers": carriers(entry),
                    "inner": entry.inner.iter().map(|inner| inner.0).collect::<Vec<_>>(),
                }))?;
            }
        }
        Form::Text => {
            let mut table = Table::new([
                ("PROTOCOL", Align::Left),
                ("NAME", Align::Left),
                ("HINTS", Align::Left),
                ("SPECIFICATION", Align::Left),
            ]);
            for entry in REGISTRY {
                let name = entry.protocol.0.to_owned();
                let hints = carriers(entry).join(" ");
                table.row([
                    name,
                    entry.title.to_owned(),
                    hints,
                    entry.specification.to_owned(),
                ]);
            }
            screen.line(table.to_string().trim_end())?;
            screen.note("Ports are hints: a protocol is known by its content, on whatever port.")?;
        }
    }
    Ok(Outcome::Done)
}

fn carriers(entry: &Registration) -> Vec<String> {
    let tcp = entry.tcp_ports.iter().map(|port| format!("tcp/{port}"));
    let udp = entry.udp_ports.iter().map(|port| format!("udp/{port}"));
    let ethernet = entry
        .ether_types
        .iter()
        .map(|kind| format!("ethernet-0x{:04x}", kind.0));
    tcp.chain(udp).chain(ethernet).collect()
}
