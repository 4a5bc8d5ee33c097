//! When a permitted flow is open: dated windows (a vendor's visit) and weekly ones (every Saturday morning).

use cofferdam_terms::Timestamp;

/// Times at which a permit is open: in any of the windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTimes {
    /// The windows, at least one.
    pub windows: Vec<Window>,
}

/// One window of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// Once, from a time to another (the end excluded): text `2026-11-28T06:00Z/2026-11-28T10:00Z`.
    Once {
        /// From.
        from: Timestamp,
        /// To, excluded.
        to: Timestamp,
    },
    /// Every week on the named days: text `sat,sun 06:00-10:00 UTC`.
    Weekly {
        /// Days, Monday first.
        days: [bool; 7],
        /// Minutes after midnight from which it is open.
        from_minute: u16,
        /// Minutes after midnight until which it is open (excluded); less than `from_minute` runs past midnight.
        to_minute: u16,
        /// The offset from UTC in minutes, east positive. Named zones with daylight saving come later.
        utc_offset_minutes: i16,
    },
}
