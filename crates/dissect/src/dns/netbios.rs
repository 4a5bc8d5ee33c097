//! NetBIOS names (RFC 1001, 14; RFC 1002, 4.2): half-byte letters, the kind in the sixteenth byte, node status.

use crate::message::IdentityField;
use crate::reader::{Reader, Truncated};

/// A decoded name: at most 15 characters, then what kind of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NetBiosName {
    characters: [u8; 15],
    length: usize,
    pub(crate) suffix: u8,
}

impl NetBiosName {
    /// From the first label of a name: 32 letters from A to P, each half a byte.
    pub(crate) fn decode(name: &[u8]) -> Option<Self> {
        let label = name.get(..32)?;
        if !matches!(name.get(32), None | Some(b'.')) {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(label.chunks_exact(2)) {
            let [high, low] = *pair else { return None };
            let half = |letter: u8| letter.checked_sub(b'A').filter(|half| *half < 16);
            *byte = half(high)? << 4 | half(low)?;
        }
        Some(Self::from_bytes(bytes))
    }

    fn from_bytes(bytes: [u8; 16]) -> Self {
        let [characters @ .., suffix] = bytes;
        let length = characters
            .iter()
            .rposition(|byte| !matches!(byte, b' ' | 0))
            .map_or(0, |last| last + 1);
        Self {
            characters,
            length,
            suffix,
        }
    }

    /// The characters without padding.
    pub(crate) fn text(&self) -> &[u8] {
        self.characters.get(..self.length).unwrap_or_default()
    }

    /// What kind of fact the name is: a host's own, or a group's. Other suffixes are services of the same names.
    pub(super) fn field(&self, group: u16) -> Option<IdentityField> {
        match (self.suffix, group & GROUP != 0) {
            _ if self.length == 0 || self.characters.starts_with(b"\x01\x02__MSBROWSE__") => None,
            (0x00 | 0x20, false) => Some(IdentityField::HostName),
            (0x00 | 0x1c | 0x1e, true) => Some(IdentityField::Domain),
            _ => None,
        }
    }
}

/// The bit that marks a group's name in the flags of a name.
const GROUP: u16 = 0x8000;

/// The names in a node status answer, each with its flags.
pub(super) fn node_status<'a>(
    mut data: Reader<'a>,
) -> impl Iterator<Item = Result<(NetBiosName, u16), Truncated>> + 'a {
    let count = data.u8().unwrap_or(0);
    (0..count).map(move |_| {
        let name = NetBiosName::from_bytes(data.array()?);
        Ok((name, data.u16_be()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_decoded_and_anything_else_is_not() {
        let name = NetBiosName::decode(b"EMEJEOEFDDCACACACACACACACACACACA").unwrap();
        assert_eq!((name.text(), name.suffix), (&b"LINE3"[..], 0x20));
        for bad in [
            "",
            "EMEJ",
            "EMEJEOEFDDCACACACACACACACACACACZ",
            "EMEJEOEFDDCACACACACACACACACACACAAA",
        ] {
            assert_eq!(NetBiosName::decode(bad.as_bytes()), None, "{bad}");
        }
    }
}
