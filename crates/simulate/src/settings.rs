//! What a simulation is told: [`Settings`], checked by [`Simulation::new`](crate::Simulation::new).

use cofferdam_terms::Timestamp;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// All that decides a simulation: the same settings give the same frames, byte for byte.
///
/// A month of 40 assets polled every 60 s (each link at one to ten times that) is about 3 million packets.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Decides names, addresses, values and small delays.
    pub seed: u64,
    /// When the capture begins, in UTC, which is the plant's own time too.
    pub start: Timestamp,
    /// How long the capture is; at most [`MAX_DURATION`](Self::MAX_DURATION).
    pub duration: Duration,
    /// How many devices and hosts the plant has, outside ones included;
    /// [`MIN_ASSETS`](Self::MIN_ASSETS) to [`MAX_ASSETS`](Self::MAX_ASSETS).
    pub assets: u32,
    /// How often the fastest poller asks; slower ones ask at a multiple of it.
    /// [`MIN_POLL`](Self::MIN_POLL) to [`MAX_POLL`](Self::MAX_POLL). Broadcasts and announcements slow down with it.
    pub poll_every: Duration,
    /// Ends the capture once the frames add up to so many bytes, if that is before `duration` is over.
    pub size: Option<u64>,
    /// What the mirror sees.
    pub capture: CapturePoint,
    /// Intrusions to play; none unless asked for.
    pub intrusions: Vec<Intrusion>,
    /// How well the network works.
    pub trouble: Trouble,
}

impl Settings {
    /// Below this there is no plant with every kind of zone.
    pub const MIN_ASSETS: u32 = 40;
    /// Above this VLAN numbers run out.
    pub const MAX_ASSETS: u32 = 20_000;
    /// The fastest poll.
    pub const MIN_POLL: Duration = Duration::from_millis(50);
    /// The slowest poll.
    pub const MAX_POLL: Duration = Duration::from_hours(1);
    /// The longest capture. It bounds the list of planned events, which is held in memory.
    pub const MAX_DURATION: Duration = Duration::from_hours(24 * 366);
    /// 2026-03-02 00:00 UTC, a Monday.
    pub const DEFAULT_START: Timestamp = Timestamp::from_secs(1_772_409_600);
}

impl Default for Settings {
    /// One day of the smallest plant, polled every second.
    fn default() -> Self {
        Self {
            seed: 1,
            start: Self::DEFAULT_START,
            duration: Duration::from_hours(24),
            assets: Self::MIN_ASSETS,
            poll_every: Duration::from_secs(1),
            size: None,
            capture: CapturePoint::Core,
            intrusions: Vec::new(),
            trouble: Trouble::NONE,
        }
    }
}

/// What the mirror sees. All frames carry the tag of the VLAN in which they were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapturePoint {
    /// What crosses a firewall, seen once, in the responder's VLAN: the far end's frames come from the firewall's MAC
    /// with a lower TTL. Within a VLAN only broadcasts are seen.
    Routed,
    /// As [`Routed`](Self::Routed), and all traffic within each VLAN.
    Core,
    /// As [`Core`](Self::Core), but what crosses firewalls is seen in every VLAN that it passes, as trunk mirrors
    /// show it: two or three times, each copy at the same time.
    EveryHop,
}

impl CapturePoint {
    /// Every capture point.
    pub const ALL: [Self; 3] = [Self::Routed, Self::Core, Self::EveryHop];

    /// The word in commands and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::Core => "core",
            Self::EveryHop => "every-hop",
        }
    }
}

/// A scripted intrusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intrusion {
    /// The vendor's VPN host talks S7 straight to a test cell's controller, past the jump host.
    VendorDirect,
    /// An office PC scans plant addresses for industrial services.
    EnterpriseScan,
    /// A host never seen before stops a controller at night, downloads a block and starts it again.
    ControllerStop,
    /// A wrong DNP3 master operates an outstation's output, and unsolicited reports flood the right master.
    RogueMaster,
    /// An office PC goes from server to server by SMB and overwrites files.
    SmbSweep,
}

impl Intrusion {
    /// Every intrusion.
    pub const ALL: [Self; 5] = [
        Self::VendorDirect,
        Self::EnterpriseScan,
        Self::ControllerStop,
        Self::RogueMaster,
        Self::SmbSweep,
    ];

    /// The word in commands and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VendorDirect => "vendor-direct",
            Self::EnterpriseScan => "enterprise-scan",
            Self::ControllerStop => "controller-stop",
            Self::RogueMaster => "rogue-master",
            Self::SmbSweep => "smb-sweep",
        }
    }
}

/// A word that is no setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// The words that would be.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of: {}", self.word, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

impl FromStr for Intrusion {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|one| one.name() == word)
            .ok_or_else(|| UnknownWord {
                word: word.to_owned(),
                known: Self::ALL.map(Self::name).to_vec(),
            })
    }
}

impl FromStr for CapturePoint {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|one| one.name() == word)
            .ok_or_else(|| UnknownWord {
                word: word.to_owned(),
                known: Self::ALL.map(Self::name).to_vec(),
            })
    }
}

/// How often things go wrong on the network, each per million data segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Segments lost beyond the mirror and sent again: seen twice.
    pub retransmitted: u32,
    /// Segments that the mirror missed: never seen, but acknowledged.
    pub missed: u32,
    /// Segments of a longer message that overtake the one before.
    pub reordered: u32,
    /// Connections that are reset in place of this segment.
    pub reset: u32,
}

impl Trouble {
    /// A network without fault.
    pub const NONE: Self = Self {
        retransmitted: 0,
        missed: 0,
        reordered: 0,
        reset: 0,
    };
}

/// Why settings make no simulation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Too few or too many assets.
    #[error("{assets} assets make no plant; give {min} to {max}", min = Settings::MIN_ASSETS, max = Settings::MAX_ASSETS)]
    Assets {
        /// What was asked for.
        assets: u32,
    },
    /// A capture without length, or too long a one.
    #[error("a capture of {} s can't be made; give 1 s to 366 days", .duration.as_secs())]
    Duration {
        /// What was asked for.
        duration: Duration,
    },
    /// Too fast or too slow a poll.
    #[error(
        "polls every {poll_every:?} can't be made; give {:?} to {:?}",
        Settings::MIN_POLL,
        Settings::MAX_POLL
    )]
    Poll {
        /// What was asked for.
        poll_every: Duration,
    },
    /// A start that the calendar doesn't reach.
    #[error("the start lies outside the years 1971 to 2200, in which the simulated calendar holds")]
    Start,
}

impl Settings {
    /// Checks what the types can't hold.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if !(Self::MIN_ASSETS..=Self::MAX_ASSETS).contains(&self.assets) {
            return Err(SettingsError::Assets { assets: self.assets });
        }
        if self.duration < Duration::from_secs(1) || self.duration > Self::MAX_DURATION {
            return Err(SettingsError::Duration {
                duration: self.duration,
            });
        }
        if self.poll_every < Self::MIN_POLL || self.poll_every > Self::MAX_POLL {
            return Err(SettingsError::Poll {
                poll_every: self.poll_every,
            });
        }
        // 1971-01-01 and 2200-01-01.
        if !(31_536_000..7_258_118_400).contains(&self.start.secs()) {
            return Err(SettingsError::Start);
        }
        Ok(())
    }
}
