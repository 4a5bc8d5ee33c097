//! `cofferdam drift`: a firewall's running configuration against the approved one, by what it does.

use crate::Outcome;
use crate::commands::verify::Place;
use crate::error::CliError;
use crate::ui::{Form, Screen, count};
use clap::Args;
use cofferdam_policy::symbolic::Difference;
use cofferdam_site::{Configuration, DeviceDrift, Drift, drift};
use serde::Serialize;
use std::path::PathBuf;

/// Most differences in the text; `--json` has all.
const MOST_LISTED: usize = 40;

/// Compare a running configuration with the approved one: by what they let through, not by how they read
#[derive(Debug, Args)]
#[command(after_help = "\
The exit code is 1 if any packet is treated differently. The two may be of different devices:
`drift old.asa new.nft` says what a migration would change.")]
pub(crate) struct DriftArgs {
    /// What was approved
    #[arg(value_name = "APPROVED")]
    approved: PathBuf,
    /// What runs
    #[arg(value_name = "RUNNING")]
    running: PathBuf,
    /// What both are of, if their endings do not tell
    #[arg(long, value_name = "BACKEND", value_parser = super::backends())]
    backend: Option<String>,
}

pub(crate) fn run(args: &DriftArgs, screen: &mut Screen) -> Result<Outcome, CliError> {
    let backend = args.backend.as_deref();
    let approved = Configuration::read(&args.approved, backend)?;
    let drift = drift(approved, Configuration::read(&args.running, backend)?)?;
    match screen.form() {
        Form::Json => screen.json(&Report::from(&drift))?,
        Form::Text => text(&drift, screen)?,
    }
    let drifted = |device: &DeviceDrift| !device.differences.is_empty();
    if drift.devices.iter().any(drifted) || !drift.gone.is_empty() || !drift.new.is_empty() {
        Ok(Outcome::Found)
    } else {
        Ok(Outcome::Done)
    }
}

fn text(drift: &Drift, screen: &mut Screen) -> Result<(), CliError> {
    for name in &drift.gone {
        screen.line(format!("`{name}` does not run any more"))?;
    }
    for name in &drift.new {
        screen.line(format!("`{name}` runs and was not approved"))?;
    }
    for device in &drift.devices {
        let name = drift.running.devices.get(device.running);
        let name = name.map_or("", |device| device.name.as_str());
        if device.differences.is_empty() {
            screen.result(&format!("{name}: every packet is treated as was approved."))?;
            continue;
        }
        let number = count(device.differences.len() as u64);
        screen.result(&format!(
            "{name}: packets are treated differently by {number} pairs of rules."
        ))?;
        for difference in device.differences.iter().take(MOST_LISTED) {
            let Told { packet, was, is, .. } = Told::new(drift, device, difference);
            screen.paragraph(&packet)?;
            screen.field("approved", &was)?;
            screen.field("running", &is)?;
        }
        screen.rest(device.differences.len() as u64, MOST_LISTED)?;
    }
    for configuration in [&drift.approved, &drift.running] {
        let unread: usize = configuration
            .devices
            .iter()
            .map(|device| device.unread.len())
            .sum();
        if unread > 0 {
            screen.note(&format!(
                "{}: {} lines are not understood; `cofferdam verify` shows them.",
                configuration.file.display(),
                count(unread as u64)
            ))?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Report {
    approved: String,
    running: String,
    gone: Vec<String>,
    new: Vec<String>,
    differences: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    device: String,
    packet: String,
    was: String,
    is: String,
}

impl Told {
    fn new(drift: &Drift, device: &DeviceDrift, difference: &Difference) -> Self {
        let name = drift.running.devices.get(device.running);
        let before = Place {
            configuration: &drift.approved,
            device: device.approved,
        };
        let after = Place {
            configuration: &drift.running,
            device: device.running,
        };
        Self {
            device: name.map(|device| device.name.clone()).unwrap_or_default(),
            packet: difference.packet.to_string(),
            was: told(difference.first.action.name(), &before.of(&difference.first)),
            is: told(difference.second.action.name(), &after.of(&difference.second)),
        }
    }
}

fn told(action: &str, place: &str) -> String {
    format!("{action} by {place}")
}

impl From<&Drift> for Report {
    fn from(drift: &Drift) -> Self {
        let differences = drift.devices.iter().flat_map(|device| {
            let told = move |difference| Told::new(drift, device, difference);
            device.differences.iter().map(told)
        });
        Self {
            approved: drift.approved.file.display().to_string(),
            running: drift.running.file.display().to_string(),
            gone: drift.gone.clone(),
            new: drift.new.clone(),
            differences: differences.collect(),
        }
    }
}
