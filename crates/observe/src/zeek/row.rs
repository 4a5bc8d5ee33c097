//! One line of a log: fields with tabs between, escaped as Zeek does.

use cofferdam_terms::Timestamp;
use std::fmt::{Display, Write as _};

/// What stands for a field that has no value.
const UNSET: &str = "-";
/// What stands for a text without characters.
const EMPTY: &str = "(empty)";

/// A line under way.
pub(super) struct Row<'b> {
    line: &'b mut String,
}

impl<'b> Row<'b> {
    /// A line that begins in a buffer, which is emptied.
    pub(super) fn begin(line: &'b mut String, at: Timestamp) -> Self {
        line.clear();
        let mut row = Self { line };
        row.put(seconds(at));
        row
    }

    /// A value that needs no escape: a number, an address.
    pub(super) fn put(&mut self, value: impl Display) -> &mut Self {
        if !self.line.is_empty() {
            self.line.push('\t');
        }
        // Writing into memory can't fail.
        let _written = write!(self.line, "{value}");
        self
    }

    /// A value that may be missing.
    pub(super) fn maybe(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.put(value),
            None => self.put(UNSET),
        }
    }

    /// No value.
    pub(super) fn unset(&mut self) -> &mut Self {
        self.put(UNSET)
    }

    /// Fields without values.
    pub(super) fn unset_all(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.unset();
        }
        self
    }

    /// Text off the wire.
    pub(super) fn text(&mut self, bytes: &[u8]) -> &mut Self {
        self.line.push('\t');
        match bytes {
            b"" => self.line.push_str(EMPTY),
            b"-" => self.line.push_str("\\x2d"),
            b"(empty)" => self.line.push_str("\\x28empty)"),
            _ => {
                for byte in bytes {
                    match byte {
                        b'\\' => self.line.push_str("\\\\"),
                        b' '..=b'~' => self.line.push(char::from(*byte)),
                        _ => {
                            let _written = write!(self.line, "\\x{byte:02x}");
                        }
                    }
                }
            }
        }
        self
    }

    pub(super) fn flag(&mut self, value: Flag) -> &mut Self {
        self.put(match value {
            Flag::True => 'T',
            Flag::False => 'F',
        })
    }
}

/// A `bool` as Zeek writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    True,
    False,
}

/// Seconds since the epoch, to the microsecond.
fn seconds(at: Timestamp) -> String {
    let micros = at.nanos().div_euclid(1000);
    let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    format!("{seconds}.{rest:06}")
}

/// A time as heads of logs have it, in UTC: `2023-11-15-12-00-00`.
pub(super) fn calendar(at: Timestamp) -> String {
    let (days, second) = (at.secs().div_euclid(86_400), at.secs().rem_euclid(86_400));
    // Days of the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}-{:02}-{:02}-{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01-00-00-00"),
            (1_700_049_600, "2023-11-15-12-00-00"),
            (951_782_399, "2000-02-28-23-59-59"),
            (951_782_400, "2000-02-29-00-00-00"),
            (4_107_542_400, "2100-03-01-00-00-00"),
            (-1, "1969-12-31-23-59-59"),
        ] {
            assert_eq!(calendar(Timestamp::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_would_break_a_line_or_mean_nothing_is_escaped() {
        let mut line = String::new();
        Row::begin(&mut line, Timestamp::from_nanos(1_500_000_999))
            .text(b"a\tb\n\\\xff")
            .text(b"-")
            .text(b"")
            .maybe(None::<u8>);
        assert_eq!(line, "1.500000\ta\\x09b\\x0a\\\\\\xff\t\\x2d\t(empty)\t-");
    }
}
