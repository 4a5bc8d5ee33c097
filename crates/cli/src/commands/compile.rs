//! `cofferdam compile`: rules for the enforcement points, with the way back and what each device can't hold.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Form, Screen, counted};
use clap::Args;
use cofferdam_site::{Changed, CompiledPoint, Site, Target};
use serde::Serialize;
use std::path::PathBuf;

/// Compile the plant model into firewall rules, roll-back and residuals, in the folder compiled/
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// Another file than the site's plant.toml
    #[arg(value_name = "FILE")]
    plant: Option<PathBuf>,
    /// Compile for one device through which everything passes, of this kind
    #[arg(long, value_name = "BACKEND", value_parser = super::backends())]
    whole_site: Option<String>,
    /// Print the rules
    #[arg(long)]
    show: bool,
}

pub(crate) fn run(args: &CompileArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let target = match &args.whole_site {
        Some(backend) => Target::WholeSite {
            backend: backend.clone(),
        },
        None => Target::Points,
    };
    let points = site.compile(args.plant.as_deref(), &target)?;
    match screen.form() {
        Form::Json => {
            let reports: Vec<_> = points.iter().map(PointReport::from).collect();
            screen.json(&reports)?;
        }
        Form::Text => {
            for point in &points {
                text(args, point, screen)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// How many residuals are shown: enough to see their kind. The file has all.
const SHOWN_RESIDUALS: usize = 6;

fn text(args: &CompileArgs, point: &CompiledPoint, screen: &mut Screen) -> Result<(), CliError> {
    let changed = changed(point.changed);
    screen.heading(&format!("{} ({}), {changed}", point.scope, point.device))?;
    let rules = counted(point.compiled.rules as u64, "rule");
    screen.line(format!("  rules       {} ({rules})", point.rules.display()))?;
    screen.line(format!("  way back    {}", point.roll_back.display()))?;
    let left = counted(point.compiled.residuals.len() as u64, "residual");
    screen.line(format!("  residuals   {} ({left})", point.residuals.display()))?;
    for residual in point.compiled.residuals.iter().take(SHOWN_RESIDUALS) {
        screen.line(format!("    {residual}"))?;
    }
    let more = point.compiled.residuals.len().saturating_sub(SHOWN_RESIDUALS);
    if more > 0 {
        screen.line(format!("    … and {more} more in that file"))?;
    }
    if args.show {
        screen.line(format!("\n{}", point.compiled.text))?;
    }
    Ok(())
}

const fn changed(changed: Changed) -> &'static str {
    match changed {
        Changed::New => "new",
        Changed::Different => "changed",
        Changed::Same => "unchanged",
    }
}

#[derive(Serialize)]
struct PointReport {
    scope: String,
    device: &'static str,
    rules_file: PathBuf,
    roll_back_file: PathBuf,
    residuals_file: PathBuf,
    rules: usize,
    changed: &'static str,
    residuals: Vec<String>,
}

impl From<&CompiledPoint> for PointReport {
    fn from(point: &CompiledPoint) -> Self {
        Self {
            scope: point.scope.clone(),
            device: point.device,
            rules_file: point.rules.clone(),
            roll_back_file: point.roll_back.clone(),
            residuals_file: point.residuals.clone(),
            rules: point.compiled.rules,
            changed: changed(point.changed),
            residuals: point.compiled.residuals.iter().map(ToString::to_string).collect(),
        }
    }
}
