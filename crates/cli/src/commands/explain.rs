//! `cofferdam explain`: a check, the verdict for a flow, or an asset, opened to the facts and reasons behind it.

use crate::Outcome;
use crate::commands::check::now;
use crate::commands::inventory::{product, served};
use crate::error::CliError;
use crate::times::{point, shown};
use crate::ui::{Form, Screen, count};
use clap::{Args, Subcommand};
use cofferdam_observe::ObservedAsset;
use cofferdam_plant::checks;
use cofferdam_policy::{Explanation, Flow, Host};
use cofferdam_site::telemetry::form::AssetForm;
use cofferdam_site::{Site, SiteError};
use cofferdam_terms::{MacAddr, OperationClass, Timestamp, Transport};
use std::net::IpAddr;
use std::path::PathBuf;

/// Explain a check, the verdict for a flow, or an asset
#[derive(Debug, Args)]
#[command(
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  cofferdam explain safety-not-separated
  cofferdam explain flow 10.20.2.5 10.20.1.11 tcp/502 --protocol modbus --operation write
  cofferdam explain asset 10.20.1.11"
)]
pub(crate) struct ExplainArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// The code of a check or fault, as `check` prints it
    #[arg(value_name = "CODE", required_unless_present = "list")]
    code: Option<String>,
    /// List every code
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    Flow(FlowArgs),
    Asset(AssetArgs),
}

/// Explain the verdict that the plant model gives a flow
#[derive(Debug, Args)]
struct FlowArgs {
    /// Who opens it: an IP or MAC address
    #[arg(value_parser = host)]
    initiator: Host,
    /// Who is to answer
    #[arg(value_parser = host)]
    responder: Host,
    /// What carries it, with the responder's port: tcp/502, udp/161, icmp
    #[arg(value_parser = carrier)]
    service: Carrier,
    /// The application protocol; without it, as a port filter sees the flow
    #[arg(long)]
    protocol: Option<String>,
    /// What is asked: read, write, control
    #[arg(long, value_name = "CLASS")]
    operation: Option<OperationClass>,
    /// When; now if no time is given
    #[arg(long, value_name = "TIME", value_parser = point)]
    at: Option<Timestamp>,
    /// Another file than the site's plant.toml
    #[arg(long, value_name = "FILE")]
    plant: Option<PathBuf>,
}

/// Explain an observed asset: its role, its addresses, what it said of itself
#[derive(Debug, Args)]
struct AssetArgs {
    /// Its key, or any of its addresses
    asset: String,
}

#[derive(Clone, Copy, Debug)]
struct Carrier {
    transport: Transport,
    port: u16,
}

fn host(text: &str) -> Result<Host, String> {
    let none = Host::default();
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(Host { ip: Some(ip), ..none });
    }
    text.parse::<MacAddr>()
        .map(|mac| Host {
            mac: Some(mac),
            ..none
        })
        .map_err(|_| "is neither an IP nor a MAC address".to_owned())
}

fn carrier(text: &str) -> Result<Carrier, String> {
    let (transport, port) = match text.split_once('/') {
        Some((transport, port)) => (transport, port.parse().map_err(|_| "has no port after the `/`")?),
        None => (text, 0),
    };
    let transport = transport
        .parse()
        .map_err(|error: cofferdam_terms::UnknownTransport| error.to_string())?;
    Ok(Carrier { transport, port })
}

pub(crate) fn run(
    args: &ExplainArgs,
    open: &dyn Fn() -> Result<Site, SiteError>,
    screen: &mut Screen,
) -> Result<Outcome, CliError> {
    match (&args.what, &args.code) {
        (Some(What::Flow(flow)), _) => explain_flow(flow, &open()?, screen),
        (Some(What::Asset(asset)), _) => explain_asset(asset, &open()?, screen),
        (None, Some(code)) => explain_code(code, screen),
        (None, None) => list(screen),
    }?;
    Ok(Outcome::Done)
}

fn list(screen: &mut Screen) -> Result<(), CliError> {
    let codes: Vec<_> = checks::codes().collect();
    match screen.form() {
        Form::Json => screen.json(&codes),
        Form::Text => screen.line(codes.join("\n")),
    }
}

fn explain_code(code: &str, screen: &mut Screen) -> Result<(), CliError> {
    let Some(text) = checks::explain(code) else {
        return Err(CliError::UnknownCode {
            word: code.chars().take(80).collect(),
            nearest: cofferdam_plant::nearest(code, checks::codes()),
        });
    };
    match screen.form() {
        Form::Json => screen.json(&serde_json::json!({ "code": code, "markdown": text })),
        Form::Text => screen.line(text.trim_end()),
    }
}

