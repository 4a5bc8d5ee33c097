//! Why a step could not be taken, told for the person who has to mend it.

use crate::settings::SettingsError;
use cofferdam_capture::live::LiveError;
use cofferdam_import::ReadError;
use cofferdam_import::merge::MergeError;
use cofferdam_observe::BadBaseline;
use cofferdam_plant::Rejection;
use cofferdam_policy::backends::BACKENDS;
use cofferdam_policy::symbolic::TooLarge;
use cofferdam_policy::{DraftError, EndError};
use cofferdam_telemetry::TelemetryError;
use cofferdam_telemetry::durable::StorageError;
use std::path::PathBuf;

/// Why a step could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The folder is no site.
    #[error("`{}` is not a site: it has no `cofferdam.toml`", .0.display())]
    NotASite(PathBuf),
    /// There is already a site.
    #[error("`{}` is already a site", .0.display())]
    AlreadyASite(PathBuf),
    /// A name makes no site id.
    #[error("`{0}` can't name a site: it needs at least one letter or digit")]
    BadName(String),
    /// The settings can't be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Somebody else is writing.
    #[error("the site is being written to{}", holder.as_ref().map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    Locked {
        /// The process that holds the lock, as far as it said.
        holder: Option<u32>,
    },
    /// The file system refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Telemetry could not be written, read or asked.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// An interface can't be captured from.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// There is no plant model yet.
    #[error("the site has no `plant.toml` yet")]
    NoPlant,
    /// There is a plant model, and it was not said that it may be replaced.
    #[error("the site has a `plant.toml`, and a draft would replace it")]
    PlantExists,
    /// The plant model is baselined.
    #[error(
        "the plant model is baselined: a revision comes only from an approved change, never from a draft"
    )]
    Baselined,
    /// The plant model is baselined, and an import would change it.
    #[error("the plant model is baselined: an import is not carried out without an approved change")]
    BaselinedImport,
    /// Nothing of a file can be imported.
    #[error(transparent)]
    Import(#[from] ReadError),
    /// An import was not carried out.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The text is no plant model.
    #[error(transparent)]
    Plant(Box<Rejection>),
    /// No draft could be made.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Two zones claim the same addresses, so that no rule for them would be right.
    #[error("{0} addresses or subnets are claimed by two zones each: no rule for them would be right")]
    ClaimedTwice(usize),
    /// There is no such backend.
    #[error("there is no firewall backend `{0}`")]
    UnknownBackend(String),
    /// A configuration's file does not say what device it is of.
    #[error("it is not known which device `{}` is of", .0.display())]
    WhichBackend(PathBuf),
    /// A configuration has more bytes than are read.
    #[error("`{}` has more than {} MiB", .0.display(), crate::devices::MAX_CONFIGURATION_BYTES >> 20)]
    ConfigurationTooLarge(PathBuf),
    /// The model has no such enforcement point.
    #[error("the plant model has no enforcement point `{0}`")]
    NoEnforcementPoint(String),
    /// A configuration has no device in it.
    #[error("no device is found in `{}`", .0.display())]
    NoDevice(PathBuf),
    /// An end of a question means nobody.
    #[error(transparent)]
    End(#[from] EndError),
    /// There is no baseline yet.
    #[error("the site has no `baseline.json` yet")]
    NoBaseline,
    /// Nothing was observed in the time that a baseline is to be learned of.
    #[error("nothing was observed in that span of time")]
    NothingObserved,
    /// The file is no baseline.
    #[error("`baseline.json` can't be read: {0}")]
    Baseline(#[from] BadBaseline),
    /// The file is not even JSON of a baseline's form.
    #[error("`baseline.json` can't be read: {0}")]
    BaselineJson(#[source] serde_json::Error),
    /// Rules are too many, or too different, to be decided over every packet.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl SiteError {
    /// What a person can do about it.
    #[must_use]
    pub fn mend(&self) -> Option<String> {
        match self {
            Self::NotASite(_) => {
                Some("make one with `cofferdam init`, or name one with `--site` or COFFERDAM_SITE".to_owned())
            }
            Self::AlreadyASite(_) => Some("choose another folder, or go on with this site".to_owned()),
            Self::BadName(_) => Some("write a name such as `Hangar 3`".to_owned()),
            Self::Settings(error) => error.mend(),
            Self::Locked { .. } => Some("wait until it has ended, or stop it".to_owned()),
            Self::Storage(error) => match error.source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".to_owned()),
                std::io::ErrorKind::StorageFull => {
                    Some("free some space; what stood before still stands".to_owned())
                }
                std::io::ErrorKind::PermissionDenied => Some("check who may read and write there".to_owned()),
                _ => None,
            },
            Self::Live(error) => Some(error.mend().to_owned()),
            Self::NoPlant => Some("draft one with `cofferdam draft`, or write one".to_owned()),
            Self::PlantExists => Some("replace it with `cofferdam draft --force`".to_owned()),
            Self::ClaimedTwice(_) => Some("`cofferdam check` shows both places of each".to_owned()),
            Self::UnknownBackend(_) => Some(format!("the backends are: {}", backends())),
            Self::WhichBackend(_) => Some(format!("name it with `--backend`: {}", backends())),
            Self::ConfigurationTooLarge(_) => {
                Some("give the configuration alone, without logs; is it the right file?".to_owned())
            }
            Self::NoEnforcementPoint(_) => {
                Some("add it to plant.toml, or leave `--point` out to mean the whole site".to_owned())
            }
            Self::BaselinedImport => Some("`--dry-run` shows what it would change".to_owned()),
            Self::Import(error) => Some(error.help().to_owned()),
            Self::Merge(MergeError::Stopped(_)) => Some(
                "`--dry-run` shows them; then mend the file, or decide with `--on-conflict skip` or `update`"
                    .to_owned(),
            ),
            Self::Merge(MergeError::Edit(_)) => None,
            Self::NoBaseline => Some("learn one with `cofferdam baseline learn --first 7d`".to_owned()),
            Self::NothingObserved => Some("`cofferdam observe CAPTURE` first, or another span".to_owned()),
            Self::Baseline(_) | Self::BaselineJson(_) => {
                Some("learn it anew with `cofferdam baseline learn`".to_owned())
            }
            Self::NoDevice(_) => Some(format!("name what it is with `--backend`: {}", backends())),
            Self::End(_) => Some(
                "write a zone's or asset's id, an address, a subnet, a range FIRST-LAST, or `any`".to_owned(),
            ),
            Self::TooLarge(_) | Self::Telemetry(_) | Self::Plant(_) | Self::Draft(_) | Self::Baselined => {
                None
            }
        }
    }
}

fn backends() -> String {
    let names: Vec<_> = BACKENDS.iter().map(|backend| backend.name).collect();
    names.join(", ")
}
