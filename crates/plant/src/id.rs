//! Typed identifiers: one type for each kind of thing, so that a zone's id can't stand where an asset's belongs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest identifier, in bytes.
const MAX_ID_LENGTH: usize = 63;

/// A text that can't be an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an identifier: use 1 to 63 of a-z, 0-9 and `-`, starting with a letter or digit")]
pub struct InvalidId {
    /// What was written.
    pub text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(Arc<str>);

            impl $name {
                /// The identifier as text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, concat!(stringify!($name), "({})"), self.0)
                }
            }

            impl FromStr for $name {
                type Err = InvalidId;

                fn from_str(text: &str) -> Result<Self, InvalidId> {
                    checked(text).map(|text| Self(text.into()))
                }
            }
        )*
    };
}

ids! {
    /// A site's identifier.
    SiteId,
    /// A zone's identifier.
    ZoneId,
    /// An asset's identifier.
    AssetId,
    /// A conduit's identifier.
    ConduitId,
    /// A permit's identifier, unique within its conduit.
    PermitId,
    /// An enforcement point's identifier.
    EnforcementPointId,
    /// The short name of an application protocol, as dissectors name it: `modbus`, `s7comm`.
    ProtocolName,
}

fn checked(text: &str) -> Result<&str, InvalidId> {
    let mut characters = text.bytes();
    let starts = characters
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let goes_on = characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
    if starts && goes_on && text.len() <= MAX_ID_LENGTH {
        Ok(text)
    } else {
        Err(InvalidId {
            text: text.chars().take(80).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_lower_case_slugs_and_nothing_else() {
        for good in ["a", "0", "test-cell-1", &"x".repeat(63)] {
            assert_eq!(good.parse::<ZoneId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a b", "ä", "a_b", &"x".repeat(64)] {
            assert!(bad.parse::<ZoneId>().is_err(), "{bad}");
        }
    }
}
