//! `cofferdam flows`: flow records in the order of time, filtered.

use crate::Outcome;
use crate::error::CliError;
use crate::times::{TimeArgs, shown};
use crate::ui::{Align, Form, Screen, Table, count};
use clap::Args;
use cofferdam_dissect::REGISTRY;
use cofferdam_observe::{Endpoint, FlowRecord};
use cofferdam_site::telemetry::Replayed;
use cofferdam_site::telemetry::form::FlowForm;
use cofferdam_site::{FlowFilter, HostFilter, More, Site};
use cofferdam_terms::{MacAddr, OperationClass};
use std::net::IpAddr;

/// List flow records in the order of time, with what was asked over them
#[derive(Debug, Args)]
pub(crate) struct FlowsArgs {
    /// An IP or MAC address at either end
    #[arg(long, value_parser = host)]
    host: Option<HostFilter>,
    /// The application protocol, of the flow or inside it: modbus, cip
    #[arg(long)]
    protocol: Option<String>,
    /// A class of operation that was asked: read, write, control, program
    #[arg(long, value_name = "CLASS")]
    operation: Option<OperationClass>,
    /// The responder's port
    #[arg(long)]
    port: Option<u16>,
    /// Show at most so many; 0 shows all
    #[arg(long, default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    times: TimeArgs,
}

fn host(text: &str) -> Result<HostFilter, String> {
    let ip = text.parse::<IpAddr>().map(HostFilter::Ip);
    ip.or_else(|_| text.parse::<MacAddr>().map(HostFilter::Mac))
        .map_err(|_| "is neither an IP nor a MAC address".to_owned())
}

pub(crate) fn run(args: &FlowsArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    if let Some(protocol) = args.protocol.as_deref() {
        known(protocol)?;
    }
    let filter = FlowFilter {
        range: args.times.range(site.span()?),
        host: args.host,
        protocol: args.protocol.clone(),
        operation: args.operation,
        port: args.port,
    };
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    match screen.form() {
        Form::Json => json(site, &filter, limit, screen)?,
        Form::Text => text(site, &filter, limit, screen)?,
    }
    Ok(Outcome::Done)
}

/// Whether a protocol is one that is understood: a slip of the pen would else give an empty list.
fn known(protocol: &str) -> Result<(), CliError> {
    let names = || {
        let inner = REGISTRY.iter().flat_map(|entry| entry.inner);
        REGISTRY
            .iter()
            .map(|entry| &entry.protocol)
            .chain(inner)
            .map(|name| name.0)
    };
    if names().any(|name| name == protocol) {
        return Ok(());
    }
    Err(CliError::UnknownProtocol {
        word: protocol.chars().take(80).collect(),
        nearest: cofferdam_plant::nearest(protocol, names()),
    })
}

fn json(site: &Site, filter: &FlowFilter, limit: usize, screen: &mut Screen) -> Result<(), CliError> {
    let mut left = limit;
    let mut written = Ok(());
    site.flows(filter, &mut |replayed| {
        written = screen.json(&FlowForm::new(&replayed.capture, &replayed.record));
        left -= 1;
        if left == 0 || written.is_err() {
            More::Enough
        } else {
            More::More
        }
    })?;
    written
}

fn text(site: &Site, filter: &FlowFilter, limit: usize, screen: &mut Screen) -> Result<(), CliError> {
    let mut shown_rows: Vec<Replayed> = Vec::new();
    let mut cut = false;
    site.flows(filter, &mut |replayed| {
        cut = shown_rows.len() == limit;
        if cut {
            return More::Enough;
        }
        shown_rows.push(replayed);
        More::More
    })?;
    let mut table = Table::new([
        ("FIRST SEEN (UTC)", Align::Whole),
        ("INITIATOR", Align::Whole),
        ("RESPONDER", Align::Whole),
        ("SERVICE", Align::Left),
        ("PACKETS", Align::Right),
        ("OPERATIONS", Align::Left),
    ]);
    for Replayed { record, .. } in &shown_rows {
        table.row([
            shown(record.first),
            address(record.initiator),
            address(record.responder),
            service(record),
            count(record.sent.packets + record.received.packets),
            operations(record),
        ]);
    }
    screen.line(table.to_string().trim_end())?;
    if cut {
        screen.note(&format!(
            "The first {} are shown; --limit 0 shows all.",
            count(limit as u64)
        ))?;
    }
    Ok(())
}

fn address(end: Endpoint) -> String {
    match (end.ip, end.mac) {
        (Some(ip), _) => ip.to_string(),
        (None, Some(mac)) => mac.to_string(),
        (None, None) => String::new(),
    }
}

/// `modbus tcp/502`; a protocol that is known by its port alone has a question mark.
fn service(record: &FlowRecord) -> String {
    let carrier = match record.responder_port {
        0 => record.transport.to_string(),
        port => format!("{}/{port}", record.transport),
    };
    match record.protocol {
        None => carrier,
        Some((protocol, cofferdam_observe::Recognition::Content)) => format!("{protocol} {carrier}"),
        Some((protocol, cofferdam_observe::Recognition::Port)) => format!("{protocol}? {carrier}"),
    }
}

fn operations(record: &FlowRecord) -> String {
    const MOST: usize = 3;
    let mut words: Vec<_> = record
        .operations
        .iter()
        .take(MOST)
        .map(|asked| format!("{} {}", count(asked.requests), asked.function_name))
        .collect();
    if record.operations.len() > MOST {
        words.push(format!("and {} more", record.operations.len() - MOST));
    }
    words.join(", ")
}
