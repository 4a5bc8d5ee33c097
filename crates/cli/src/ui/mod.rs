//! Where results and errors are shown: standard output for what was asked, standard error for everything else.

mod progress;
mod table;

pub(crate) use progress::Bar;
pub(crate) use table::{Align, Table};

use crate::args::{ColorWhen, Global};
use crate::error::CliError;
use anstream::{AutoStream, ColorChoice};
use cofferdam_plant::render::{Colour, human};
use cofferdam_site::SiteError;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// The width that tables and sentences keep to.
pub(crate) const WIDTH: usize = 100;

/// In which form results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What a command writes to.
pub(crate) struct Screen {
    form: Form,
    quiet: bool,
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
}

impl Screen {
    pub(crate) fn new(global: &Global) -> Self {
        let choice = match global.color {
            ColorWhen::Auto => ColorChoice::Auto,
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        };
        Self {
            form: if global.json { Form::Json } else { Form::Text },
            quiet: global.quiet,
            out: AutoStream::new(io::stdout(), choice),
            err: AutoStream::new(io::stderr(), choice),
        }
    }

    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Whether escape sequences for colours reach whoever reads.
    pub(crate) fn colour(&self) -> Colour {
        match self.out.current_choice() {
            ColorChoice::Never => Colour::Plain,
            ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => Colour::Terminal,
        }
    }

    /// A line of text.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), CliError> {
        self.bytes(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// A heading above a table or a group of lines.
    pub(crate) fn heading(&mut self, text: &str) -> Result<(), CliError> {
        self.line(format!("\x1b[1m{text}\x1b[0m"))
    }

    /// A sentence with a dash before it, wrapped to the width, later lines indented under the first.
    pub(crate) fn paragraph(&mut self, text: &str) -> Result<(), CliError> {
        self.line(wrapped("- ", text))
    }

    /// A named value, wrapped to the width, later lines indented under the first.
    pub(crate) fn field(&mut self, name: &str, value: &str) -> Result<(), CliError> {
        self.line(wrapped(&format!("  {name:<16}"), value))
    }

    /// A sentence that says the result, wrapped to the width.
    pub(crate) fn result(&mut self, sentence: &str) -> Result<(), CliError> {
        self.heading(&wrapped("", sentence))
    }

    /// How many entries of a list are not shown.
    pub(crate) fn rest(&mut self, all: u64, shown: usize) -> Result<(), CliError> {
        match all.saturating_sub(shown as u64) {
            0 => Ok(()),
            more => self.line(format!("  and {} more; --json has all", count(more))),
        }
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        closed_is_fine(self.out.write_all(bytes))
    }

    /// A value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.bytes(&line)
    }

    /// A remark for people that is no part of the result.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), CliError> {
        if self.form == Form::Text && !self.quiet {
            writeln!(self.err, "\x1b[2m{text}\x1b[0m")?;
        }
        Ok(())
    }

    /// Something that a person should know and that stops nothing.
    pub(crate) fn warning(&mut self, text: &str) -> Result<(), CliError> {
        writeln!(self.err, "\x1b[1;33mwarning\x1b[0m: {text}")?;
        Ok(())
    }

    /// A progress bar, if anybody would see it.
    pub(crate) fn bar(&self) -> Bar {
        if !self.quiet && self.form == Form::Text && io::stderr().is_terminal() {
            Bar::shown()
        } else {
            Bar::hidden()
        }
    }

    /// Why the command failed. There is nowhere to tell that telling failed.
    pub(crate) fn error(&mut self, error: &CliError) {
        let written = match self.form {
            Form::Json => {
                let told = serde_json::json!({
                    "error": error.to_string(),
                    "help": error.help(),
                    "exit_code": error.exit_code(),
                });
                writeln!(self.err, "{told}")
            }
            Form::Text => self.error_text(error),
        };
        drop(written);
    }

    fn error_text(&mut self, error: &CliError) -> io::Result<()> {
        if let CliError::Site(SiteError::Plant(rejection)) = error {
            let colour = self.colour();
            for diagnostic in &rejection.diagnostics {
                writeln!(self.err, "{}", human(diagnostic, &[&rejection.text], colour))?;
            }
            return Ok(());
        }
        for sentence in error.to_string().lines() {
            writeln!(self.err, "\x1b[1;31merror\x1b[0m: {sentence}")?;
        }
        if let Some(help) = error.help() {
            writeln!(self.err, "  \x1b[1mhelp\x1b[0m: {help}")?;
        }
        Ok(())
    }
}

/// Text behind a lead, wrapped to the width, later lines indented by the lead's width. A word that is longer than a
/// line stands on its own.
pub(crate) fn wrapped(lead: &str, text: &str) -> String {
    let indent = lead.chars().count();
    let mut out = String::from(lead);
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        }
        if used > indent {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

/// Whoever reads may have had enough (`| head`): that is no error.
fn closed_is_fine(result: io::Result<()>) -> Result<(), CliError> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// A count with its thousands apart: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 packet`, `2,000 packets`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_under_its_lead_and_no_word_is_lost() {
        let text = "one two three ".repeat(30);
        let lines = wrapped("  advice  ", &text);
        assert!(lines.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(
            lines
                .lines()
                .skip(1)
                .all(|line| line.starts_with("          ") && !line.starts_with("           "))
        );
        let words = lines.trim_start().trim_start_matches("advice").split_whitespace();
        assert!(words.eq(text.split_whitespace()));
        assert_eq!(wrapped("", &"x".repeat(300)).chars().count(), 300);
    }

    #[test]
    fn counts_are_told_as_people_write_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "packet"), "1 packet");
        assert_eq!(counted(1000, "packet"), "1,000 packets");
    }
}
