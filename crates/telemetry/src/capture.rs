//! What is known of a recorded capture as a whole: its record is what makes the recording count.

use crate::form::Time;
use crate::schema::Table;
use cofferdam_terms::WireText;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A capture, by its content: the first 16 hexadecimal digits of the SHA-256 over its bytes. Two files of one content
/// are one capture, whatever they are called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaptureId(Box<str>);

const ID_DIGITS: usize = 16;

impl CaptureId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that is no capture's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a capture's id: 16 of 0-9 and a-f")]
pub struct NotACaptureId(String);

impl FromStr for CaptureId {
    type Err = NotACaptureId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() == ID_DIGITS && digits {
            Ok(Self(text.into()))
        } else {
            Err(NotACaptureId(text.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for CaptureId {
    type Error = NotACaptureId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CaptureId> for String {
    fn from(id: CaptureId) -> Self {
        id.0.into()
    }
}

/// Where records come from: known once the capture was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The capture's name, made harmless to print.
    name: WireText,
    /// The SHA-256 over its bytes.
    sha256: [u8; 32],
    /// Its length in bytes.
    bytes: u64,
    /// What of it could not be read.
    damage: Vec<Damage>,
}

impl Source {
    /// A file or stream that was read to its end, and the SHA-256 over its bytes.
    #[must_use]
    pub fn content(name: &str, sha256: [u8; 32], bytes: u64) -> Self {
        Self {
            name: WireText::from_wire(name.as_bytes()),
            sha256,
            bytes,
            damage: Vec::new(),
        }
    }

    /// Packets taken live off an interface from a point in time on. The moment makes it one of its kind.
    #[must_use]
    pub fn live(interface: &str, started_nanos: i64) -> Self {
        let name = format!("live {interface}");
        let sha256 = Sha256::digest(format!("{name} {started_nanos}"));
        Self::content(&name, sha256.into(), 0)
    }

    /// With what could not be read.
    #[must_use]
    pub fn damaged(mut self, damage: Vec<Damage>) -> Self {
        self.damage = damage;
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> CaptureId {
        CaptureId(
            hex(&self.sha256)
                .chars()
                .take(ID_DIGITS)
                .collect::<String>()
                .into(),
        )
    }

    pub(crate) fn into_captured(self, generation: u64) -> Captured {
        Captured {
            format: FORMAT,
            id: self.id(),
            name: self.name.as_str().to_owned(),
            sha256: hex(&self.sha256),
            bytes: self.bytes,
            damage: self.damage,
            generation,
            span: None,
            packets: 0,
            decoded: 0,
            assets: 0,
            files: BTreeMap::new(),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A part of a capture that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The byte offset in the capture at which it begins.
    pub offset: u64,
    /// What is wrong there, as a sentence.
    pub what: String,
}

/// The form of the record that this build writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// A capture that is recorded. Its record is written last: what has none was never recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The record's form, [`FORMAT`].
    pub(crate) format: u32,
    /// The capture's id.
    pub id: CaptureId,
    /// Its name when it was last observed, harmless to print.
    pub name: String,
    /// The SHA-256 over its bytes, in hexadecimal.
    pub sha256: String,
    /// Its length in bytes; 0 for packets taken live.
    pub bytes: u64,
    /// What of it could not be read.
    pub damage: Vec<Damage>,
    /// How often it was observed.
    pub generation: u64,
    /// When its first and last packets were seen.
    pub span: Option<(Time, Time)>,
    /// How many packets it has.
    pub packets: u64,
    /// How many of them were read to the transport.
    pub decoded: u64,
    /// How many assets were seen.
    pub assets: u64,
    /// Its files, by the folder that they stand in.
    pub files: BTreeMap<String, FileEntry>,
}

/// A file of a recorded capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name in its folder.
    pub name: String,
    /// Its rows; 0 for what has none.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 over it, in hexadecimal.
    pub sha256: String,
}

impl Captured {
    /// How many rows it has in a table.
    #[must_use]
    pub fn rows(&self, table: Table) -> u64 {
        self.files.get(table.name()).map_or(0, |file| file.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_sixteen_digits_and_tells_content_not_name() {
        let one = Source::content("a.pcap", [0xab; 32], 1);
        let other = Source::content("b.pcap", [0xab; 32], 1);
        assert_eq!(one.id(), other.id());
        assert_eq!(one.id().as_str(), "abababababababab");
        for bad in [
            "",
            "abababababababa",
            "ABABABABABABABAB",
            "../../../../etc/p",
            "ababababababababab",
        ] {
            assert!(bad.parse::<CaptureId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn two_live_captures_of_one_interface_differ() {
        assert_ne!(Source::live("eth0", 1).id(), Source::live("eth0", 2).id());
    }
}
