//! `cofferdam check`: the plant model against its rules, as compilers show it.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Form, Screen, counted};
use clap::{Args, ValueEnum};
use cofferdam_plant::render::{human, sarif};
use cofferdam_plant::{Diagnostic, Label, Severity};
use cofferdam_site::{CheckReport, Site, SiteError};
use cofferdam_terms::Timestamp;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Check the plant model: separation, levels, conduits, owners, and what was observed against what is permitted
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Another file than the site's plant.toml
    #[arg(value_name = "FILE")]
    plant: Option<PathBuf>,
    /// From which severity on findings make the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// Print SARIF 2.1.0, for code hosts and editors
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// From which severity on findings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Errors, warnings and notes
    Note,
    /// Nothing
    Never,
}

impl FailOn {
    fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity == Severity::Error,
            Self::Warning => severity <= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

pub(crate) fn run(args: &CheckArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let report = match site.check(args.plant.as_deref(), now()) {
        // An editor shows what makes the text no model in the same way as any other finding.
        Err(SiteError::Plant(rejection)) if args.sarif => {
            screen.json(&sarif(&rejection.diagnostics, &[], &[&rejection.text], VERSION))?;
            return Err(SiteError::Plant(rejection).into());
        }
        report => report?,
    };
    let checked = &report.checked;
    match screen.form() {
        _ if args.sarif => {
            let log = sarif(
                &checked.diagnostics,
                &checked.not_run,
                &[report.document.source()],
                VERSION,
            );
            screen.json(&log)?;
        }
        Form::Json => screen.json(&Report::from(&report))?,
        Form::Text => text(&report, screen)?,
    }
    let counts = |diagnostic: &Diagnostic| args.fail_on.counts(diagnostic.severity);
    if report.checked.diagnostics.iter().any(counts) {
        Ok(Outcome::Found)
    } else {
        Ok(Outcome::Done)
    }
}

/// The time, read here at the edge: checks of windows need it.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

fn text(report: &CheckReport, screen: &mut Screen) -> Result<(), CliError> {
    let source = report.document.source();
    let colour = screen.colour();
    for diagnostic in &report.checked.diagnostics {
        screen.line(human(diagnostic, &[source], colour))?;
    }
    let of = |severity| {
        let all = report.checked.diagnostics.iter();
        all.filter(|diagnostic| diagnostic.severity == severity).count() as u64
    };
    screen.line(format!(
        "{}: {}, {}, {}",
        source.name(),
        counted(of(Severity::Error), "error"),
        counted(of(Severity::Warning), "warning"),
        counted(of(Severity::Note), "note"),
    ))?;
    for (code, lacking) in &report.checked.not_run {
        screen.line(format!("not run: {code}: {}", lacking.name()))?;
    }
    if !report.checked.diagnostics.is_empty() {
        screen.note("`cofferdam explain CODE` says more of each.")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Report {
    file: String,
    diagnostics: Vec<DiagnosticReport>,
    not_run: Vec<NotRun>,
}

#[derive(Serialize)]
struct DiagnosticReport {
    code: &'static str,
    severity: &'static str,
    message: String,
    at: Vec<LabelReport>,
    clauses: Vec<String>,
    help: Option<String>,
}

#[derive(Serialize)]
struct LabelReport {
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    text: String,
}

#[derive(Serialize)]
struct NotRun {
    code: &'static str,
    lacking: String,
}

impl From<&CheckReport> for Report {
    fn from(report: &CheckReport) -> Self {
        Self {
            file: report.document.source().name().to_owned(),
            diagnostics: report
                .checked
                .diagnostics
                .iter()
                .map(DiagnosticReport::from)
                .collect(),
            not_run: report
                .checked
                .not_run
                .iter()
                .map(|(code, lacking)| NotRun {
                    code: code.0,
                    lacking: lacking.name().to_owned(),
                })
                .collect(),
        }
    }
}

impl From<&Diagnostic> for DiagnosticReport {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.0,
            severity: diagnostic.severity.name(),
            message: diagnostic.message.clone(),
            at: std::iter::once(&diagnostic.primary)
                .chain(&diagnostic.secondary)
                .map(LabelReport::from)
                .collect(),
            clauses: diagnostic.clauses.iter().map(ToString::to_string).collect(),
            help: diagnostic.help.clone(),
        }
    }
}

impl From<&Label> for LabelReport {
    fn from(label: &Label) -> Self {
        let start = label.span.as_ref();
        Self {
            file: start.map(|span| span.file.to_string()),
            line: start.map(|span| span.from.line),
            column: start.map(|span| span.from.column),
            text: label.text.clone(),
        }
    }
}
