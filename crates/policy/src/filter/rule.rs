//! Rules in order, and the place in a text that each comes from.

use super::addresses::AddressSet;
use super::device::InterfaceIx;
use super::services::Carrier;
use super::times::Times;
use std::fmt;
use std::sync::Arc;

/// Where a rule stands: lines from 1, both included. (0, 0) for what no text says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first line.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

impl Span {
    /// One line.
    #[must_use]
    pub const fn line(line: u32) -> Self {
        Self {
            first: line,
            last: line,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (0, _) => f.write_str("not written"),
            (first, last) if first == last => write!(f, "line {first}"),
            (first, last) => write!(f, "lines {first}-{last}"),
        }
    }
}

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It goes on.
    Permit,
    /// It is dropped or rejected.
    Deny,
    /// The device does something that could not be read.
    Unknown,
}

impl Action {
    /// The word for people and columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether all of a rule's conditions were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// They were.
    Sure,
    /// A condition was not understood: the rule matches what its other conditions match, or less.
    Unsure,
}

/// Which way to err about what could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// Whatever may be permitted is: for the question what a device lets through.
    Widest,
    /// Whatever may be denied is: for the question what a device is sure to let through.
    Narrowest,
}

impl Reading {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Widest, Self::Narrowest];

    /// What a rule does in this reading; `None` if it is passed over.
    #[must_use]
    pub const fn action(self, action: Action, certainty: Certainty) -> Option<Action> {
        match (self, action, certainty) {
            (_, Action::Permit | Action::Deny, Certainty::Sure)
            | (Self::Widest, Action::Permit, Certainty::Unsure)
            | (Self::Narrowest, Action::Deny, Certainty::Unsure) => Some(action),
            (Self::Widest, Action::Unknown, _) => Some(Action::Permit),
            (Self::Narrowest, Action::Unknown, _) => Some(Action::Deny),
            (Self::Widest, Action::Deny, Certainty::Unsure)
            | (Self::Narrowest, Action::Permit, Certainty::Unsure) => None,
        }
    }
}

/// A connection's state, as the filter that tracks it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// The first packet.
    New,
    /// A later packet or an answer; on a filter that tracks nothing: TCP with ACK or RST.
    Established,
    /// It belongs to another connection.
    Related,
    /// It fits none.
    Invalid,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::New, Self::Established, Self::Related, Self::Invalid];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Established => "established",
            Self::Related => "related",
            Self::Invalid => "invalid",
        }
    }
}

/// A set of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct States(u8);

impl States {
    /// Every state.
    pub const ANY: Self = Self(0b1111);
    /// None.
    pub const NONE: Self = Self(0);
    /// Established and related: what a tracking filter lets back.
    pub const ANSWERS: Self = Self(0b0110);

    /// One state.
    #[must_use]
    pub const fn one(state: State) -> Self {
        Self(1 << state as u8)
    }

    /// The states in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The states that are not in the set.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(!self.0 & 0b1111)
    }

    /// Whether a state is in the set.
    #[must_use]
    pub const fn contains(self, state: State) -> bool {
        self.0 & 1 << state as u8 != 0
    }
}

/// Which interfaces or device zones are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interfaces {
    /// All.
    #[default]
    Any,
    /// These.
    Of(Vec<InterfaceIx>),
}

impl Interfaces {
    /// Whether one is meant. `None` is an interface that the device's configuration does not name.
    #[must_use]
    pub fn contain(&self, interface: Option<InterfaceIx>) -> bool {
        match self {
            Self::Any => true,
            Self::Of(list) => interface.is_some_and(|interface| list.contains(&interface)),
        }
    }
}

/// One rule. All of its conditions have to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who sends. Shared, since many rules name one group.
    pub source: Arc<AddressSet>,
    /// Who receives.
    pub destination: Arc<AddressSet>,
    /// What carries it: one of these.
    pub carriers: Vec<Carrier>,
    /// The connection's state.
    pub states: States,
    /// Where it comes in.
    pub arrives: Interfaces,
    /// Where it goes out.
    pub leaves: Interfaces,
    /// When; always, if `None`.
    pub times: Option<Times>,
    /// What happens then.
    pub action: Action,
    /// Whether all conditions were read.
    pub certainty: Certainty,
    /// Where it stands.
    pub span: Span,
    /// The device's own name or number for it, or its comment: `cell-operations/read`.
    pub label: String,
}

impl Rule {
    /// A rule for every packet.
    #[must_use]
    pub fn all(action: Action) -> Self {
        Self {
            source: Arc::new(AddressSet::any()),
            destination: Arc::new(AddressSet::any()),
            carriers: vec![Carrier::any()],
            states: States::ANY,
            arrives: Interfaces::Any,
            leaves: Interfaces::Any,
            times: None,
            action,
            certainty: Certainty::Sure,
            span: Span::default(),
            label: String::new(),
        }
    }

    /// What a filter that tracks connections does with their later packets, whatever its rules say.
    #[must_use]
    pub fn answers() -> Self {
        Self {
            states: States::ANSWERS,
            label: "answers of open connections".to_owned(),
            ..Self::all(Action::Permit)
        }
    }
}

/// Rules in order: the first that matches decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleList {
    /// The list's name on the device.
    pub name: String,
    /// The rules.
    pub rules: Vec<Rule>,
    /// What happens to a packet that none matches.
    pub default: Action,
}

impl RuleList {
    /// A list that denies what no rule matches.
    #[must_use]
    pub fn denying(name: &str, rules: Vec<Rule>) -> Self {
        Self {
            name: name.to_owned(),
            rules,
            default: Action::Deny,
        }
    }
}
