//! `cofferdam draft`: a plant model proposed out of what was observed.

use crate::Outcome;
use crate::error::CliError;
use crate::times::{TimeArgs, shown};
use crate::ui::{Align, Form, Screen, Table, count, counted, wrapped};
use clap::Args;
use cofferdam_plant::ZoneId;
use cofferdam_policy::{ConversationKey, Draft};
use cofferdam_site::{Drafted, Overwrite, Site};
use serde::Serialize;
use std::collections::BTreeMap;

/// Draft zones and conduits, with reasons, out of what was observed, and write plant.toml
#[derive(Debug, Args)]
pub(crate) struct DraftArgs {
    /// Replace a plant.toml that is there; never a baselined one
    #[arg(long)]
    force: bool,
    /// Show why each asset is in its zone, and what was not learned from
    #[arg(long)]
    why: bool,
    #[command(flatten)]
    times: TimeArgs,
}

pub(crate) fn run(args: &DraftArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let overwrite = if args.force {
        Overwrite::Replace
    } else {
        Overwrite::Refuse
    };
    let drafted = site.draft(args.times.range(site.span()?), overwrite)?;
    match screen.form() {
        Form::Json => screen.json(&Report::from(&drafted))?,
        Form::Text => text(args, &drafted, screen)?,
    }
    Ok(Outcome::Done)
}

fn text(args: &DraftArgs, drafted: &Drafted, screen: &mut Screen) -> Result<(), CliError> {
    let draft = &drafted.draft;
    let plant = &draft.plant;
    screen.line(format!(
        "Wrote {}: {}, {}, {}",
        drafted.path.display(),
        counted(plant.zones().len() as u64, "zone"),
        counted(plant.assets().len() as u64, "asset"),
        counted(plant.conduits().len() as u64, "conduit"),
    ))?;
    if let Some((first, last)) = drafted.conversations.span() {
        screen.line(format!(
            "Learned from {} between {} and {} UTC",
            counted(drafted.conversations.records(), "flow record"),
            shown(first),
            shown(last)
        ))?;
    }
    zones(draft, screen)?;
    conduits(draft, screen)?;
    if args.why {
        screen.heading("\nWhy each asset is in its zone")?;
        for placement in &draft.placements {
            screen.line(format!("  {} in {}", placement.asset, placement.zone))?;
            for reason in &placement.reasons {
                screen.line(wrapped("    ", reason))?;
            }
        }
    }
    left_out(args, draft, screen)?;
    screen.note("It is a draft: read it, change it, then `cofferdam check` and `cofferdam shadow`.")
}

fn zones(draft: &Draft, screen: &mut Screen) -> Result<(), CliError> {
    let mut assets: BTreeMap<&ZoneId, u64> = BTreeMap::new();
    for zone in draft
        .plant
        .assets()
        .iter()
        .filter_map(|asset| asset.zone.as_ref())
    {
        *assets.entry(zone).or_default() += 1;
    }
    let mut table = Table::new([
        ("ZONE", Align::Left),
        ("KIND", Align::Left),
        ("ASSETS", Align::Right),
        ("WHY", Align::Left),
    ]);
    for zone in draft.plant.zones() {
        let count = count(assets.get(&zone.id).copied().unwrap_or(0));
        table.row([
            zone.id.as_str(),
            zone.kind.name(),
            count.as_str(),
            zone.reason.as_str(),
        ]);
    }
    screen.line(format!("\n{table}").trim_end())
}

fn conduits(draft: &Draft, screen: &mut Screen) -> Result<(), CliError> {
    let mut table = Table::new([
        ("CONDUIT", Align::Left),
        ("BETWEEN", Align::Left),
        ("PERMITS", Align::Right),
        ("WHY", Align::Left),
    ]);
    for conduit in draft.plant.conduits() {
        let zones: Vec<_> = conduit.zones.iter().map(ToString::to_string).collect();
        table.row([
            conduit.id.to_string(),
            zones.join(", "),
            count(conduit.permits.len() as u64),
            conduit.reason.clone(),
        ]);
    }
    screen.line(format!("\n{table}").trim_end())
}

fn left_out(args: &DraftArgs, draft: &Draft, screen: &mut Screen) -> Result<(), CliError> {
    if draft.left_out.is_empty() {
        return Ok(());
    }
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for left in &draft.left_out {
        *by_reason.entry(left.reason.name()).or_default() += 1;
    }
    let words: Vec<_> = by_reason
        .iter()
        .map(|(reason, times)| format!("{reason} {}", count(*times)))
        .collect();
    screen.line(format!(
        "\nNot learned from: {}: {}",
        counted(draft.left_out.len() as u64, "conversation"),
        words.join(", ")
    ))?;
    if args.why {
        for left in &draft.left_out {
            screen.line(format!("  {}: {}", spoken(&left.key), left.reason.name()))?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Report {
    path: String,
    flow_records: u64,
    zones: Vec<ZoneReport>,
    conduits: Vec<ConduitReport>,
    placements: Vec<PlacementReport>,
    left_out: Vec<LeftOutReport>,
}

#[derive(Serialize)]
struct ZoneReport {
    zone: String,
    kind: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct ConduitReport {
    conduit: String,
    zones: Vec<String>,
    permits: usize,
    reason: String,
}

#[derive(Serialize)]
struct PlacementReport {
    asset: String,
    zone: String,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct LeftOutReport {
    conversation: String,
    packets: u64,
    reason: &'static str,
}

impl From<&Drafted> for Report {
    fn from(drafted: &Drafted) -> Self {
        let draft = &drafted.draft;
        Self {
            path: drafted.path.display().to_string(),
            flow_records: drafted.conversations.records(),
            zones: draft
                .plant
                .zones()
                .iter()
                .map(|zone| ZoneReport {
                    zone: zone.id.to_string(),
                    kind: zone.kind.name(),
                    reason: zone.reason.clone(),
                })
                .collect(),
            conduits: draft
                .plant
                .conduits()
                .iter()
                .map(|conduit| ConduitReport {
                    conduit: conduit.id.to_string(),
                    zones: conduit.zones.iter().map(ToString::to_string).collect(),
                    permits: conduit.permits.len(),
                    reason: conduit.reason.clone(),
                })
                .collect(),
            placements: draft
                .placements
                .iter()
                .map(|placement| PlacementReport {
                    asset: placement.asset.to_string(),
                    zone: placement.zone.to_string(),
                    reasons: placement.reasons.clone(),
                })
                .collect(),
            left_out: draft
                .left_out
                .iter()
                .map(|left| LeftOutReport {
                    conversation: spoken(&left.key),
                    packets: left.packets,
                    reason: left.reason.name(),
                })
                .collect(),
        }
    }
}

/// `10.20.2.5 to 10.20.1.11, tcp/502`.
fn spoken(key: &ConversationKey) -> String {
    let carrier = match key.responder_port {
        0 => key.transport.to_string(),
        port => format!("{}/{port}", key.transport),
    };
    format!("{} to {}, {carrier}", key.initiator, key.responder)
}
