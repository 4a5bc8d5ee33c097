//! Configurations of devices as they run: held against the plant model, and against each other.

use crate::compile::sound;
use crate::error::SiteError;
use crate::site::Site;
use cofferdam_plant::EnforcementPointId;
use cofferdam_policy::backends::{BACKENDS, Backend, Scope, backend};
use cofferdam_policy::filter::{Device, Reading, Span};
use cofferdam_policy::symbolic::{Anomaly, Decision, Difference, anomalies, differences};
use cofferdam_policy::{Verification, verify};
use cofferdam_telemetry::durable::at;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest configuration that is read.
pub const MAX_CONFIGURATION_BYTES: u64 = 128 << 20;

/// A configuration file, and the devices in it: one for each virtual firewall.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The file.
    pub file: PathBuf,
    /// What wrote or reads it.
    pub backend: &'static Backend,
    /// Its text.
    pub text: String,
    /// How many of its bytes were no UTF-8 and stand as `U+FFFD` in the text.
    pub not_utf8: u64,
    /// The devices.
    pub devices: Vec<Device>,
}

/// What holding one device against the model found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Which of the configuration's devices.
    pub device: usize,
    /// Which conduits it has to let through.
    pub scope: Scope,
    /// What passes and should not, what should pass and does not.
    pub found: Verification,
    /// Rules that never decide, or contradict others.
    pub odd: Vec<Anomaly>,
    /// Why odd rules were not looked for, where they were not.
    pub odd_not_sought: Option<String>,
}

/// How two configurations of a device differ.
#[derive(Clone, Debug)]
pub struct Drift {
    /// What was approved.
    pub approved: Configuration,
    /// What runs.
    pub running: Configuration,
    /// For each device in both, by name or else by place: the packets that are treated differently.
    pub devices: Vec<DeviceDrift>,
    /// Devices that are only in the approved configuration.
    pub gone: Vec<String>,
    /// Devices that only run.
    pub new: Vec<String>,
}

/// How one device differs.
#[derive(Clone, Debug)]
pub struct DeviceDrift {
    /// Its place in the approved configuration.
    pub approved: usize,
    /// Its place in the running one.
    pub running: usize,
    /// One entry for each pair of rules by which a packet is treated differently.
    pub differences: Vec<Difference>,
}

impl Configuration {
    /// Reads a file. Without a backend's name, the file's ending tells it, if only one backend writes such files.
    ///
    /// # Errors
    /// When the file can't be read, is too large, or the backend is not known.
    pub fn read(file: &Path, backend_name: Option<&str>) -> Result<Self, SiteError> {
        let device = match backend_name {
            Some(name) => backend(name).ok_or_else(|| SiteError::UnknownBackend(name.to_owned()))?,
            None => by_ending(file).ok_or_else(|| SiteError::WhichBackend(file.to_owned()))?,
        };
        let mut bytes = Vec::new();
        File::open(file)
            .and_then(|opened| opened.take(MAX_CONFIGURATION_BYTES + 1).read_to_end(&mut bytes))
            .map_err(at("read", file))?;
        if bytes.len() as u64 > MAX_CONFIGURATION_BYTES {
            return Err(SiteError::ConfigurationTooLarge(file.to_owned()));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let bad = bytes
            .utf8_chunks()
            .map(|chunk| chunk.invalid().len() as u64)
            .sum();
        Ok(Self {
            file: file.to_owned(),
            backend: device,
            not_utf8: bad,
            devices: (device.parse)(&text),
            text,
        })
    }

    /// The lines of a span, as they stand in the file.
    pub fn lines(&self, span: Span) -> impl Iterator<Item = &str> {
        let first = usize::try_from(span.first).unwrap_or(usize::MAX);
        let last = usize::try_from(span.last).unwrap_or(usize::MAX);
        let count = if first == 0 {
            0
        } else {
            last.saturating_sub(first) + 1
        };
        self.text.lines().skip(first.saturating_sub(1)).take(count)
    }

    /// Where a decision stands: the rule's span and the name that it has there; nothing for a list's default.
    #[must_use]
    pub fn rule(&self, device: usize, decision: &Decision) -> Option<(Span, &str)> {
        let list = self.devices.get(device)?.stages.get(decision.stage)?;
        let rule = list.rules.get(decision.rule?)?;
        Some((rule.span, &rule.label))
    }
}

/// The one backend that writes files of this ending.
fn by_ending(file: &Path) -> Option<&'static Backend> {
    let mut of_it = BACKENDS.iter().filter(|backend| stem(file, backend).is_some());
    of_it.next().filter(|_| of_it.next().is_none())
}

