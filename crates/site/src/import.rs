//! The declared inventory: files of other systems into `plant.toml`, and the model out in formats of other tools.

use crate::error::SiteError;
use crate::site::{PLANT_FILE, Site};
use cofferdam_import::bounds::MAX_FILE_BYTES;
use cofferdam_import::merge::{self, OnConflict, Plan};
use cofferdam_import::readers::preview;
use cofferdam_import::table::Preview;
use cofferdam_import::{Export, ExportContext, Import, Options, read};
use cofferdam_plant::{Document, Parts, Plant, Stage};
use cofferdam_telemetry::durable::{self, at};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Whether an import is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// Only what it would change is said.
    DryRun,
    /// The model is changed.
    Out,
}

/// What an import gave.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the file declares, and what was set aside.
    pub import: Import,
    /// What it changes in the model, record by record.
    pub plan: Plan,
    /// Whether the model was changed.
    pub written: bool,
}

impl Site {
    /// Merges a file of another system into the plant model; a site without one gets one.
    ///
    /// # Errors
    /// When nothing of the file can be read, the model is baselined, there are conflicts and the policy is to stop, or
    /// a file can't be read or written. A dry run only fails for what can't be read.
    pub fn import(
        &self,
        file: &Path,
        options: &Options,
        policy: OnConflict,
        carry: Carry,
    ) -> Result<Imported, SiteError> {
        let lock = match carry {
            Carry::DryRun => None,
            Carry::Out => Some(self.lock()?),
        };
        let document = self.plant_or_bare()?;
        if lock.is_some() && document.plant().site().stage == Stage::Baselined {
            return Err(SiteError::BaselinedImport);
        }
        let import = read(&name_of(file), &bytes_of(file)?, options)?;
        let plan = merge::plan(document.plant(), &import, policy);
        let mut written = false;
        if lock.is_some() {
            let after = plan.apply(&document)?;
            written = plan.changes_anything();
            if written {
                durable::write_file(&self.plant_path(), after.text().as_bytes())?;
            }
        }
        Ok(Imported {
            import,
            plan,
            written,
        })
    }

    /// How a table would be read; nothing for a format without columns.
    ///
    /// # Errors
    /// When nothing of the file can be read.
    pub fn import_preview(&self, file: &Path, options: &Options) -> Result<Option<Preview>, SiteError> {
        Ok(preview(&name_of(file), &bytes_of(file)?, options)?)
    }

    /// The plant model in a format of other tools.
    ///
    /// # Errors
    /// When the model can't be read.
    pub fn export(
        &self,
        format: &Export,
        other: Option<&Path>,
        context: &ExportContext,
    ) -> Result<String, SiteError> {
        Ok(format.write(self.plant(other)?.plant(), context))
    }

    /// The site's model; where there is none yet, one that holds nothing but the site.
    fn plant_or_bare(&self) -> Result<Document, SiteError> {
        match self.plant(None) {
            Err(SiteError::NoPlant) => {
                let site = cofferdam_plant::Site {
                    id: self.settings().id.clone(),
                    name: self.settings().name.clone(),
                    stage: Stage::Draft,
                };
                let parts = Parts {
                    site,
                    zones: Vec::new(),
                    assets: Vec::new(),
                    conduits: Vec::new(),
                    enforcement_points: Vec::new(),
                };
                let bare = Plant::new(parts).map_err(cofferdam_policy::DraftError::Unfit)?;
                Document::from_plant(PLANT_FILE, &bare)
                    .map_err(|rejection| SiteError::Plant(rejection.into()))
            }
            other => other,
        }
    }
}

fn name_of(file: &Path) -> String {
    file.file_name()
        .unwrap_or(file.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// At most a byte more than the largest file, so that the reader can say that it is too large.
fn bytes_of(path: &Path) -> Result<Vec<u8>, SiteError> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(at("read", path))?;
    Ok(bytes)
}
