//! `cofferdam.toml`: the site's name, and settings with their bounds. A key that is not known is an error, with the
//! one that was probably meant: a setting that is silently not read is worse than none.

use cofferdam_plant::{SiteId, nearest};
use cofferdam_telemetry::QueryLimits;
use std::time::Duration;
use toml_edit::{Document, Item, TableLike, Value};

/// What a site's `cofferdam.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The site's identifier.
    pub id: SiteId,
    /// The site's name.
    pub name: String,
    /// What a question in SQL may take.
    pub query: QueryLimits,
    /// Bytes of memory that observation keeps to.
    pub observe_memory: usize,
}

/// A setting that may be written under `[settings]`.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// What holds when it is not written.
    pub default: u64,
    /// The least that it may be.
    pub least: u64,
    /// The most that it may be.
    pub most: u64,
    /// What it is for.
    pub meaning: &'static str,
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "observe-memory-mib",
        default: 512,
        least: 16,
        most: 1 << 20,
        meaning: "memory for observing a capture, in MiB; what was evicted at the ceiling is counted",
    },
    Setting {
        key: "query-memory-mib",
        default: 256,
        least: 32,
        most: 1 << 20,
        meaning: "memory for one question in SQL, a replay or a draft, in MiB; more is spilled to disk",
    },
    Setting {
        key: "query-spill-mib",
        default: 10 << 10,
        least: 0,
        most: 1 << 30,
        meaning: "disk for what one question spills, in MiB",
    },
    Setting {
        key: "query-seconds",
        default: 120,
        least: 1,
        most: 86_400,
        meaning: "how long one question in SQL may take, in seconds",
    },
    Setting {
        key: "query-rows",
        default: 1_000_000,
        least: 1,
        most: 100_000_000,
        meaning: "the most rows of an answer; what is cut off is said",
    },
];