fn explain_flow(args: &FlowArgs, site: &Site, screen: &mut Screen) -> Result<(), CliError> {
    let flow = Flow {
        initiator: args.initiator,
        responder: args.responder,
        transport: args.service.transport,
        responder_port: args.service.port,
        protocol: args.protocol.as_deref(),
        operation: args.operation,
        time: args.at.unwrap_or_else(now),
    };
    let explanation = site.explain(args.plant.as_deref(), &flow)?;
    match screen.form() {
        Form::Json => {
            let facts = explanation.facts.iter().map(|fact| &fact.sentence);
            screen.json(&serde_json::json!({
                "verdict": explanation.sentence,
                "facts": facts.collect::<Vec<_>>(),
                "definitions": explanation.definitions,
                "mend": explanation.mend,
            }))
        }
        Form::Text => verdict(&explanation, screen),
    }
}

fn verdict(explanation: &Explanation, screen: &mut Screen) -> Result<(), CliError> {
    screen.heading(&explanation.sentence)?;
    for fact in &explanation.facts {
        screen.line(format!("  {}", fact.sentence))?;
    }
    screen.line(format!("  decided by: {}", explanation.definitions.join(", ")))?;
    if let Some(mend) = &explanation.mend {
        screen.line(format!("  to let it pass: {mend}"))?;
    }
    Ok(())
}

fn explain_asset(args: &AssetArgs, site: &Site, screen: &mut Screen) -> Result<(), CliError> {
    let inventory = site.inventory()?;
    let has = |asset: &&ObservedAsset| {
        asset.key == args.asset
            || asset.endpoints.iter().any(|(end, _)| {
                end.ip.is_some_and(|ip| ip.to_string() == args.asset)
                    || end.mac.is_some_and(|mac| mac.to_string() == args.asset)
            })
    };
    let found: Vec<_> = inventory.assets.iter().filter(has).collect();
    if found.is_empty() {
        let keys = inventory.assets.iter().map(|asset| asset.key.as_str());
        return Err(CliError::UnknownAsset {
            word: args.asset.chars().take(80).collect(),
            nearest: cofferdam_plant::nearest(&args.asset, keys),
        });
    }
    match screen.form() {
        Form::Json => {
            let forms: Vec<_> = found.iter().map(|asset| AssetForm::from(*asset)).collect();
            screen.json(&forms)
        }
        Form::Text => found.into_iter().try_for_each(|asset| describe(asset, screen)),
    }
}

fn describe(asset: &ObservedAsset, screen: &mut Screen) -> Result<(), CliError> {
    let role = &asset.role;
    screen.heading(&format!(
        "{}: {} ({:.0}%)",
        asset.key,
        role.role,
        role.confidence * 100.0
    ))?;
    screen.line(format!("  product     {}", product(asset)))?;
    screen.line(format!(
        "  seen        {} to {} UTC",
        shown(asset.first),
        shown(asset.last)
    ))?;
    let (sent, received) = (asset.sent.packets, asset.received.packets);
    screen.line(format!(
        "  packets     {} sent, {} received",
        count(sent),
        count(received)
    ))?;
    screen.line(format!("  serves      {}", served(&asset.serves)))?;
    screen.line(format!("  uses        {}", served(&asset.uses)))?;
    for (end, vlan) in &asset.endpoints {
        let mac = end.mac.map_or_else(String::new, |mac| mac.to_string());
        let ip = end.ip.map_or_else(String::new, |ip| ip.to_string());
        let vlan = vlan.map_or_else(String::new, |vlan| format!("VLAN {vlan}"));
        screen.line(format!("  address     {mac:<18} {ip:<16} {vlan}").trim_end())?;
    }
    for reason in &role.reasons {
        screen.line(format!("  because     {reason}"))?;
    }
    for join in &asset.joins {
        screen.line(format!("  one asset   {join}"))?;
    }
    for fact in &asset.facts {
        let unit = fact
            .unit
            .map_or_else(String::new, |unit| format!(" (unit {unit})"));
        screen.line(format!(
            "  said        {} `{}`{unit}: {}, {} times, first in packet {}",
            fact.field.name(),
            fact.value,
            fact.protocol,
            count(fact.times),
            fact.packet
        ))?;
    }
    Ok(())
}
