//! The rules as values: what the printer prints and the parser reads, and what answers for a packet.
//!
//! Text gets in only through [`Comment`] and [`SetName`], which can't hold what would end a string or a name.

use cofferdam_terms::{IpProtocol, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// The table `inet cofferdam`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// What the rules are for: an enforcement point's id, or `site`.
    pub scope: Comment,
    /// Named sets of addresses, ordered by name.
    pub sets: BTreeMap<SetName, Set>,
    /// Rules of the forward chain, in order. What matches none is dropped.
    pub rules: Vec<Rule>,
}

/// A named set of addresses of one family.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set {
    /// IPv4 or IPv6.
    pub family: Family,
    /// Disjoint intervals in order.
    pub elements: Vec<Interval>,
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    #[must_use]
    pub const fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// Addresses from first to last, both included, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// The first.
    pub first: u128,
    /// The last.
    pub last: u128,
}

impl Interval {
    /// Whether an address is in it.
    #[must_use]
    pub const fn contains(self, address: u128) -> bool {
        self.first <= address && address <= self.last
    }
}

/// The name of a set: letters, digits, `-` and `_`, starting with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetName(String);

impl SetName {
    /// Makes a name out of a text: what can't be in a name becomes `_`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let mut name: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert(0, 's');
        }
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that can stand between quotation marks and behind `#`: printable ASCII without `"` and `\`, at most 128 bytes
/// (NFTNL_UDATA_COMMENT_MAXLEN), which is what nft takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comment(String);

impl Comment {
    /// The longest comment that nft keeps, in bytes.
    pub const MAX_LENGTH: usize = 127;

    /// Makes a comment out of a text: what can't stand in one becomes `?`, what is too long is cut.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let fits = |c: char| (c.is_ascii_graphic() || c == ' ') && c != '"' && c != '\\';
        Self(
            text.chars()
                .take(Self::MAX_LENGTH)
                .map(|c| if fits(c) { c } else { '?' })
                .collect(),
        )
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// All of these have to hold.
    pub matches: Vec<Match>,
    /// What happens then.
    pub verdict: Verdict,
    /// Which conduit and permit (or zone) it comes from.
    pub comment: Option<Comment>,
}

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is forwarded.
    Accept,
    /// It is dropped.
    Drop,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// The connection's state is one of these.
    State(Vec<ConnectionState>),
    /// The source address is in a set or list.
    Source(Family, Source),
    /// The destination address is.
    Destination(Family, Source),
    /// The IP protocol is one of these.
    Protocol(Vec<IpProtocol>),
    /// The destination port is one of these.
    Port(Ports, Vec<(u16, u16)>),
    /// The day of the week, in UTC.
    Day(Day),
    /// The second of the day, in UTC, from and to, both included.
    Hour(Seconds, Seconds),
    /// Seconds since the epoch, from and to, both included.
    Time(i64, i64),
}

/// Where addresses are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// In a named set.
    Named(SetName),
    /// In the rule itself.
    Inline(Vec<Interval>),
}

/// Whose ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ports {
    /// TCP's.
    Tcp,
    /// UDP's.
    Udp,
    /// DCCP's.
    Dccp,
    /// SCTP's.
    Sctp,
    /// UDP-Lite's.
    UdpLite,
}

impl Ports {
    /// Every transport that has ports.
    pub const ALL: [Self; 5] = [Self::Tcp, Self::Udp, Self::Dccp, Self::Sctp, Self::UdpLite];

    /// The word that nft has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Dccp => "dccp",
            Self::Sctp => "sctp",
            Self::UdpLite => "udplite",
        }
    }

    /// Its IP protocol number (IANA).
    #[must_use]
    pub const fn protocol(self) -> IpProtocol {
        match self {
            Self::Tcp => IpProtocol::TCP,
            Self::Udp => IpProtocol::UDP,
            Self::Dccp => IpProtocol(33),
            Self::Sctp => IpProtocol(132),
            Self::UdpLite => IpProtocol(136),
        }
    }
}

/// A connection's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionState {
    /// Both ways were seen.
    Established,
    /// Belongs to another connection.
    Related,
    /// Fits none.
    Invalid,
}

/// A day of the week, 0 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u8);

/// Seconds after midnight UTC, 0 to 86,399.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u32);

/// The first packet of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Source address.
    pub source: IpAddr,
    /// Destination address; of the source's family.
    pub destination: IpAddr,
    /// IP protocol.
    pub protocol: IpProtocol,
    /// Destination port; 0 where there is none.
    pub port: u16,
    /// When.
    pub time: Timestamp,
}

impl Ruleset {
    /// What happens to the first packet of a new connection.
    #[must_use]
    pub fn answer(&self, packet: &Packet) -> Verdict {
        self.rules
            .iter()
            .find(|rule| rule.matches.iter().all(|condition| self.holds(condition, packet)))
            .map_or(Verdict::Drop, |rule| rule.verdict)
    }

    fn holds(&self, condition: &Match, packet: &Packet) -> bool {
        match condition {
            // A new connection is in none of the named states.
            Match::State(_) => false,
            Match::Source(family, source) => self.lists(*family, source, packet.source),
            Match::Destination(family, source) => self.lists(*family, source, packet.destination),
            Match::Protocol(protocols) => protocols.contains(&packet.protocol),
            Match::Port(ports, ranges) => {
                packet.protocol == ports.protocol()
                    && ranges
                        .iter()
                        .any(|(first, last)| *first <= packet.port && packet.port <= *last)
            }
            Match::Day(day) => weekday(packet.time) == *day,
            Match::Hour(from, to) => (*from..=*to).contains(&second_of_day(packet.time)),
            Match::Time(from, to) => (*from..=*to).contains(&packet.time.secs()),
        }
    }

    fn lists(&self, family: Family, source: &Source, ip: IpAddr) -> bool {
        let elements = match source {
            Source::Inline(elements) => elements,
            Source::Named(name) => match self.sets.get(name) {
                Some(set) if set.family == family => &set.elements,
                Some(_) | None => return false,
            },
        };
        let address = crate::place::number(ip);
        Family::of(ip) == family && elements.iter().any(|interval| interval.contains(address))
    }
}

const SECONDS_A_DAY: i64 = 86_400;

fn second_of_day(time: Timestamp) -> Seconds {
    Seconds(u32::try_from(time.secs().rem_euclid(SECONDS_A_DAY)).unwrap_or(0))
}

fn weekday(time: Timestamp) -> Day {
    // The epoch was a Thursday, day 4.
    Day(u8::try_from((time.secs().div_euclid(SECONDS_A_DAY) + 4).rem_euclid(7)).unwrap_or(0))
}
