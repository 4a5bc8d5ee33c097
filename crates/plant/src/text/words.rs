//! The text of the small values: services, parties, windows, levels. Each reads back what it prints.

use crate::model::{Party, PortRange, Service};
use crate::window::Window;
use cofferdam_terms::{IpProtocol, Timestamp, Transport};
use std::fmt;
use std::str::FromStr;

/// A text that is no service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidService {
    /// The part before the space or slash names no transport.
    #[error("`{0}` is no transport")]
    Transport(String),
    /// The part after the slash is no port or range of ports.
    #[error("`{0}` is no port from 0 to 65535 and no range of them")]
    Ports(String),
    /// Ports on a transport that has none.
    #[error("`{0}` has no ports")]
    NoPorts(String),
    /// The part after the space is no protocol's name.
    #[error("`{0}` is no protocol name")]
    Protocol(String),
}

impl InvalidService {
    /// What may be written.
    pub const FORMS: &'static str =
        "write `tcp/502 modbus`, `tcp/49152-65535`, `udp/47808`, `icmp`, `ethernet-0x8892` or `any`";
}

impl fmt::Display for Service {
    /// `tcp/502 modbus`, `tcp/49152-65535`, `icmp`, `ethernet-0x8892`, `any`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transport {
            Some(transport) => write!(f, "{transport}")?,
            None => f.write_str("any")?,
        }
        match self.ports {
            Some(ports) if ports.first() == ports.last() => write!(f, "/{}", ports.first())?,
            Some(ports) => write!(f, "/{}-{}", ports.first(), ports.last())?,
            None => {}
        }
        match &self.protocol {
            Some(protocol) => write!(f, " {protocol}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Service {
    type Err = InvalidService;

    fn from_str(text: &str) -> Result<Self, InvalidService> {
        let (carrier, protocol) = match text.split_once(' ') {
            Some((carrier, protocol)) => (carrier, Some(protocol.trim())),
            None => (text, None),
        };
        let (transport, ports) = match carrier.split_once('/') {
            Some((transport, ports)) => (transport, Some(ports)),
            None => (carrier, None),
        };
        let transport = match transport {
            "any" => None,
            word => Some(
                word.parse::<Transport>()
                    .map_err(|_| InvalidService::Transport(word.to_owned()))?,
            ),
        };
        if ports.is_some() && !transport.is_some_and(has_ports) {
            return Err(InvalidService::NoPorts(
                carrier.split('/').next().unwrap_or_default().to_owned(),
            ));
        }
        let ports = ports
            .map(|ports| port_range(ports).ok_or_else(|| InvalidService::Ports(ports.to_owned())))
            .transpose()?;
        let protocol = protocol
            .map(|name| {
                name.parse()
                    .map_err(|_| InvalidService::Protocol(name.to_owned()))
            })
            .transpose()?;
        Ok(Self {
            transport,
            ports,
            protocol,
        })
    }
}

/// TCP, UDP, DCCP, SCTP and UDP-Lite (IANA protocol numbers).
const fn has_ports(transport: Transport) -> bool {
    matches!(transport, Transport::Ip(IpProtocol(6 | 17 | 33 | 132 | 136)))
}

fn port_range(text: &str) -> Option<PortRange> {
    match text.split_once('-') {
        Some((first, last)) => PortRange::new(decimal(first)?, decimal(last)?),
        None => decimal(text).map(PortRange::one),
    }
}

/// Digits alone: `parse` would take a sign, too.
fn decimal(text: &str) -> Option<u16> {
    text.bytes()
        .all(|c| c.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A text that is no party.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParty {
    /// Neither `zone:` nor `asset:` stands in front.
    #[error("`{0}` doesn't say whether it is a zone or an asset")]
    Kind(String),
    /// What follows is no identifier.
    #[error(transparent)]
    Id(#[from] crate::id::InvalidId),
}

impl fmt::Display for Party {
    /// `zone:test-cell-1`, `asset:historian-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zone(id) => write!(f, "zone:{id}"),
            Self::Asset(id) => write!(f, "asset:{id}"),
        }
    }
}

impl FromStr for Party {
    type Err = InvalidParty;

    fn from_str(text: &str) -> Result<Self, InvalidParty> {
        match text.split_once(':') {
            Some(("zone", id)) => Ok(Self::Zone(id.parse()?)),
            Some(("asset", id)) => Ok(Self::Asset(id.parse()?)),
            Some(_) | None => Err(InvalidParty::Kind(text.chars().take(80).collect())),
        }
    }
}

/// A text that is no window of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWindow {
    /// A point in time that isn't one, or lies outside the years 1678 to 2261.
    #[error("`{0}` is no time like `2026-11-28T06:00Z`")]
    Time(String),
    /// The end is not after the start.
    #[error("the window ends before it starts")]
    Backwards,
    /// A day that isn't one.
    #[error("`{0}` is no day: use mon, tue, wed, thu, fri, sat, sun")]
    Day(String),
    /// A time of day that isn't one.
    #[error("`{0}` is no time of day like `06:00`")]
    TimeOfDay(String),
    /// An offset that isn't one.
    #[error("`{0}` is no offset like `UTC` or `UTC+01:00`")]
    Offset(String),
    /// Neither of the two forms.
    #[error("`{0}` is no window of time")]
    Form(String),
}

impl InvalidWindow {
    /// What may be written.
    pub const FORMS: &'static str = "write `2026-11-28T06:00Z/2026-11-28T10:00Z` for once, `sat,sun 06:00-10:00 UTC+01:00` for every week";
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_A_DAY: u16 = 24 * 60;
/// The offsets in use lie within 14 hours; 18 is what ISO 8601 libraries take.
const MAX_OFFSET_MINUTES: u16 = 18 * 60;

impl fmt::Display for Window {
    /// `2026-11-28T06:00:00Z/2026-11-28T10:00:00Z`, `sat,sun 06:00-10:00 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once { from, to } => write!(f, "{}/{}", instant_text(*from), instant_text(*to)),
            Self::Weekly {
                days,
                from_minute,
                to_minute,
                utc_offset_minutes,
            } => {
                let named = DAYS.iter().zip(days).filter(|(_, open)| **open);
                for (n, (name, _)) in named.enumerate() {
                    write!(f, "{}{name}", if n == 0 { "" } else { "," })?;
                }
                write!(f, " {}-{} UTC", clock(*from_minute), clock(*to_minute))?;
                match utc_offset_minutes {
                    0 => Ok(()),
                    offset => {
                        let sign = if *offset < 0 { '-' } else { '+' };
                        write!(f, "{sign}{}", clock(offset.unsigned_abs()))
                    }
                }
            }
        }
    }
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

impl FromStr for Window {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        if let Some((from, to)) = text.split_once('/') {
            let time = |text: &str| instant(text).ok_or_else(|| InvalidWindow::Time(text.to_owned()));
            let (from, to) = (time(from)?, time(to)?);
            if from < to {
                Ok(Self::Once { from, to })
            } else {
                Err(InvalidWindow::Backwards)
            }
        } else {
            weekly(text)
        }
    }
}

