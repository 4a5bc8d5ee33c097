//! Times and lengths of time as people write them.

use cofferdam_site::telemetry::TimeRange;
use cofferdam_terms::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo};
use std::time::Duration;

/// A text that is no time or length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {wanted}")]
pub(crate) struct BadTime {
    text: String,
    wanted: &'static str,
}

fn bad(text: &str, wanted: &'static str) -> BadTime {
    BadTime {
        text: text.chars().take(80).collect(),
        wanted,
    }
}

/// A span of time on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Span of time")]
pub(crate) struct TimeArgs {
    /// From this time on, UTC unless an offset is written
    #[arg(long, value_name = "TIME", value_parser = point)]
    from: Option<Timestamp>,
    /// Until before this time
    #[arg(long, value_name = "TIME", value_parser = point)]
    to: Option<Timestamp>,
    /// The first so long of what was observed: `7d`, `12h`
    #[arg(long, value_name = "LENGTH", value_parser = length, conflicts_with_all = ["from", "to"])]
    first: Option<Duration>,
    /// The last so long of what was observed
    #[arg(long, value_name = "LENGTH", value_parser = length, conflicts_with_all = ["from", "to", "first"])]
    last: Option<Duration>,
}

impl TimeArgs {
    /// The span that is meant, given when the first and last packets of all captures were seen.
    pub(crate) fn range(&self, observed: Option<(Timestamp, Timestamp)>) -> TimeRange {
        match (observed, self.first, self.last) {
            (Some((begin, _)), Some(length), _) => TimeRange {
                from: None,
                to: Some(begin.plus(length)),
            },
            (Some((_, end)), None, Some(length)) => {
                let nanos = i64::try_from(length.as_nanos()).unwrap_or(i64::MAX);
                let from = Timestamp::from_nanos(end.nanos().saturating_sub(nanos));
                TimeRange {
                    from: Some(from),
                    to: None,
                }
            }
            (_, _, _) => TimeRange {
                from: self.from,
                to: self.to,
            },
        }
    }
}

/// A point in time: RFC 3339, or a date with or without a time of day, taken as UTC.
pub(crate) fn point(text: &str) -> Result<Timestamp, BadTime> {
    let zoned = || text.parse::<jiff::Timestamp>().ok();
    let civil = || {
        let time: civil::DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(time).ok()
    };
    let time = zoned().or_else(civil).ok_or_else(|| bad(text, "time"))?;
    let nanos = i64::try_from(time.as_nanosecond()).map_err(|_| bad(text, "time between 1678 and 2262"))?;
    Ok(Timestamp::from_nanos(nanos))
}

/// A length of time: `7d`, `12h`, `90 s`, days being 24 hours.
pub(crate) fn length(text: &str) -> Result<Duration, BadTime> {
    let span: Span = text.parse().map_err(|_| bad(text, "length of time"))?;
    span.to_duration(SpanRelativeTo::days_are_24_hours())
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| !length.is_zero())
        .ok_or_else(|| bad(text, "length of time"))
}

/// A point in time for people: `2026-03-02 06:00:00`, in UTC, to the second.
pub(crate) fn shown(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_second(time.secs()).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("2026-03-02", 1_772_409_600),
            ("2026-03-02T06:00", 1_772_431_200),
            ("2026-03-02 06:00", 1_772_431_200),
            ("2026-03-02T06:00Z", 1_772_431_200),
            ("2026-03-02T07:00:00+01:00", 1_772_431_200),
        ] {
            assert_eq!(point(text), Ok(Timestamp::from_secs(seconds)), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "9999-01-01", "12:00"] {
            assert!(point(text).is_err(), "{text}");
        }
        assert_eq!(shown(Timestamp::from_secs(1_772_431_200)), "2026-03-02 06:00:00");
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, hours) in [("7d", 168), ("12h", 12), ("1 week", 168), ("1d 12h", 36)] {
            assert_eq!(length(text), Ok(Duration::from_hours(hours)), "{text}");
        }
        for text in ["", "7", "-7d", "0s", "seven days", "1 year"] {
            assert!(length(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_and_last_of_what_was_observed_are_counted_from_its_ends() {
        let observed = Some((Timestamp::from_secs(1000), Timestamp::from_secs(9000)));
        let first = TimeArgs {
            first: Some(Duration::from_secs(60)),
            ..TimeArgs::default()
        };
        assert_eq!(
            first.range(observed),
            TimeRange {
                from: None,
                to: Some(Timestamp::from_secs(1060))
            }
        );
        let last = TimeArgs {
            last: Some(Duration::from_secs(60)),
            ..TimeArgs::default()
        };
        assert_eq!(
            last.range(observed),
            TimeRange {
                from: Some(Timestamp::from_secs(8940)),
                to: None
            }
        );
        assert_eq!(first.range(None), TimeRange::ALL);
    }
}
