//! One file for each command: its arguments, the step that it takes, and how the result is shown.

pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod draft;
pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod flows;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod inventory;
pub(crate) mod observe;
pub(crate) mod protocols;
pub(crate) mod query;
pub(crate) mod reach;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod shadow;
pub(crate) mod simulate;
pub(crate) mod verify;

use crate::Outcome;
use crate::args::{Cli, Command};
use crate::error::CliError;
use crate::ui::Screen;
use clap::builder::PossibleValuesParser;
use cofferdam_policy::backends::BACKENDS;
use cofferdam_site::Site;

/// The names of firewall backends, for an option that takes one.
fn backends() -> PossibleValuesParser {
    PossibleValuesParser::new(BACKENDS.iter().map(|backend| backend.name))
}

/// Runs the command that was given.
pub(crate) fn run(cli: Cli, screen: &mut Screen) -> Result<Outcome, CliError> {
    let folder = cli.global.site;
    let open = || Site::open(&folder);
    match cli.command {
        Command::Init(args) => init::run(&args, &folder, screen),
        Command::Simulate(args) => simulate::run(&args, screen),
        Command::Observe(args) => observe::run(&args, &open()?, screen),
        Command::Import(args) => import::run(&args, &open()?, screen),
        Command::Export(args) => export::run(&args, &open()?, screen),
        Command::Inventory(args) => inventory::run(&args, &open()?, screen),
        Command::Flows(args) => flows::run(&args, &open()?, screen),
        Command::Query(args) => query::run(&args, &open()?, screen),
        Command::Draft(args) => draft::run(&args, &open()?, screen),
        Command::Check(args) => check::run(&args, &open()?, screen),
        Command::Baseline(args) => baseline::run(&args, &open()?, screen),
        Command::Shadow(args) => shadow::run(&args, &open()?, screen),
        Command::Compile(args) => compile::run(&args, &open()?, screen),
        Command::Verify(args) => verify::run(&args, &open()?, screen),
        Command::Drift(args) => drift::run(&args, screen),
        Command::Diff(args) => diff::run(&args, screen),
        Command::Reach(args) => reach::run(&args, &open()?, screen),
        Command::Explain(args) => explain::run(&args, &open, screen),
        Command::Report(args) => report::run(&args, &open()?, screen),
        Command::Serve(args) => serve::run(&args, open()?, screen),
        Command::Protocols(args) => protocols::run(&args, screen),
        Command::Completions(args) => completions::run(&args, screen),
    }
}
