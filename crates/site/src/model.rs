//! The plant model in the folder: reading, checking, drafting.

use crate::error::SiteError;
use crate::site::{PLANT_FILE, Site};
use cofferdam_observe::ObservedAsset;
use cofferdam_plant::text::MAX_TEXT_BYTES;
use cofferdam_plant::{Checked, Document, Facts, Stage};
use cofferdam_policy::{Conversations, Draft, DraftSettings, draft, observed};
use cofferdam_telemetry::TimeRange;
use cofferdam_telemetry::durable::{self, at};
use cofferdam_telemetry::form::Time;
use cofferdam_terms::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// From when to when the model was learned.
const LEARNED_FILE: &str = "learned.json";

/// Whether a draft may take the place of a plant model that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It may not.
    Refuse,
    /// It may, as long as the model is not baselined.
    Replace,
}

/// A draft that was written.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// Where.
    pub path: PathBuf,
    /// The draft.
    pub draft: Draft,
    /// What it was learned from.
    pub conversations: Conversations,
}

/// From when to when a drafted model was learned. It is kept beside the model, for the shadow test to tell what the
/// model could not have known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// The first packet's time.
    pub first: Time,
    /// The last packet's time.
    pub last: Time,
}

/// What the checks found in a plant model.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// The model and its text.
    pub document: Document,
    /// What was found.
    pub checked: Checked,
}

impl Site {
    /// Reads a plant model: the site's own, or another file's.
    ///
    /// # Errors
    /// When it can't be read, or is no model; all its faults are in the error.
    pub fn plant(&self, other: Option<&Path>) -> Result<Document, SiteError> {
        match other {
            Some(path) => plant_file(path, &path.display().to_string()),
            None => match plant_file(&self.plant_path(), PLANT_FILE) {
                Err(SiteError::Storage(error)) if error.source.kind() == io::ErrorKind::NotFound => {
                    Err(SiteError::NoPlant)
                }
                read => read,
            },
        }
    }

    /// Checks a plant model against its rules, the time, and what was observed if anything was.
    ///
    /// # Errors
    /// When the model or telemetry can't be read.
    pub fn check(&self, other: Option<&Path>, now: Timestamp) -> Result<CheckReport, SiteError> {
        let document = self.plant(other)?;
        let (conversations, _) = self.conversations(TimeRange::ALL)?;
        let inventory = self.inventory()?;
        let capture = self.capture_names()?;
        let observed =
            (!conversations.is_empty()).then(|| observed(&conversations, &inventory.assets, &capture));
        let facts = Facts {
            now: Some(now),
            observed: observed.as_ref(),
        };
        let checked = document.check(facts);
        Ok(CheckReport { document, checked })
    }

    /// Drafts a plant model out of what was observed in a span of time, and writes it to `plant.toml`.
    ///
    /// # Errors
    /// When there is a model already and it may not be replaced, nothing was observed, or a file can't be read or
    /// written.
    pub fn draft(&self, range: TimeRange, overwrite: Overwrite) -> Result<Drafted, SiteError> {
        let _lock = self.lock()?;
        self.may_draft(overwrite)?;
        let (conversations, _) = self.conversations(range)?;
        let inventory = self.inventory()?;
        let assets: Vec<_> = inventory
            .assets
            .into_iter()
            .filter(|asset| seen_in(asset, range))
            .collect();
        let settings = DraftSettings {
            site: self.settings().id.clone(),
            site_name: self.settings().name.clone(),
            capture: self.capture_names()?,
        };
        let draft = draft(&assets, &conversations, &settings)?;
        let document = Document::from_plant(PLANT_FILE, &draft.plant)
            .map_err(|rejection| SiteError::Plant(rejection.into()))?;
        self.keep_learned(&conversations, range)?;
        let path = self.plant_path();
        durable::write_file(&path, document.text().as_bytes())?;
        Ok(Drafted {
            path,
            draft,
            conversations,
        })
    }

    fn keep_learned(&self, conversations: &Conversations, range: TimeRange) -> Result<(), SiteError> {
        let Some((first, last)) = conversations.span() else {
            return Ok(());
        };
        let learned = Learned {
            first: first.into(),
            // A conversation that began within the range may have ended after it; nothing else of that time was learned.
            last: range.to.map_or(last, |to| last.min(to)).into(),
        };
        let path = self.folder().join(LEARNED_FILE);
        let json = serde_json::to_vec(&learned).map_err(|error| at("write", &path)(error.into()))?;
        Ok(durable::write_file(&path, &json)?)
    }

    /// From when to when the site's model was learned, if it was drafted.
    ///
    /// # Errors
    /// When the file that says so can't be read.
    pub fn learned(&self) -> Result<Option<Learned>, SiteError> {
        let path = self.folder().join(LEARNED_FILE);
        match bounded(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map(Some)
                .map_err(|error| at("read", &path)(error.into()).into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at("read", &path)(error).into()),
        }
    }

    fn may_draft(&self, overwrite: Overwrite) -> Result<(), SiteError> {
        match self.plant(None) {
            Err(SiteError::NoPlant) => Ok(()),
            Ok(document) if document.plant().site().stage == Stage::Baselined => Err(SiteError::Baselined),
            Ok(_) | Err(SiteError::Plant(_)) if overwrite == Overwrite::Refuse => Err(SiteError::PlantExists),
            Ok(_) => Ok(()),
            // A text that can't be read may be a baselined one with a slip of the pen: it is not thrown away.
            Err(error) => Err(error),
        }
    }

    /// The name for provenance: the capture's, or how many there are.
    fn capture_names(&self) -> Result<String, SiteError> {
        let telemetry = self.telemetry()?;
        let mut captures = telemetry.captures();
        Ok(match (captures.next(), captures.len()) {
            (Some(captured), 0) => captured.name.clone(),
            (_, more) => format!("{} captures", more + 1),
        })
    }
}

/// Reads a plant model from a file, by the name that its diagnostics shall have.
pub(crate) fn plant_file(path: &Path, name: &str) -> Result<Document, SiteError> {
    let bytes = bounded(path).map_err(at("read", path))?;
    cofferdam_plant::parse_bytes(name, &bytes).map_err(|rejection| SiteError::Plant(rejection.into()))
}

/// Reads at most a byte more than the largest text, so that the reader of texts can say that it is too large.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_TEXT_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn seen_in(asset: &ObservedAsset, range: TimeRange) -> bool {
    range.from.is_none_or(|from| from <= asset.last) && range.to.is_none_or(|to| asset.first < to)
}
