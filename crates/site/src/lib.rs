//! A site is a folder: this crate knows where its files lie and runs the loop's steps on them, for both shells.
//!
//! The CLI and the server call the same functions here, so that a command and a route can't differ. It does I/O and
//! holds no rule: every decision is made in the pure crates. It must not know of arguments, terminals, HTTP or users.
//!
//! ```text
//! cofferdam.toml    the site's name and its settings; what makes a folder a site
//! plant.toml        the plant model, once it was drafted or written
//! learned.json      from when to when a drafted model was learned
//! baseline.json     what is usual, once it was learned
//! telemetry/        what was observed
//! compiled/         rules for enforcement points
//! .cofferdam.lock   held by whoever writes
//! ```
//!
//! Read first: [`Site`], [`Settings`], [`SiteError`].
#![forbid(unsafe_code)]

mod baseline;
mod compile;
mod devices;
mod error;
mod import;
mod live;
mod lock;
mod logs;
mod look;
mod model;
mod observe;
mod records;
mod settings;
mod shadow;
mod site;

pub use baseline::{BASELINE_FILE, Deviating, MAX_DEVIATIONS, Told};
pub use cofferdam_telemetry as telemetry;
pub use compile::{Changed, CompiledPoint, DEFAULT_BACKEND, Rules, Target};
pub use devices::{
    Compared, Configuration, DeviceDrift, Drift, MAX_CONFIGURATION_BYTES, Reached, Verified, compare_files,
    drift,
};
pub use error::SiteError;
pub use import::{Carry, Imported};
pub use live::{LiveProgress, LiveReport};
pub use lock::WriteLock;
pub use look::{FlowFilter, HostFilter, Inventory, More};
pub use model::{CheckReport, Drafted, Learned, Overwrite};
pub use observe::{Input, ObserveOptions, ObserveProgress, ObserveReport, Observed};
pub use records::LogsObserved;
pub use settings::{SETTINGS, Setting, Settings, SettingsError};
pub use shadow::ShadowTest;
pub use site::{COMPILED_FOLDER, PLANT_FILE, SETTINGS_FILE, Site, TELEMETRY_FOLDER};