fn weekly(text: &str) -> Result<Window, InvalidWindow> {
    let mut parts = text.split_ascii_whitespace();
    let form = || InvalidWindow::Form(text.to_owned());
    let (days, times, zone) = (
        parts.next().ok_or_else(form)?,
        parts.next().ok_or_else(form)?,
        parts.next().ok_or_else(form)?,
    );
    let (from, to) = times.split_once('-').ok_or_else(form)?;
    if parts.next().is_some() {
        return Err(form());
    }
    let days = named_days(days)?;
    let of_day = |text: &str| time_of_day(text).ok_or_else(|| InvalidWindow::TimeOfDay(text.to_owned()));
    let (from_minute, to_minute) = (of_day(from)?, of_day(to)?);
    if from_minute == MINUTES_A_DAY {
        return Err(InvalidWindow::TimeOfDay(from.to_owned()));
    }
    if from_minute == to_minute {
        return Err(InvalidWindow::Backwards);
    }
    Ok(Window::Weekly {
        days,
        from_minute,
        to_minute,
        utc_offset_minutes: offset(zone).ok_or_else(|| InvalidWindow::Offset(zone.to_owned()))?,
    })
}

/// `sat,sun` or `mon-fri` or both, mixed.
fn named_days(text: &str) -> Result<[bool; 7], InvalidWindow> {
    let number = |name: &str| {
        let found = DAYS.iter().position(|day| *day == name);
        found.ok_or_else(|| InvalidWindow::Day(name.to_owned()))
    };
    let mut open = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        // `sat-mon` runs over the week's end.
        let length = (last + 7 - first) % 7;
        for (day, open) in open.iter_mut().enumerate() {
            *open |= (day + 7 - first) % 7 <= length;
        }
    }
    Ok(open)
}

fn time_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (decimal(hours)?, decimal(minutes)?);
    let in_hour = minutes < 60 && text.len() == 5;
    in_hour
        .then(|| hours.checked_mul(60)?.checked_add(minutes))?
        .filter(|total| *total <= MINUTES_A_DAY)
}