/// The file's name without the backend's ending.
fn stem<'f>(file: &'f Path, backend: &Backend) -> Option<&'f str> {
    let name = file.file_name()?.to_str()?;
    name.strip_suffix(backend.extension)?.strip_suffix('.')
}

impl Site {
    /// Holds each device of a configuration against the model. `point` is the enforcement point that it is: what the
    /// conduits through it permit has to pass. Without one, an enforcement point of the file's name, else the whole
    /// site, through which everything has to pass.
    ///
    /// # Errors
    /// When the model can't be read, there is no such enforcement point, or the rules are too many to decide.
    pub fn verify(
        &self,
        other: Option<&Path>,
        configuration: &Configuration,
        point: Option<&str>,
    ) -> Result<Vec<Verified>, SiteError> {
        let document = self.plant(other)?;
        let plant = document.plant();
        let policy = sound(&document)?;
        let known = |name: &str| -> Option<Scope> {
            let id: EnforcementPointId = name.parse().ok()?;
            let mut points = plant.enforcement_points().iter();
            points.any(|point| point.id == id).then_some(Scope::Point(id))
        };
        let scope = match point {
            Some(name) => known(name).ok_or_else(|| SiteError::NoEnforcementPoint(name.to_owned()))?,
            None => {
                let named = stem(&configuration.file, configuration.backend).and_then(known);
                named.unwrap_or(Scope::Site)
            }
        };
        let devices = configuration.devices.iter().enumerate();
        devices
            .map(|(at, device)| {
                let (odd, odd_not_sought) = match anomalies(device) {
                    Ok(odd) => (odd, None),
                    Err(reason) => (Vec::new(), Some(reason.to_string())),
                };
                Ok(Verified {
                    device: at,
                    scope: scope.clone(),
                    found: verify(plant, &policy, device, &scope)?,
                    odd,
                    odd_not_sought,
                })
            })
            .collect()
    }
}

/// Compares two configurations of a device over every packet: rules that read otherwise and do the same are no
/// difference.
///
/// # Errors
/// When the rules are too many to decide.
pub fn drift(approved: Configuration, running: Configuration) -> Result<Drift, SiteError> {
    let mut pairs = Vec::new();
    let mut gone = Vec::new();
    let single = approved.devices.len() == 1 && running.devices.len() == 1;
    for (at, device) in approved.devices.iter().enumerate() {
        let same = |other: &Device| single || other.name == device.name;
        match running.devices.iter().position(same) {
            Some(other) => pairs.push((at, other)),
            None => gone.push(device.name.clone()),
        }
    }
    let news = running.devices.iter().enumerate();
    let new = news
        .filter(|(at, _)| !pairs.iter().any(|(_, other)| other == at))
        .map(|(_, device)| device.name.clone())
        .collect();
    let mut devices = Vec::new();
    for (at, other) in pairs {
        if let (Some(was), Some(is)) = (approved.devices.get(at), running.devices.get(other)) {
            devices.push(DeviceDrift {
                approved: at,
                running: other,
                differences: differences(was, is, Reading::Widest)?,
            });
        }
    }
    Ok(Drift {
        approved,
        running,
        devices,
        gone,
        new,
    })
}
