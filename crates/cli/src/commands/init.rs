//! `cofferdam init`: makes a folder a site.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Form, Screen};
use clap::Args;
use cofferdam_site::{SETTINGS_FILE, Site};
use std::path::{Path, PathBuf};

/// Make a folder a site
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder; the site's folder (--site) if none is given
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The site's name; the folder's if none is given
    #[arg(long)]
    name: Option<String>,
}

pub(crate) fn run(args: &InitArgs, site: &Path, screen: &mut Screen) -> Result<Outcome, CliError> {
    let folder = args.folder.as_deref().unwrap_or(site);
    let name = args.name.clone().unwrap_or_else(|| name_of(folder));
    let made = Site::init(folder, &name)?;
    match screen.form() {
        Form::Json => screen.json(&serde_json::json!({
            "site": made.settings().id.as_str(),
            "name": made.settings().name,
            "folder": folder,
        }))?,
        Form::Text => {
            screen.line(format!(
                "Made site `{}` ({}) in {}",
                made.settings().id,
                made.settings().name,
                folder.display()
            ))?;
            screen.note(&format!(
                "Its settings are in {SETTINGS_FILE}. Next: cofferdam observe CAPTURE"
            ))?;
        }
    }
    Ok(Outcome::Done)
}

fn name_of(folder: &Path) -> String {
    // `.` has no name of its own.
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "site".to_owned())
}
