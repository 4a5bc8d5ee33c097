//! Operation classes: what a message does to the plant, whatever the protocol calls it.

use std::fmt;
use std::str::FromStr;

/// What a message does to the equipment that receives it, the same for every protocol.
///
/// Dissectors map their function codes onto these, so that a conduit may say "read, never write" once for Modbus,
/// S7, CIP, DNP3 and OPC UA alike. The order is the order in which lists are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OperationClass {
    /// Asks who a device is: list identity, device identification, SZL, name resolution.
    Identify,
    /// Reads process values, tags, registers, files' directory entries or server data.
    Read,
    /// Writes process values: set points, coils, tags.
    Write,
    /// Commands the equipment: start, stop, operate, reset, mode change.
    Control,
    /// Changes settings other than process values: addresses, ports, class assignment, keys.
    Configure,
    /// Uploads or downloads program logic or a project.
    Program,
    /// Updates firmware.
    Firmware,
    /// Diagnostics: counters, loopback, diagnostic buffers.
    Diagnose,
    /// Alarms, events and unsolicited reports.
    Alarm,
    /// Transfers files.
    File,
    /// Reads or sets the time of day.
    Time,
    /// Opens, keeps or closes a session; authentication.
    Session,
}

impl OperationClass {
    /// Every class, in printing order.
    pub const ALL: [Self; 12] = [
        Self::Identify,
        Self::Read,
        Self::Write,
        Self::Control,
        Self::Configure,
        Self::Program,
        Self::Firmware,
        Self::Diagnose,
        Self::Alarm,
        Self::File,
        Self::Time,
        Self::Session,
    ];

    /// The name used in the TOML form, commands, columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Read => "read",
            Self::Write => "write",
            Self::Control => "control",
            Self::Configure => "configure",
            Self::Program => "program",
            Self::Firmware => "firmware",
            Self::Diagnose => "diagnose",
            Self::Alarm => "alarm",
            Self::File => "file",
            Self::Time => "time",
            Self::Session => "session",
        }
    }

    /// True for the classes that can change what the equipment does: write, control, configure, program, firmware.
    #[must_use]
    pub const fn changes_equipment(self) -> bool {
        matches!(
            self,
            Self::Write | Self::Control | Self::Configure | Self::Program | Self::Firmware
        )
    }
}

impl fmt::Display for OperationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no operation class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperationClass(pub String);

impl fmt::Display for UnknownOperationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an operation class", self.0)
    }
}

impl std::error::Error for UnknownOperationClass {}

impl FromStr for OperationClass {
    type Err = UnknownOperationClass;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|class| class.name() == text)
            .ok_or_else(|| UnknownOperationClass(text.to_owned()))
    }
}

/// A set of operation classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationSet(u16);

impl OperationSet {
    /// No class.
    pub const EMPTY: Self = Self(0);
    /// Every class.
    pub const ALL: Self = Self((1 << OperationClass::ALL.len()) - 1);

    /// This set and one class more.
    #[must_use]
    pub const fn with(self, class: OperationClass) -> Self {
        Self(self.0 | 1 << class as u8)
    }

    /// Adds a class.
    pub const fn insert(&mut self, class: OperationClass) {
        *self = self.with(class);
    }

    /// Whether a class is in the set.
    #[must_use]
    pub const fn contains(self, class: OperationClass) -> bool {
        self.0 & (1 << class as u8) != 0
    }

    /// The classes in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The classes of this set that are not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every class of this set is in the other.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.minus(other).is_empty()
    }

    /// Whether the set has no class.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes, in printing order.
    pub fn iter(self) -> impl Iterator<Item = OperationClass> {
        OperationClass::ALL
            .into_iter()
            .filter(move |class| self.contains(*class))
    }
}

impl FromIterator<OperationClass> for OperationSet {
    fn from_iter<I: IntoIterator<Item = OperationClass>>(classes: I) -> Self {
        classes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for OperationSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, class) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(class.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_its_class() {
        for class in OperationClass::ALL {
            assert_eq!(class.name().parse(), Ok(class));
        }
        assert_eq!(
            "reed".parse::<OperationClass>(),
            Err(UnknownOperationClass("reed".into()))
        );
    }

    #[test]
    fn a_set_holds_just_what_was_put_in() {
        let set: OperationSet = [OperationClass::Write, OperationClass::Read]
            .into_iter()
            .collect();
        assert_eq!(set.to_string(), "read, write");
        assert!(set.is_subset(OperationSet::ALL));
        assert!(!OperationSet::ALL.is_subset(set));
        assert_eq!(OperationSet::ALL.iter().count(), 12);
        assert!(set.minus(set).is_empty());
    }
}
