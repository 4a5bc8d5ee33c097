//! Text that came off the wire: an attacker's until shown otherwise.

use std::fmt;

/// Text from a packet, bounded and made harmless to print.
///
/// Bytes that are not UTF-8, control characters and characters that change the direction of writing are written as
/// `\xNN` or `\u{…}`, a backslash as `\\`, so that no name in a packet can move a cursor, hide itself or break a table.
/// It is still untrusted: whoever puts it in HTML, SQL, CSV or a shell escapes it for there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireText(Box<str>);

impl WireText {
    /// The most characters that are kept; a longer text ends in `…`.
    pub const MAX_CHARS: usize = 255;
    /// The most characters of a kept text, each escaped as `\u{10ffff}`, and the `…`.
    const MAX_STORED_CHARS: usize = Self::MAX_CHARS * 10 + 1;

    /// Takes bytes as they stood in the packet. Trailing NULs and spaces, which many protocols pad with, are dropped.
    #[must_use]
    pub fn from_wire(bytes: &[u8]) -> Self {
        let end = bytes
            .iter()
            .rposition(|byte| !matches!(byte, 0 | b' '))
            .map_or(0, |last| last + 1);
        let mut kept = String::new();
        let mut count = 0;
        // Four bytes is the longest a character takes: never look at more than could be kept.
        let bytes = bytes.get(..end.min(4 * Self::MAX_CHARS + 4)).unwrap_or_default();
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                if push(&mut kept, &mut count, Piece::Character(character)).is_none() {
                    return Self(kept.into());
                }
            }
            for byte in chunk.invalid() {
                if push(&mut kept, &mut count, Piece::Byte(*byte)).is_none() {
                    return Self(kept.into());
                }
            }
        }
        Self(kept.into())
    }

    /// Takes back a text that [`as_str`](Self::as_str) gave and a file has kept since. Backslashes stand as they are;
    /// since a file may have been edited, what could do harm is escaped and the length bounded as before.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        let mut kept = String::with_capacity(text.len().min(Self::MAX_STORED_CHARS));
        for character in text.chars().take(Self::MAX_STORED_CHARS) {
            if character.is_control() || turns_direction(character) {
                kept.extend(character.escape_unicode());
            } else {
                kept.push(character);
            }
        }
        Self(kept.into())
    }

    /// The text, already escaped.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

enum Piece {
    Character(char),
    Byte(u8),
}

fn push(kept: &mut String, count: &mut usize, piece: Piece) -> Option<()> {
    if *count == WireText::MAX_CHARS {
        kept.push('…');
        return None;
    }
    *count += 1;
    match piece {
        Piece::Character('\\') => kept.push_str("\\\\"),
        Piece::Character(c) if c.is_control() || turns_direction(c) => kept.extend(c.escape_unicode()),
        Piece::Character(c) => kept.push(c),
        Piece::Byte(byte) => kept.push_str(&format!("\\x{byte:02x}")),
    }
    Some(())
}

/// Characters that reorder or hide their neighbours (Unicode bidirectional controls, zero-width, line separators, BOM).
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for WireText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_a_cursor_or_hide_is_escaped() {
        let text = WireText::from_wire(b"PLC\x1b[2J\xff\\ \xe2\x80\xae1 \0\0");
        assert_eq!(text.as_str(), "PLC\\u{1b}[2J\\xff\\\\ \\u{202e}1");
    }

    #[test]
    fn a_kept_text_comes_back_the_same_and_an_edited_one_is_made_harmless() {
        for wire in [
            b"PLC\x1b[2J\xff\\ \xe2\x80\xae1".as_slice(),
            &[0xff; 1000],
            &[0x1b; 1000],
        ] {
            let text = WireText::from_wire(wire);
            assert_eq!(WireText::from_stored(text.as_str()), text);
        }
        assert_eq!(WireText::from_stored("a\u{1b}[2J").as_str(), "a\\u{1b}[2J");
        assert!(WireText::from_stored(&"x".repeat(100_000)).as_str().len() < 3000);
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        let text = WireText::from_wire(&[b'a'; 100_000]);
        assert_eq!(text.as_str().chars().count(), WireText::MAX_CHARS + 1);
        assert!(text.as_str().ends_with('…'));
    }
}
