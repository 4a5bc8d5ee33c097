//! Text of two bytes a character, little endian, as Windows writes it.

use smallvec::SmallVec;

/// The most characters of a text that are read; the rest is dropped.
pub(crate) const MAX_CHARACTERS: usize = 255;

/// A text in UTF-8.
pub(crate) type Text = SmallVec<[u8; 64]>;

/// Reads a text to its end or its first zero. What is no character becomes the replacement character.
pub(crate) fn text(bytes: &[u8]) -> Text {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok())
        .map(u16::from_le_bytes);
    let units = units.take_while(|unit| *unit != 0).take(MAX_CHARACTERS);
    let mut text = Text::new();
    for character in char::decode_utf16(units) {
        let mut buffer = [0; 4];
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_a_zero_and_half_characters_are_replaced() {
        assert_eq!(text(b"P\0L\0C\0\0\0X\0").as_slice(), b"PLC");
        assert_eq!(text(b"\xe4\0\x3d\xd8a").as_slice(), "ä\u{fffd}".as_bytes());
        assert_eq!(text(&[b'a', 0].repeat(1000)).len(), MAX_CHARACTERS);
    }
}
