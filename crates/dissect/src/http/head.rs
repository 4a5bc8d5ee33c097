//! Heads of HTTP/1 messages (RFC 9112, 2 to 6): first line, the header fields that matter, how long the body is.
//! Stateless.

/// The methods that are known, with their codes from 1 on.
pub(super) const METHODS: [&str; 15] = [
    "GET",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "CONNECT",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "REPORT",
];
/// The most header fields of a head that are looked at; the rest is not.
pub(super) const MAX_FIELDS: usize = 128;

/// The first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First<'a> {
    Request { method: &'a [u8], target: &'a [u8] },
    Status(u16),
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks, each with its length.
    Chunked,
    /// Nothing says: none for a request, all that follows for an answer.
    Unsaid,
}

/// A head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) first: First<'a>,
    pub(super) body: Body,
    pub(super) host: Option<&'a [u8]>,
    /// `Server` or `User-Agent`.
    pub(super) software: Option<&'a [u8]>,
    /// `Authorization`.
    pub(super) authorization: Option<&'a [u8]>,
    /// Whether two lengths contradict each other, which lets two readers see different messages.
    pub(super) ambiguous: Ambiguous,
}

/// Whether a head's length can be read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ambiguous {
    No,
    Yes,
}

/// Where a head ends: behind the first empty line.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(line) = bytes
        .get(from..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
    {
        let end = from + line + 1;
        match bytes.get(from..end) {
            Some(b"\n" | b"\r\n") => return Some(end),
            _ => from = end,
        }
    }
    None
}

/// Reads a head up to its end. `None` when the first line is none of HTTP's.
pub(super) fn head(bytes: &[u8]) -> Option<Head<'_>> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let mut head = Head {
        first: first(lines.next()?)?,
        body: Body::Unsaid,
        host: None,
        software: None,
        authorization: None,
        ambiguous: Ambiguous::No,
    };
    for line in lines.take(MAX_FIELDS) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        field(&mut head, name, value.get(1..).unwrap_or_default().trim_ascii());
    }
    Some(head)
}

fn field<'a>(head: &mut Head<'a>, name: &'a [u8], value: &'a [u8]) {
    let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
    if is(b"host") {
        head.host = head.host.or(Some(value));
    } else if is(b"server") || is(b"user-agent") {
        head.software = head.software.or(Some(value));
    } else if is(b"authorization") {
        head.authorization = head.authorization.or(Some(value));
    } else if is(b"transfer-encoding") {
        if matches!(head.body, Body::Length(_)) {
            head.ambiguous = Ambiguous::Yes;
        }
        if value.to_ascii_lowercase().ends_with(b"chunked") {
            head.body = Body::Chunked;
        }
    } else if is(b"content-length") {
        let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        match (head.body, length) {
            (Body::Unsaid, Some(length)) => head.body = Body::Length(length),
            (Body::Length(before), Some(length)) if before == length => {}
            _ => head.ambiguous = Ambiguous::Yes,
        }
    }
}

/// `GET /x HTTP/1.1`, `HTTP/1.1 200 OK`.
fn first(line: &[u8]) -> Option<First<'_>> {
    if let Some(rest) = line.strip_prefix(b"HTTP/1.") {
        let code = std::str::from_utf8(rest.get(2..5)?).ok()?;
        return Some(First::Status(
            code.parse().ok().filter(|code| (100..600).contains(code))?,
        ));
    }
    let last = line.iter().rposition(|byte| *byte == b' ')?;
    let (before, version) = line.split_at(last);
    if !version.starts_with(b" HTTP/1.") {
        return None;
    }
    let space = before.iter().position(|byte| *byte == b' ')?;
    let (method, target) = before.split_at(space);
    let target = target.trim_ascii();
    let named = !method.is_empty()
        && method
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || b"-_".contains(byte));
    (named && !target.is_empty()).then_some(First::Request { method, target })
}

/// The user's name in `Basic` credentials; the password after it is not decoded.
pub(super) fn basic_user(authorization: &[u8]) -> Option<Vec<u8>> {
    let (scheme, encoded) = authorization.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let mut name = Vec::new();
    for group in encoded.trim_ascii().chunks(4) {
        let mut bits = 0u32;
        for letter in group {
            bits = bits << 6 | sextet(*letter)?;
        }
        bits <<= 6 * (4 - group.len());
        for byte in bits
            .to_be_bytes()
            .iter()
            .skip(1)
            .take(group.len().saturating_sub(1))
        {
            if *byte == b':' {
                return Some(name);
            }
            name.push(*byte);
        }
    }
    None
}

fn sextet(letter: u8) -> Option<u32> {
    Some(match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_are_those_of_http_1_alone() {
        let request = |method: &'static [u8], target: &'static [u8]| Some(First::Request { method, target });
        for (line, expected) in [
            (&b"GET /a b HTTP/1.1"[..], request(b"GET", b"/a b")),
            (b"M-SEARCH * HTTP/1.1", request(b"M-SEARCH", b"*")),
            (b"HTTP/1.0 404 Not Found", Some(First::Status(404))),
            (b"HTTP/1.1 700 ?", None),
            (b"HTTP/1.1 20", None),
            (b"GET / HTTP/2", None),
            (b"get / HTTP/1.1", None),
            (b"GET HTTP/1.1", None),
            (b"", None),
        ] {
            assert_eq!(first(line), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_user_s_name_is_read_and_no_more() {
        assert_eq!(
            basic_user(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").as_deref(),
            Some(&b"Aladdin"[..])
        );
        assert_eq!(basic_user(b"basic OmZvbw==").as_deref(), Some(&b""[..]));
        for none in [&b"Bearer abc"[..], b"Basic !!!", b"Basic", b"Basic QWxh"] {
            assert_eq!(basic_user(none), None, "{}", none.escape_ascii());
        }
    }
}
