//! Commands. The maker publishes none; these are the ones that Nozomi Networks' analysis names, the ones of SLMP, which
//! have the same numbers, and the file commands, which are SLMP's with 0x40 added and show in the captures what they do.

use crate::slmp;
use cofferdam_terms::OperationClass;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command(pub(super) u16);

impl Command {
    pub(super) const READ_TYPE_NAME: Self = Self(0x0101);
    pub(super) const OPEN_INITIAL: Self = Self(0x0121);
    pub(super) const USER_NAME: Self = Self(0x0131);
    pub(super) const READ_MEMORY: Self = Self(0x0410);
    pub(super) const WRITE_MEMORY: Self = Self(0x1410);
    pub(super) const LIST_FILES: Self = Self(0x1859);
    pub(super) const SEARCH_FILE: Self = Self(0x185f);
    pub(super) const OPEN_FILE: Self = Self(0x1867);
    pub(super) const READ_FILE: Self = Self(0x1868);
    pub(super) const WRITE_FILE: Self = Self(0x1869);
    pub(super) const CLOSE_FILE: Self = Self(0x186a);

    pub(super) const fn known(self) -> Option<&'static str> {
        Some(match self.0 {
            0x0121 => "Open Initial",
            0x0131 => "Username Login",
            0x0132 => "Password Login",
            0x0133 | 0x0134 => "Read User Information",
            0x0150 => "Safety Run Mode Read",
            0x01a0 => "Open Check",
            0x0410 => "Read Memory",
            0x0411 => "Read Memory Random",
            0x1120 => "Safety Run Mode Change",
            0x1133 => "User Information Registration",
            0x1410 => "Write Memory",
            0x1859 => "List Files",
            0x185f => "Search File",
            0x1867 => "Open File",
            0x1868 => "Read File",
            0x1869 => "Write File",
            0x186a => "Close File",
            code => return slmp::Command(code).known(),
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self.known() {
            Some(name) => name,
            None => "unknown",
        }
    }

    /// What the command does. The files are the controller's parameters and programs. One that no table knows counts as
    /// the class that a policy is most careful with.
    pub(super) const fn operation(self) -> OperationClass {
        match self.0 {
            0x0121 => OperationClass::Identify,
            0x0131..=0x0134 | 0x01a0 => OperationClass::Session,
            0x0150 => OperationClass::Diagnose,
            0x0410 | 0x0411 => OperationClass::Read,
            0x1120 => OperationClass::Control,
            0x1133 => OperationClass::Configure,
            0x1410 => OperationClass::Write,
            0x1859..=0x186a => OperationClass::Program,
            code => slmp::Command(code).operation(),
        }
    }
}
