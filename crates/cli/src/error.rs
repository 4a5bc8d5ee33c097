//! Why a command failed, what a person can do about it, and the exit code that says so to scripts.

use crate::times::BadTime;
use cofferdam_capture::OpenError;
use cofferdam_capture::live::LiveError;
use cofferdam_site::SiteError;
use cofferdam_site::telemetry::TelemetryError;
use std::io;

/// What the user gave can't be used: arguments, a file, a statement.
const BAD_INPUT: u8 = 2;
/// The step could not be carried out: the disk, the lock, a fault of this program.
const FAILED: u8 = 3;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Site(#[from] SiteError),
    /// Captures that could not be opened; the ones beside them were observed.
    #[error("{}", sentences(.0))]
    Captures(Vec<OpenError>),
    #[error(transparent)]
    Time(#[from] BadTime),
    #[error("there is no protocol `{word}`")]
    UnknownProtocol { word: String, nearest: Option<String> },
    #[error("there is no check or fault `{word}`")]
    UnknownCode { word: String, nearest: Option<String> },
    #[error("no asset `{word}` was observed")]
    UnknownAsset { word: String, nearest: Option<String> },
    #[error(transparent)]
    Simulation(cofferdam_simulate::SettingsError),
    #[error("can't write the capture: {0}")]
    Pcap(#[from] cofferdam_capture::WriteError),
    #[error(transparent)]
    Serve(#[from] cofferdam_server::ServeError),
    #[error("can't write the output: {0}")]
    Output(#[from] io::Error),
    #[error("can't write the output as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

fn sentences(errors: &[OpenError]) -> String {
    let all: Vec<_> = errors.iter().map(ToString::to_string).collect();
    all.join("\n")
}

impl From<TelemetryError> for CliError {
    fn from(error: TelemetryError) -> Self {
        Self::Site(error.into())
    }
}

impl CliError {
    /// The mend, if one is known.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Site(error) => error.mend(),
            Self::Captures(errors) => errors.first().map(|error| error.mend().to_owned()),
            Self::Time(_) => Some(
                "write 2026-03-02, 2026-03-02T06:00, 2026-03-02T06:00+01:00, or a length such as 7d or 12h"
                    .to_owned(),
            ),
            Self::UnknownProtocol { nearest, .. } => {
                Some(did_you_mean(nearest.as_deref(), "cofferdam protocols"))
            }
            Self::UnknownCode { nearest, .. } => {
                Some(did_you_mean(nearest.as_deref(), "cofferdam explain --list"))
            }
            Self::UnknownAsset { nearest, .. } => {
                Some(did_you_mean(nearest.as_deref(), "cofferdam inventory"))
            }
            Self::Serve(error) => error.mend().map(str::to_owned),
            Self::Simulation(_) | Self::Pcap(_) | Self::Output(_) | Self::Json(_) => None,
        }
    }

    /// 2 for what the user gave, 3 for what could not be carried out.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Site(error) => site_exit_code(error),
            Self::Captures(_)
            | Self::Simulation(_)
            | Self::Time(_)
            | Self::UnknownProtocol { .. }
            | Self::UnknownCode { .. }
            | Self::UnknownAsset { .. } => BAD_INPUT,
            Self::Serve(cofferdam_server::ServeError::NotLoopback(_)) => BAD_INPUT,
            Self::Serve(_) | Self::Pcap(_) | Self::Output(_) | Self::Json(_) => FAILED,
        }
    }
}

fn did_you_mean(nearest: Option<&str>, list: &str) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? `{list}` lists them all"),
        None => format!("`{list}` lists them all"),
    }
}

fn site_exit_code(error: &SiteError) -> u8 {
    match error {
        SiteError::NotASite(_)
        | SiteError::AlreadyASite(_)
        | SiteError::BadName(_)
        | SiteError::Settings(_)
        | SiteError::NoPlant
        | SiteError::PlantExists
        | SiteError::Baselined
        | SiteError::BaselinedImport
        | SiteError::Import(_)
        | SiteError::Merge(_)
        | SiteError::Plant(_)
        | SiteError::Draft(_)
        | SiteError::ClaimedTwice(_)
        | SiteError::UnknownBackend(_)
        | SiteError::WhichBackend(_)
        | SiteError::ConfigurationTooLarge(_)
        | SiteError::NoEnforcementPoint(_)
        | SiteError::NoDevice(_)
        | SiteError::End(_)
        | SiteError::NoBaseline
        | SiteError::NothingObserved
        | SiteError::Baseline(_)
        | SiteError::BaselineJson(_)
        | SiteError::TooLarge(_) => BAD_INPUT,
        SiteError::Live(error) => match error {
            LiveError::Missing { .. }
            | LiveError::Down { .. }
            | LiveError::Unsupported { .. }
            | LiveError::NotPermitted { .. } => BAD_INPUT,
            LiveError::System { .. } | LiveError::Filter { .. } => FAILED,
        },
        // A file that isn't there was named wrongly.
        SiteError::Storage(error) if error.source.kind() == io::ErrorKind::NotFound => BAD_INPUT,
        SiteError::Locked { .. } | SiteError::Storage(_) => FAILED,
        SiteError::Telemetry(error) => match error {
            TelemetryError::UnknownCapture(_)
            | TelemetryError::Refused(_)
            | TelemetryError::NotOneStatement(_)
            | TelemetryError::TooLong { .. }
            | TelemetryError::Statement(_)
            | TelemetryError::OutOfMemory(_)
            | TelemetryError::OutOfTime(_) => BAD_INPUT,
            TelemetryError::Storage(_)
            | TelemetryError::Write { .. }
            | TelemetryError::Columns { .. }
            | TelemetryError::Record { .. }
            | TelemetryError::Damaged(_)
            | TelemetryError::Engine(_) => FAILED,
        },
    }
}
