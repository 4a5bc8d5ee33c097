//! The folder, and how a site is made and opened.

use crate::error::SiteError;
use crate::lock::WriteLock;
use crate::settings::Settings;
use cofferdam_plant::SiteId;
use cofferdam_telemetry::Telemetry;
use cofferdam_telemetry::durable::{self, at};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The site's name and settings; what makes a folder a site.
pub const SETTINGS_FILE: &str = "cofferdam.toml";
/// The plant model.
pub const PLANT_FILE: &str = "plant.toml";
/// What was observed.
pub const TELEMETRY_FOLDER: &str = "telemetry";
/// Rules for enforcement points.
pub const COMPILED_FOLDER: &str = "compiled";

/// A site that is open. It holds no lock: a step that writes takes it and lets it go.
#[derive(Clone, Debug)]
pub struct Site {
    folder: PathBuf,
    settings: Settings,
}

impl Site {
    /// Makes a folder a site. The folder may exist and hold other things.
    ///
    /// # Errors
    /// When it is a site already, its name can't be an identifier, or the file system refuses.
    pub fn init(folder: &Path, name: &str) -> Result<Self, SiteError> {
        let id = site_id(name).ok_or_else(|| SiteError::BadName(name.to_owned()))?;
        durable::create_folder(folder)?;
        let _lock = WriteLock::take(folder)?;
        let path = folder.join(SETTINGS_FILE);
        if path.exists() {
            return Err(SiteError::AlreadyASite(folder.to_owned()));
        }
        durable::create_folder(&folder.join(TELEMETRY_FOLDER))?;
        // Written last: without it the folder is no site.
        durable::write_file(&path, Settings::text(&id, name).as_bytes())?;
        Self::open(folder)
    }

    /// Opens a site.
    ///
    /// # Errors
    /// When the folder is no site, or its settings can't be read.
    pub fn open(folder: &Path) -> Result<Self, SiteError> {
        let path = folder.join(SETTINGS_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SiteError::NotASite(folder.to_owned()));
            }
            Err(error) => return Err(at("read", &path)(error).into()),
        };
        Ok(Self {
            folder: folder.to_owned(),
            settings: Settings::parse(&text)?,
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the plant model is, or will be.
    #[must_use]
    pub fn plant_path(&self) -> PathBuf {
        self.folder.join(PLANT_FILE)
    }

    /// What was observed, as it stands now.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn telemetry(&self) -> Result<Telemetry, SiteError> {
        Ok(Telemetry::open(&self.folder.join(TELEMETRY_FOLDER))?)
    }

    /// Takes the right to write.
    ///
    /// # Errors
    /// When somebody else has it.
    pub fn lock(&self) -> Result<WriteLock, SiteError> {
        WriteLock::take(&self.folder)
    }
}

/// The identifier that a name gives: lower case, everything but letters and digits as single hyphens.
fn site_id(name: &str) -> Option<SiteId> {
    const MAX_LENGTH: usize = 63;
    let words: Vec<_> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let slug: String = words.join("-").chars().take(MAX_LENGTH).collect();
    slug.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_made_once_and_opened_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plant");
        assert!(matches!(Site::open(&path), Err(SiteError::NotASite(_))));
        let made = Site::init(&path, "Hangar 3 – MRO").unwrap();
        assert_eq!(made.settings().id.as_str(), "hangar-3-mro");
        assert_eq!(Site::open(&path).unwrap().settings(), made.settings());
        assert!(matches!(
            Site::init(&path, "Again"),
            Err(SiteError::AlreadyASite(_))
        ));
        assert!(matches!(
            Site::init(&folder.path().join("x"), "–"),
            Err(SiteError::BadName(_))
        ));
    }
}
