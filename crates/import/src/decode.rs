//! Bytes to text: byte order marks, UTF-16, what an XML declaration says, and Windows-1252 as the last guess.

use crate::fault::Fault;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A text, the encoding that it was in, and the fault if bytes had to be replaced.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) encoding: &'static str,
    pub(crate) fault: Option<Fault>,
}

/// How far from the start an XML declaration is looked for.
const MAX_DECLARATION: usize = 200;
/// How many bytes tell whether a text is UTF-16.
const LOOKED_AT: usize = 512;

/// Decodes bytes. What is no text is replaced and said.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    let (encoding, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None => (unmarked(bytes), bytes),
    };
    let (text, replaced) = encoding.decode_without_bom_handling(rest);
    Decoded {
        text: text.into_owned(),
        encoding: encoding.name(),
        fault: replaced.then(|| Fault::Encoding(encoding.name())),
    }
}

fn unmarked(bytes: &[u8]) -> &'static Encoding {
    if let Some(wide) = wide(bytes) {
        return wide;
    }
    if let Some(declared) = declared(bytes) {
        return declared;
    }
    if std::str::from_utf8(bytes).is_ok() || bytes.trim_ascii_start().starts_with(b"<") {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

/// UTF-16 without a mark: every other byte of what is mostly ASCII is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let (pairs, _) = head.as_chunks::<2>();
    let (first, second) = pairs.iter().fold((0, 0), |(first, second), [a, b]| {
        (first + usize::from(*a == 0), second + usize::from(*b == 0))
    });
    match pairs.len() {
        0 | 1 => None,
        length if second * 4 > length * 3 && first == 0 => Some(UTF_16LE),
        length if first * 4 > length * 3 && second == 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// What `<?xml … encoding="…"?>` says.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..MAX_DECLARATION).unwrap_or(bytes);
    let head: String = head.iter().map(|byte| char::from(*byte)).collect();
    let declaration = head.trim_start().strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let label = value.strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
    // A text that is read byte by byte can't be in a wide encoding, whatever it says.
    Encoding::for_label(label.as_bytes()).filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, encoding: &str) {
        let decoded = decode(bytes);
        assert_eq!((decoded.text.as_str(), decoded.encoding), (text, encoding));
    }

    #[test]
    fn each_encoding_is_told_by_its_mark_its_declaration_or_its_bytes() {
        let wide = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let little: Vec<u8> = wide("name;Prüfstand")
            .iter()
            .flat_map(|u| u.to_le_bytes())
            .collect();
        let big: Vec<u8> = wide("name;Prüfstand")
            .iter()
            .flat_map(|u| u.to_be_bytes())
            .collect();
        check(&little, "name;Prüfstand", "UTF-16LE");
        check(&big, "name;Prüfstand", "UTF-16BE");
        check(
            &[&[0xff, 0xfe], &little[..]].concat(),
            "name;Prüfstand",
            "UTF-16LE",
        );
        check(b"\xef\xbb\xbfname", "name", "UTF-8");
        check("Prüfstand".as_bytes(), "Prüfstand", "UTF-8");
        check(b"Pr\xfcfstand \x80", "Prüfstand €", "windows-1252");
        check(
            b"<?xml version='1.0' encoding='iso-8859-1'?><a b='\xfc'/>",
            "<?xml version='1.0' encoding='iso-8859-1'?><a b='ü'/>",
            "windows-1252",
        );
        check(b"", "", "UTF-8");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_said() {
        let decoded = decode(b"<a b='\xff\xfe'/>");
        assert_eq!(decoded.fault, Some(Fault::Encoding("UTF-8")));
        assert!(decoded.text.contains('\u{fffd}'));
        assert!(decode("<a b='ü'/>".as_bytes()).fault.is_none());
    }
}
