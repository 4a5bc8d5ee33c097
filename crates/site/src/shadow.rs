//! The shadow test: what an enforced model would have cut of what was recorded.

use crate::error::SiteError;
use crate::model::Learned;
use crate::site::Site;
use cofferdam_observe::ObservedAsset;
use cofferdam_plant::Document;
use cofferdam_policy::{Policy, Shadow, ShadowReport, ShadowSettings};
use cofferdam_telemetry::{SetAside, Telemetry, TelemetryError, TimeRange};
use std::path::Path;

/// What a shadow test gave.
#[derive(Clone, Debug)]
pub struct ShadowTest {
    /// The model that was tested.
    pub document: Document,
    /// From when to when it was learned, if it is the site's own and was drafted.
    pub learned: Option<Learned>,
    /// What would have been cut.
    pub report: ShadowReport,
    /// Captures that are left out because their telemetry is damaged.
    pub set_aside: Vec<SetAside>,
}

impl Site {
    /// Tests a model, the site's own or another file's, on what was recorded in a span of time.
    ///
    /// # Errors
    /// When the model or telemetry can't be read.
    pub fn shadow(&self, other: Option<&Path>, range: TimeRange) -> Result<ShadowTest, SiteError> {
        let document = self.plant(other)?;
        let learned = if other.is_none() { self.learned()? } else { None };
        let inventory = self.inventory()?;
        let mut telemetry = self.telemetry()?;
        let report = loop {
            match judge(self, &document, learned, &telemetry, &inventory.assets, range) {
                Ok(report) => break report,
                // A file that turns out damaged on the way is left out, and the test begins again.
                Err(TelemetryError::Damaged(_) | TelemetryError::Engine(_))
                    if telemetry.find_damage() > 0 => {}
                Err(error) => return Err(error.into()),
            }
        };
        let set_aside = telemetry.set_aside().cloned().collect();
        Ok(ShadowTest {
            document,
            learned,
            report,
            set_aside,
        })
    }
}

fn judge(
    site: &Site,
    document: &Document,
    learned: Option<Learned>,
    telemetry: &Telemetry,
    assets: &[ObservedAsset],
    range: TimeRange,
) -> Result<ShadowReport, TelemetryError> {
    let policy = Policy::new(document.plant());
    let settings = ShadowSettings {
        learned: learned.map(|learned| (learned.first.into(), learned.last.into())),
        ..ShadowSettings::default()
    };
    let mut shadow = Shadow::new(&policy, document.plant(), settings);
    for replayed in telemetry.replay(range, site.settings().query)? {
        shadow.record(&replayed?.record);
    }
    Ok(shadow.finish(assets))
}
