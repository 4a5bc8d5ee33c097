//! Answers that cost something are kept until the site's files change.

use crate::error::RequestError;
use crate::shadow_view::ShadowView;
use cofferdam_site::{PLANT_FILE, SETTINGS_FILE, Site, TELEMETRY_FOLDER};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What the routes share.
pub(crate) struct App {
    pub(crate) site: Site,
    shadow: Kept<ShadowView>,
}

impl App {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            site,
            shadow: Kept::default(),
        }
    }

    pub(crate) fn shadow(
        &self,
        make: impl FnOnce(&Site) -> Result<ShadowView, RequestError>,
    ) -> Result<Arc<ShadowView>, RequestError> {
        self.shadow.get(&self.site, make)
    }
}

/// When each file of the site was changed, in name order.
type Stamp = Vec<(String, Option<SystemTime>, u64)>;

struct Kept<T>(Mutex<Option<(Stamp, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Kept<T> {
    /// What is kept, or what is made anew when a file changed. Who asks meanwhile waits, and gets the same.
    fn get(
        &self,
        site: &Site,
        make: impl FnOnce(&Site) -> Result<T, RequestError>,
    ) -> Result<Arc<T>, RequestError> {
        let now = stamp(site.folder());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, value)) = &*kept
            && *then == now
        {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make(site)?);
        *kept = Some((now, Arc::clone(&value)));
        Ok(value)
    }
}

fn stamp(folder: &Path) -> Stamp {
    let mut stamp = Vec::new();
    for name in [PLANT_FILE, SETTINGS_FILE] {
        note(&mut stamp, name.to_owned(), &folder.join(name));
    }
    let mut folders = vec![folder.join(TELEMETRY_FOLDER)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            note(&mut stamp, path.display().to_string(), &path);
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    stamp.sort();
    stamp
}

fn note(stamp: &mut Stamp, name: String, path: &Path) {
    if let Ok(meta) = fs::metadata(path) {
        stamp.push((name, meta.modified().ok(), meta.len()));
    }
}
