//! From the plant model to rules for its enforcement points, each with what takes them away again and what the device
//! can't hold.

use crate::error::SiteError;
use crate::site::{COMPILED_FOLDER, Site};
use cofferdam_plant::{Document, Plant};
use cofferdam_policy::backends::{Backend, Compiled, Scope, backend};
use cofferdam_policy::{Explanation, Flow, Policy};
use cofferdam_telemetry::durable;
use std::fs;
use std::path::{Path, PathBuf};

/// For what rules are compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Each enforcement point of the model, by its own backend; the whole site as one where the model names none.
    Points,
    /// One device through which everything passes, by the backend of that name.
    WholeSite {
        /// The backend's name: `nftables`.
        backend: String,
    },
}

/// The backend for a site whose model names no enforcement point.
pub const DEFAULT_BACKEND: &str = "nftables";

/// Rules that were written.
#[derive(Clone, Debug)]
pub struct CompiledPoint {
    /// The enforcement point's id, or `site`.
    pub scope: String,
    /// The device's name in the field.
    pub device: &'static str,
    /// The rules' file.
    pub rules: PathBuf,
    /// The file of what takes them away again.
    pub roll_back: PathBuf,
    /// The file of what the device can't hold.
    pub residuals: PathBuf,
    /// What was compiled.
    pub compiled: Compiled,
    /// Whether the rules differ from those that stood there before, or none stood there.
    pub changed: Changed,
}

/// How rules compare with those that stood there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// None stood there.
    New,
    /// They differ.
    Different,
    /// They are the same, byte for byte.
    Same,
}

/// Rules that were compiled and not written.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What they are for.
    pub scope: Scope,
    /// The device.
    pub device: &'static Backend,
    /// What was compiled.
    pub compiled: Compiled,
}

impl Site {
    /// Compiles the model, and writes nothing.
    ///
    /// # Errors
    /// When the model can't be read, addresses are claimed twice, or a backend is not known.
    pub fn rules(&self, other: Option<&Path>, target: &Target) -> Result<Vec<Rules>, SiteError> {
        let document = self.plant(other)?;
        let policy = sound(&document)?;
        let compiled = scopes(document.plant(), target)?
            .into_iter()
            .map(|(scope, device)| Rules {
                compiled: (device.compile)(document.plant(), &policy, &scope),
                scope,
                device,
            });
        Ok(compiled.collect())
    }

    /// Compiles the model and writes rules, roll-back and residuals to `compiled/`.
    ///
    /// # Errors
    /// When the model can't be read, addresses are claimed twice, a backend is not known, or a file can't be written.
    pub fn compile(&self, other: Option<&Path>, target: &Target) -> Result<Vec<CompiledPoint>, SiteError> {
        let _lock = self.lock()?;
        let compiled = self.rules(other, target)?;
        let folder = self.folder().join(COMPILED_FOLDER);
        durable::create_folder(&folder)?;
        compiled.into_iter().map(|rules| write(&folder, rules)).collect()
    }
}

/// The policy of a model, if it is one that can be enforced.
pub(crate) fn sound(document: &Document) -> Result<Policy, SiteError> {
    let policy = Policy::new(document.plant());
    if policy.faults().is_empty() {
        Ok(policy)
    } else {
        Err(SiteError::ClaimedTwice(policy.faults().len()))
    }
}

fn scopes(plant: &Plant, target: &Target) -> Result<Vec<(Scope, &'static Backend)>, SiteError> {
    let known = |name: &str| backend(name).ok_or_else(|| SiteError::UnknownBackend(name.to_owned()));
    match target {
        Target::WholeSite { backend } => Ok(vec![(Scope::Site, known(backend)?)]),
        Target::Points if plant.enforcement_points().is_empty() => {
            Ok(vec![(Scope::Site, known(DEFAULT_BACKEND)?)])
        }
        Target::Points => plant
            .enforcement_points()
            .iter()
            .map(|point| Ok((Scope::Point(point.id.clone()), known(&point.backend)?)))
            .collect(),
    }
}

fn write(folder: &Path, rules: Rules) -> Result<CompiledPoint, SiteError> {
    let Rules {
        scope,
        device,
        compiled,
    } = rules;
    let file = |ending: String| folder.join(format!("{}.{ending}", scope.name()));
    let rules = file(device.extension.to_owned());
    let roll_back = file(format!("roll-back.{}", device.extension));
    let residuals = file("residuals.txt".to_owned());
    let changed = match fs::read(&rules) {
        Ok(before) if before == compiled.text.as_bytes() => Changed::Same,
        Ok(_) => Changed::Different,
        Err(_) => Changed::New,
    };
    let left: String = compiled
        .residuals
        .iter()
        .map(|residual| format!("{residual}\n"))
        .collect();
    // The way back is there before the rules are.
    durable::write_file(&roll_back, compiled.roll_back.as_bytes())?;
    durable::write_file(&residuals, left.as_bytes())?;
    durable::write_file(&rules, compiled.text.as_bytes())?;
    Ok(CompiledPoint {
        scope: scope.name().to_owned(),
        device: device.title,
        rules,
        roll_back,
        residuals,
        compiled,
        changed,
    })
}

impl Site {
    /// Opens the verdict for a flow to the facts and definitions behind it.
    ///
    /// # Errors
    /// When the model can't be read.
    pub fn explain(&self, other: Option<&Path>, flow: &Flow<'_>) -> Result<Explanation, SiteError> {
        let document = self.plant(other)?;
        // A model with claims that contradict each other can still say why it denies.
        let policy = Policy::new(document.plant());
        Ok(cofferdam_policy::explain(&policy, document.plant(), flow))
    }
}