/// What is wrong with a `cofferdam.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is no TOML.
    #[error("cofferdam.toml, line {line}: {message}")]
    NotToml {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key is missing.
    #[error("cofferdam.toml has no `{key}`")]
    Missing {
        /// Which.
        key: &'static str,
    },
    /// A key is not known.
    #[error("cofferdam.toml, line {line}: there is no setting `{key}`")]
    Unknown {
        /// The line, from 1.
        line: usize,
        /// What was written.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A value is not what it may be.
    #[error("cofferdam.toml, line {line}: `{key}` must be {wanted}")]
    Value {
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// What it must be.
        wanted: String,
    },
}

impl SettingsError {
    /// What a person can do about it.
    #[must_use]
    pub fn mend(&self) -> Option<String> {
        match self {
            Self::Unknown {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::Missing { key } => Some(format!("write `{key} = \"…\"` under `[site]`")),
            Self::Unknown { nearest: None, .. } | Self::NotToml { .. } | Self::Value { .. } => None,
        }
    }
}

impl Settings {
    /// Reads the text of a `cofferdam.toml`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let document = Document::parse(text).map_err(|error| SettingsError::NotToml {
            line: line(text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        let reader = Reader { text };
        reader.known(document.as_table(), &["site", "settings"])?;
        let site = document.get("site").and_then(Item::as_table_like);
        let site = site.ok_or(SettingsError::Missing { key: "id" })?;
        reader.known(site, &["id", "name"])?;
        let id = reader.text(site, "id")?;
        let id =
            id.0.parse()
                .map_err(|error: cofferdam_plant::InvalidId| SettingsError::Value {
                    line: id.1,
                    key: "id".to_owned(),
                    wanted: format!("an identifier: {error}"),
                })?;
        let settings = document.get("settings").and_then(Item::as_table_like);
        if let Some(settings) = settings {
            let keys: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
            reader.known(settings, &keys)?;
        }
        let number = |key| reader.number(settings, key);
        let mebibytes = |key| number(key).map(|count| count << 20);
        let memory = |key| mebibytes(key).map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(Self {
            id,
            name: reader.text(site, "name")?.0,
            query: QueryLimits {
                memory: memory("query-memory-mib")?,
                spill: mebibytes("query-spill-mib")?,
                time: Duration::from_secs(number("query-seconds")?),
                rows: usize::try_from(number("query-rows")?).unwrap_or(usize::MAX),
            },
            observe_memory: memory("observe-memory-mib")?,
        })
    }

    /// The text of a new site's `cofferdam.toml`, every setting with its default in a comment.
    #[must_use]
    pub fn text(id: &SiteId, name: &str) -> String {
        let mut text = format!(
            "[site]\nid = \"{id}\"\nname = {}\n\n[settings]\n",
            Value::from(name)
        );
        for setting in SETTINGS {
            text.push_str(&format!(
                "# {}\n# {} = {}\n",
                setting.meaning, setting.key, setting.default
            ));
        }
        text
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn line_of(&self, table: &dyn TableLike, key: &str) -> usize {
        let span = table
            .get_key_value(key)
            .and_then(|(key, item)| key.span().or_else(|| item.span()));
        line(self.text, span.map_or(0, |span| span.start))
    }

    fn known(&self, table: &dyn TableLike, keys: &[&str]) -> Result<(), SettingsError> {
        match table.iter().find(|(key, _)| !keys.contains(key)) {
            None => Ok(()),
            Some((key, _)) => Err(SettingsError::Unknown {
                line: self.line_of(table, key),
                key: key.chars().take(80).collect(),
                nearest: nearest(key, keys.iter().copied()),
            }),
        }
    }

    fn text(&self, table: &dyn TableLike, key: &'static str) -> Result<(String, usize), SettingsError> {
        let line = self.line_of(table, key);
        match table.get(key) {
            None => Err(SettingsError::Missing { key }),
            Some(item) => match item.as_str() {
                Some(text) => Ok((text.to_owned(), line)),
                None => Err(SettingsError::Value {
                    line,
                    key: key.to_owned(),
                    wanted: "a text in quotes".to_owned(),
                }),
            },
        }
    }

    fn number(&self, table: Option<&dyn TableLike>, key: &str) -> Result<u64, SettingsError> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key);
        let (default, least, most) = setting.map_or((0, 0, u64::MAX), |it| (it.default, it.least, it.most));
        let Some((table, item)) = table.and_then(|table| Some((table, table.get(key)?))) else {
            return Ok(default);
        };
        item.as_integer()
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| SettingsError::Value {
                line: self.line_of(table, key),
                key: key.to_owned(),
                wanted: format!("a whole number from {least} to {most}"),
            })
    }
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: &str, told: &str, mend: Option<&str>) {
        let text = format!("[site]\nid = \"hangar-3\"\nname = \"Hangar 3\"\n{settings}");
        let error = Settings::parse(&text).unwrap_err();
        assert_eq!(error.to_string(), told);
        assert_eq!(error.mend().as_deref(), mend);
    }

    #[test]
    fn a_new_sites_text_reads_back_with_every_default() {
        let id: SiteId = "hangar-3".parse().unwrap();
        let settings = Settings::parse(&Settings::text(&id, "Hangar \"3\"\n")).unwrap();
        assert_eq!((settings.id, settings.name.as_str()), (id, "Hangar \"3\"\n"));
        assert_eq!(settings.query, QueryLimits::default());
    }

    #[test]
    fn every_setting_is_read_within_its_bounds() {
        for setting in SETTINGS {
            let with = |value: u64| {
                let text = format!(
                    "[site]\nid = \"a\"\nname = \"A\"\n[settings]\n{} = {value}\n",
                    setting.key
                );
                Settings::parse(&text)
            };
            let least = with(setting.least).unwrap();
            assert_ne!(least, with(setting.most).unwrap(), "{} is not read", setting.key);
            assert!(with(setting.most + 1).is_err(), "{}", setting.key);
        }
    }

    #[test]
    fn faults_name_the_line_and_the_mend() {
        check(
            "[settings]\nquery-memory = 3\n",
            "cofferdam.toml, line 5: there is no setting `query-memory`",
            Some("did you mean `query-memory-mib`?"),
        );
        check(
            "[settings]\nquery-seconds = \"ten\"\n",
            "cofferdam.toml, line 5: `query-seconds` must be a whole number from 1 to 86400",
            None,
        );
        check(
            "[setings]\n",
            "cofferdam.toml, line 4: there is no setting `setings`",
            Some("did you mean `settings`?"),
        );
    }
}
