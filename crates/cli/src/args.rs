//! The command line: global options and the list of commands. Each command's own arguments stand in its file.

use crate::commands;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  it did what was asked
  1  it found something that --fail-on counts
  2  what was given can't be used: arguments, a file, a statement
  3  it could not be carried out: the disk, a lock, a fault of this program";

/// IEC 62443 security for plants that can't stop: observe, draft zones, test a policy on recorded traffic, compile it
#[derive(Debug, Parser)]
#[command(name = "cofferdam", version, max_term_width = 100, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The site's folder
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "COFFERDAM_SITE",
        default_value = "."
    )]
    pub(crate) site: PathBuf,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to colour the output; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// When to colour the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands, in the order of the loop.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(commands::init::InitArgs),
    Simulate(commands::simulate::SimulateArgs),
    Observe(commands::observe::ObserveArgs),
    Inventory(commands::inventory::InventoryArgs),
    Import(commands::import::ImportArgs),
    Export(commands::export::ExportArgs),
    Flows(commands::flows::FlowsArgs),
    Query(commands::query::QueryArgs),
    Baseline(commands::baseline::BaselineArgs),
    Draft(commands::draft::DraftArgs),
    Check(commands::check::CheckArgs),
    Shadow(commands::shadow::ShadowArgs),
    Compile(commands::compile::CompileArgs),
    Verify(commands::verify::VerifyArgs),
    Drift(commands::drift::DriftArgs),
    Diff(commands::diff::DiffArgs),
    Reach(commands::reach::ReachArgs),
    Explain(commands::explain::ExplainArgs),
    Report(commands::report::ReportArgs),
    Serve(commands::serve::ServeArgs),
    Protocols(commands::protocols::ProtocolsArgs),
    Completions(commands::completions::CompletionsArgs),
}
