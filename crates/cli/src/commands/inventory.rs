//! `cofferdam inventory`: the assets that were seen, with their roles and makers.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Align, Form, Screen, Table, counted, wrapped};
use clap::Args;
use cofferdam_observe::{IdentityField, ObservedAsset, Protocol};
use cofferdam_site::Site;
use cofferdam_site::telemetry::form::AssetForm;
use cofferdam_terms::Transport;

/// List the assets that were seen, with roles, makers and what they serve
#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    /// Only assets of this role: plc, historian, engineering-workstation
    #[arg(long)]
    role: Option<String>,
    /// Show the reasons for each role, and why addresses are one asset
    #[arg(long)]
    why: bool,
}

pub(crate) fn run(args: &InventoryArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let inventory = site.inventory()?;
    for aside in &inventory.set_aside {
        screen.warning(&format!(
            "capture `{}` is left out: {} ({})",
            aside.capture, aside.reason, aside.file
        ))?;
    }
    let wanted = |asset: &&ObservedAsset| args.role.as_deref().is_none_or(|role| asset.role.role == role);
    let assets: Vec<_> = inventory.assets.iter().filter(wanted).collect();
    match screen.form() {
        Form::Json => {
            let forms: Vec<_> = assets.iter().map(|asset| AssetForm::from(*asset)).collect();
            screen.json(&forms)?;
        }
        Form::Text => text(args, &assets, screen)?,
    }
    Ok(Outcome::Done)
}

fn text(args: &InventoryArgs, assets: &[&ObservedAsset], screen: &mut Screen) -> Result<(), CliError> {
    let mut table = Table::new([
        ("ASSET", Align::Whole),
        ("NAME", Align::Left),
        ("ROLE", Align::Left),
        ("MAKER AND PRODUCT", Align::Left),
        ("SERVES", Align::Left),
    ]);
    for asset in assets {
        table.row([
            asset.key.clone(),
            fact(asset, IdentityField::HostName).unwrap_or_default(),
            format!("{} {:.0}%", asset.role.role, asset.role.confidence * 100.0),
            product(asset),
            served(&asset.serves),
        ]);
    }
    screen.line(table.to_string().trim_end())?;
    screen.line(counted(assets.len() as u64, "asset"))?;
    if args.why {
        for asset in assets {
            screen.heading(&format!("\n{}: {}", asset.key, asset.role.role))?;
            for reason in asset.role.reasons.iter().chain(&asset.joins) {
                screen.line(wrapped("  ", reason))?;
            }
        }
    }
    Ok(())
}

/// The fact of a kind that was said most often.
pub(crate) fn fact(asset: &ObservedAsset, field: IdentityField) -> Option<String> {
    let of_kind = asset
        .facts
        .iter()
        .filter(|fact| fact.field == field && fact.unit.is_none());
    // The first of the most frequent: facts are ordered, so that the choice is the same every time.
    let best = of_kind.rev().max_by_key(|fact| fact.times)?;
    Some(best.value.to_string())
}

/// Maker, product and firmware, as far as they are known.
pub(crate) fn product(asset: &ObservedAsset) -> String {
    let maker = fact(asset, IdentityField::Vendor).or_else(|| asset.oui_vendor.map(str::to_owned));
    let product = fact(asset, IdentityField::Product).or_else(|| fact(asset, IdentityField::ProductCode));
    let firmware = fact(asset, IdentityField::Firmware).map(|version| format!("({version})"));
    let words: Vec<_> = [maker, product, firmware].into_iter().flatten().collect();
    words.join(" ")
}

/// `modbus/502, s7comm/102`.
pub(crate) fn served(services: &[(Option<Protocol>, Transport, u16)]) -> String {
    let words: Vec<_> = services
        .iter()
        .map(|(protocol, transport, port)| match (protocol, port) {
            (Some(protocol), 0) => protocol.to_string(),
            (Some(protocol), port) => format!("{protocol}/{port}"),
            (None, 0) => transport.to_string(),
            (None, port) => format!("{transport}/{port}"),
        })
        .collect();
    words.join(", ")
}
