//! One log line as names and values, whatever its form; and values of the kinds that logs use.

use super::BadLine;
use cofferdam_terms::{MacAddr, Timestamp};
use serde_json::Value;
use std::borrow::Cow;
use std::net::IpAddr;

/// A line's fields.
pub(super) enum Fields<'a> {
    /// Names of the head, and values in the same order; unset ones stand as Zeek writes them.
    Columns(&'a [String], Vec<&'a str>),
    /// A JSON object.
    Object(&'a serde_json::Map<String, Value>),
}

impl Fields<'_> {
    /// A field's text; `None` where it is unset. Of nested objects the names are joined by dots.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Columns(names, values) => {
                let at = names.iter().position(|known| known == name)?;
                let value = values.get(at).filter(|value| **value != "-")?;
                Some(unescape(if *value == "(empty)" { "" } else { value }))
            }
            Self::Object(map) => {
                let value = match map.get(name) {
                    Some(value) => value,
                    None => name.split('.').try_fold(None::<&Value>, |at, part| match at {
                        None => map.get(part).map(Some),
                        Some(value) => value.get(part).map(Some),
                    })??,
                };
                scalar(value)
            }
        }
    }

    pub(super) fn required(&self, name: &'static str) -> Result<Cow<'_, str>, BadLine> {
        self.text(name).ok_or(BadLine::Missing(name))
    }

    /// A whole number, if the field is set.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, BadLine> {
        let text = self.text(name);
        text.map(|text| text.parse().map_err(|_| BadLine::Value(name)))
            .transpose()
    }

    /// A whole number in hexadecimal with `0x`, or in decimal.
    pub(super) fn code(&self, name: &'static str) -> Option<u32> {
        let text = self.text(name)?;
        match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    pub(super) fn ip(&self, name: &'static str) -> Result<IpAddr, BadLine> {
        self.required(name)?.parse().map_err(|_| BadLine::Value(name))
    }

    pub(super) fn port(&self, name: &'static str) -> Result<u16, BadLine> {
        match self.text(name) {
            Some(text) => text.parse().map_err(|_| BadLine::Value(name)),
            None => Ok(0),
        }
    }

    pub(super) fn mac(&self, name: &'static str) -> Result<Option<MacAddr>, BadLine> {
        let text = self.text(name);
        text.map(|text| text.parse().map_err(|_| BadLine::Value(name)))
            .transpose()
    }

    pub(super) fn time(&self, name: &'static str) -> Result<Timestamp, BadLine> {
        time(&self.required(name)?).ok_or(BadLine::Value(name))
    }

    /// Seconds with a fraction, in nanoseconds.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<i64>, BadLine> {
        let text = self.text(name);
        text.map(|text| seconds(&text).ok_or(BadLine::Value(name)))
            .transpose()
    }
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(true) => Some(Cow::Borrowed("T")),
        Value::Bool(false) => Some(Cow::Borrowed("F")),
        Value::Array(values) => {
            let texts: Vec<Cow<'_, str>> = values.iter().filter_map(scalar).collect();
            (!texts.is_empty()).then(|| Cow::Owned(texts.join(",")))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// Takes back what Zeek escaped, as far as it makes characters of ASCII; the rest stays as it is written.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escaped) = rest.split_at(at);
        plain.push_str(before);
        let code = escaped
            .strip_prefix("\\x")
            .and_then(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok())
            .filter(|byte| matches!(byte, b' '..=b'~'));
        rest = match code {
            Some(byte) => {
                plain.push(char::from(byte));
                escaped.get(4..).unwrap_or_default()
            }
            None => {
                plain.push('\\');
                let skip = if escaped.starts_with("\\\\") { 2 } else { 1 };
                escaped.get(skip..).unwrap_or_default()
            }
        };
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Seconds since the epoch with a fraction, or ISO 8601.
fn time(text: &str) -> Option<Timestamp> {
    if text.contains('T') {
        iso(text).map(Timestamp::from_nanos)
    } else {
        seconds(text).map(Timestamp::from_nanos)
    }
}

/// A decimal number of seconds, in nanoseconds; digits beyond those are dropped.
fn seconds(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let nanos = fraction_nanos(fraction);
    let total = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(nanos)?;
    Some(if negative { -total } else { total })
}

fn fraction_nanos(digits: &str) -> i64 {
    let digits = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    digits.fold(0, |sum, digit| {
        sum * 10 + i64::from(digit.wrapping_sub(b'0') % 10)
    })
}

/// `2023-11-15T12:00:00.123456+0100`, with `Z` or `+01:00` too.
fn iso(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once('T')?;
    let at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(clock, ':')?;
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
    let fits = fits && hour < 24 && minute < 60 && second <= 60 && (1..=9999).contains(&year);
    if !fits {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?;
    seconds
        .checked_mul(1_000_000_000)?
        .checked_add(fraction_nanos(fraction))
}

fn three(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse::<i64>().ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// A zone's distance from UTC in seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.split_at_checked(1) {
        None | Some(("Z", "")) => return Some(0),
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        Some(_) => return None,
    };
    let digits = digits.replace(':', "");
    let number: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// Days since the epoch of a date of the Gregorian calendar, by eras of 400 years that begin on 1 March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_forms_are_read() {
        for (text, nanos) in [
            ("1700049600.5", Some(1_700_049_600_500_000_000)),
            ("2023-11-15T12:00:00.500000Z", Some(1_700_049_600_500_000_000)),
            ("2023-11-15T13:00:00.500000+0100", Some(1_700_049_600_500_000_000)),
            ("2023-11-15T12:00:00+00:00", Some(1_700_049_600_000_000_000)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000_000_000)),
            ("1700049600", Some(1_700_049_600_000_000_000)),
            ("", None),
            ("noon", None),
            ("2023-13-15T12:00:00Z", None),
            ("2023-11-15T12:00:00+1", None),
            ("99999999999999999999", None),
            ("1.x", None),
        ] {
            assert_eq!(time(text).map(Timestamp::nanos), nanos, "{text}");
        }
    }

    #[test]
    fn escapes_are_taken_back() {
        assert_eq!(
            unescape("a\\x09\\x5c\\\\b\\x2d"),
            "a\\\\x09".replace("\\\\x09", "\\x09") + "\\\\b-"
        );
        assert_eq!(unescape("plain"), "plain");
        assert_eq!(unescape("\\x\u{e9}"), "\\x\u{e9}");
    }
}
