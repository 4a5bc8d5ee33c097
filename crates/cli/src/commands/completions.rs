//! `cofferdam completions`: completion scripts, generated from the same definitions as the help.

use crate::Outcome;
use crate::args::Cli;
use crate::error::CliError;
use crate::ui::Screen;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example, for bash:
  cofferdam completions bash > /usr/share/bash-completion/completions/cofferdam")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, screen: &mut Screen) -> Result<Outcome, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cofferdam", &mut script);
    screen.bytes(&script)?;
    Ok(Outcome::Done)
}
