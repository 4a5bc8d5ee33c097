//! Security levels as vectors over the seven foundational requirements (IEC 62443-1-1, 5.11; 62443-3-3, annex A).
//!
//! A safety integrity level is another thing and has no conversion to or from these types.

use std::fmt;

/// The seven foundational requirements of IEC 62443-1-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundationalRequirement {
    /// FR 1, identification and authentication control.
    IdentificationAndAuthenticationControl,
    /// FR 2, use control.
    UseControl,
    /// FR 3, system integrity.
    SystemIntegrity,
    /// FR 4, data confidentiality.
    DataConfidentiality,
    /// FR 5, restricted data flow.
    RestrictedDataFlow,
    /// FR 6, timely response to events.
    TimelyResponseToEvents,
    /// FR 7, resource availability.
    ResourceAvailability,
}

impl FoundationalRequirement {
    /// All seven, FR 1 first.
    pub const ALL: [Self; 7] = [
        Self::IdentificationAndAuthenticationControl,
        Self::UseControl,
        Self::SystemIntegrity,
        Self::DataConfidentiality,
        Self::RestrictedDataFlow,
        Self::TimelyResponseToEvents,
        Self::ResourceAvailability,
    ];

    /// The usual abbreviation: IAC, UC, SI, DC, RDF, TRE, RA.
    #[must_use]
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::IdentificationAndAuthenticationControl => "IAC",
            Self::UseControl => "UC",
            Self::SystemIntegrity => "SI",
            Self::DataConfidentiality => "DC",
            Self::RestrictedDataFlow => "RDF",
            Self::TimelyResponseToEvents => "TRE",
            Self::ResourceAvailability => "RA",
        }
    }
}

/// A security level, 0 (no protection required or shown) to 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityLevel(u8);

impl SecurityLevel {
    /// A level, if it is 0 to 4.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        if level <= 4 { Some(Self(level)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for SecurityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One level for each foundational requirement, FR 1 first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityLevelVector(pub [SecurityLevel; 7]);

impl SecurityLevelVector {
    /// The same level for all seven.
    #[must_use]
    pub const fn uniform(level: SecurityLevel) -> Self {
        Self([level; 7])
    }

    /// Whether every element is at least the other's.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(mine, theirs)| *mine >= theirs)
    }

    /// The larger of each pair of elements.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        let mut out = self;
        for (mine, theirs) in out.0.iter_mut().zip(other.0) {
            *mine = (*mine).max(theirs);
        }
        out
    }

    /// The largest element.
    #[must_use]
    pub fn highest(self) -> SecurityLevel {
        self.0.into_iter().max().unwrap_or_default()
    }
}

impl fmt::Display for SecurityLevelVector {
    /// `{ 2 2 2 1 3 2 3 }`, the form that IEC 62443-3-3 uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for level in self.0 {
            write!(f, " {level}")?;
        }
        f.write_str(" }")
    }
}

/// SL-T: the level that a zone or conduit is to reach, from the risk assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityLevelTarget(pub SecurityLevelVector);
