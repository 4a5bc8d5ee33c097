//! `cofferdam`: every command a thin shell over `site`. It knows arguments, terminals and exit codes, and decides nothing
//! about plants: a command reads its arguments, takes one step of the loop and shows what came of it.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod error;
mod report;
mod times;
mod ui;

use args::Cli;
use clap::Parser;
use std::process::ExitCode;
use ui::Screen;

/// How a command ended, and so the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It did what was asked: 0.
    Done,
    /// It found something that `--fail-on` counts: 1.
    Found,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut screen = Screen::new(&cli.global);
    match commands::run(cli, &mut screen) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(error) => {
            screen.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