fn offset(text: &str) -> Option<i16> {
    let rest = text.strip_prefix("UTC")?;
    let sign = match rest.chars().next() {
        None => return Some(0),
        Some('+') => 1,
        Some('-') => -1,
        Some(_) => return None,
    };
    let minutes = time_of_day(rest.get(1..)?).filter(|minutes| *minutes <= MAX_OFFSET_MINUTES)?;
    i16::try_from(minutes).ok().map(|minutes| sign * minutes)
}

/// A time of the form `2026-11-28T06:00Z`, seconds and fractions optional, with `Z` or an offset.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let time = text.parse::<jiff::Timestamp>().ok()?;
    i64::try_from(time.as_nanosecond())
        .ok()
        .map(Timestamp::from_nanos)
}

/// A time as text, in UTC, to the second or as finely as it was given.
pub(super) fn instant_text(at: Timestamp) -> String {
    // Every 64-bit count of nanoseconds lies in the library's range of years; the epoch can't come out by this.
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos()))
        .map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_print_as_they_are_written() {
        for text in [
            "tcp/502 modbus",
            "tcp/49152-65535",
            "udp/47808",
            "icmp",
            "ethernet-0x8892",
            "any",
            "any modbus",
            "tcp",
            "ip-47",
            "tcp/0-65535",
        ] {
            assert_eq!(text.parse::<Service>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_service_says_which_part() {
        let check = |text: &str, expected: InvalidService| {
            assert_eq!(text.parse::<Service>(), Err(expected), "{text}");
        };
        check("", InvalidService::Transport(String::new()));
        check("tpc/502", InvalidService::Transport("tpc".into()));
        check("tcp/70000", InvalidService::Ports("70000".into()));
        check("tcp/+1", InvalidService::Ports("+1".into()));
        check("tcp/9-2", InvalidService::Ports("9-2".into()));
        check("tcp/", InvalidService::Ports(String::new()));
        check("icmp/8", InvalidService::NoPorts("icmp".into()));
        check("any/8", InvalidService::NoPorts("any".into()));
        check("tcp/502 MODBUS", InvalidService::Protocol("MODBUS".into()));
        check("tcp/502 ", InvalidService::Protocol(String::new()));
    }

    #[test]
    fn windows_print_as_they_are_written_or_in_the_fixed_form() {
        let check = |text: &str, printed: &str| {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), printed);
        };
        check(
            "2026-11-28T06:00Z/2026-11-28T12:00+02:00",
            "2026-11-28T06:00:00Z/2026-11-28T10:00:00Z",
        );
        check("sat,sun 06:00-10:00 UTC", "sat,sun 06:00-10:00 UTC");
        check(
            "mon-fri 22:00-06:00 UTC-05:30",
            "mon,tue,wed,thu,fri 22:00-06:00 UTC-05:30",
        );
        check(
            "sat-mon 00:00-24:00 UTC+01:00",
            "mon,sat,sun 00:00-24:00 UTC+01:00",
        );
    }

    #[test]
    fn what_is_no_window_says_which_part() {
        let check = |text: &str, expected: InvalidWindow| {
            assert_eq!(text.parse::<Window>(), Err(expected), "{text}");
        };
        check("always", InvalidWindow::Form("always".into()));
        check("sat 06:00-10:00", InvalidWindow::Form("sat 06:00-10:00".into()));
        check("caturday 06:00-10:00 UTC", InvalidWindow::Day("caturday".into()));
        check("sat 06:00-25:00 UTC", InvalidWindow::TimeOfDay("25:00".into()));
        check("sat 24:00-06:00 UTC", InvalidWindow::TimeOfDay("24:00".into()));
        check("sat 6:00-10:00 UTC", InvalidWindow::TimeOfDay("6:00".into()));
        check("sat 06:00-06:00 UTC", InvalidWindow::Backwards);
        check("sat 06:00-10:00 CET", InvalidWindow::Offset("CET".into()));
        check(
            "sat 06:00-10:00 UTC+19:00",
            InvalidWindow::Offset("UTC+19:00".into()),
        );
        check(
            "2026-11-28T06:00/2026-11-28T10:00Z",
            InvalidWindow::Time("2026-11-28T06:00".into()),
        );
        check(
            "2300-01-01T00:00Z/2301-01-01T00:00Z",
            InvalidWindow::Time("2300-01-01T00:00Z".into()),
        );
        check("2026-11-28T10:00Z/2026-11-28T06:00Z", InvalidWindow::Backwards);
    }
}
