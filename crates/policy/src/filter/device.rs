//! A device: what it filters, translates and forwards, and what of its configuration was not read.

use super::addresses::AddressSet;
use super::rule::{Action, Interfaces, Rule, RuleList, Span};
use super::services::{Carrier, Ports};
use ipnet::IpNet;
use std::net::IpAddr;

/// An interface or device zone by its place in the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceIx(pub u32);

/// An interface, or a zone of interfaces on devices whose rules name zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The name that rules use.
    pub name: String,
    /// Its own addresses, each with its subnet.
    pub addresses: Vec<IpNet>,
}

/// Whether answers of an open connection pass by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statefulness {
    /// They do.
    Tracks,
    /// Each packet is judged alone.
    Stateless,
}

/// Whether the destination is translated before the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatOrder {
    /// Rules see the translated destination.
    BeforeRules,
    /// Rules see the packet as it came in.
    AfterRules,
}

/// A static route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub to: IpNet,
    /// The next hop; none for a network at hand.
    pub via: Option<IpAddr>,
    /// The interface; found by the next hop if it is not named.
    pub interface: Option<InterfaceIx>,
    /// Where it stands.
    pub span: Span,
}

/// Addresses that a configuration has a name for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The name.
    pub name: String,
    /// The addresses.
    pub addresses: AddressSet,
    /// Where it stands first.
    pub span: Span,
}

/// What is translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NatKind {
    /// The sender's address becomes one of these, its port any.
    Source {
        /// The new addresses; those of the interface where it leaves, if `None`.
        to: Option<AddressSet>,
    },
    /// The receiver's address becomes one of these.
    Destination {
        /// The new addresses.
        to: AddressSet,
        /// The new port, if it changes.
        port: Option<u16>,
    },
    /// Each of a network's addresses has its own: the sender's on the way out, the receiver's on the way in. The
    /// conditions are those of the way out (inside to outside); on the way in they are asked turned round.
    Static {
        /// The network inside.
        inside: IpNet,
        /// What others see; of the same size.
        outside: IpNet,
    },
    /// Nothing: what this rule matches is exempt from the rules after it that change the same end.
    Exempt(NatEnd),
}

/// Which end a translation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatEnd {
    /// The sender, after the packet was routed.
    Source,
    /// The receiver, before it is routed.
    Destination,
}

/// A translation. The first that matches is used, for each end by itself: first the receiver's, then, on the packet as
/// it is by then, the sender's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nat {
    /// Where the packet comes in.
    pub arrives: Interfaces,
    /// Where it leaves.
    pub leaves: Interfaces,
    /// Its sender.
    pub source: AddressSet,
    /// Its receiver, before translation.
    pub destination: AddressSet,
    /// What carries it.
    pub carrier: Carrier,
    /// What is done.
    pub kind: NatKind,
    /// Where it stands.
    pub span: Span,
}

/// What an unread line may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It is no filter, translation or route of this device.
    None,
    /// A rule's condition was not understood; the rule is kept, unsure.
    Condition,
    /// An action was not understood; the rule is kept with an unknown action.
    Action,
    /// An object or list is named that is not there; what names it is kept, unsure.
    Reference,
    /// A translation or route was not understood and is not in the answers about reach.
    Path,
    /// Not known what it does. It is in no answer; read it.
    Unknown,
}

impl Effect {
    /// What it means for the answers.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::None => "sets nothing that is asked about here",
            Self::Condition => "a condition is not understood: the rule may match less than what was read",
            Self::Action => "an action is not understood: it may permit or deny",
            Self::Reference => {
                "something is named that is not in the file: the rule may match anything there"
            }
            Self::Path => "a translation or route is not understood: answers about paths leave it out",
            Self::Unknown => "not understood: answers leave it out",
        }
    }
}

/// A line that was not understood, kept as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where.
    pub span: Span,
    /// The text, cut to [`Unread::MAX_TEXT`] characters.
    pub text: String,
    /// What it may change.
    pub effect: Effect,
}

impl Unread {
    /// The most characters of a line that are kept.
    pub const MAX_TEXT: usize = 200;

    /// An unread line.
    #[must_use]
    pub fn new(span: Span, text: &str, effect: Effect) -> Self {
        Self {
            span,
            text: text.trim().chars().take(Self::MAX_TEXT).collect(),
            effect,
        }
    }
}

/// Whether a device's configuration says which networks lie where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topology {
    /// It does: interfaces have addresses.
    Known,
    /// It does not: rules alone.
    RulesOnly,
}

/// A packet filter with what it translates and where it forwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name: host name, virtual domain.
    pub name: String,
    /// Rule lists that a packet has to pass one after another.
    pub stages: Vec<RuleList>,
    /// Interfaces and zones that rules name.
    pub interfaces: Vec<Interface>,
    /// Translations, in order.
    pub nat: Vec<Nat>,
    /// Whether rules see the destination before or after translation.
    pub nat_order: NatOrder,
    /// Routes. The longest prefix wins; networks of interfaces are routes too.
    pub routes: Vec<Route>,
    /// Whether answers pass by themselves.
    pub statefulness: Statefulness,
    /// Named addresses that are wholly known, in the order of the text.
    pub objects: Vec<Object>,
    /// What was not understood, in the order of the text.
    pub unread: Vec<Unread>,
}

impl Device {
    /// A device with nothing in it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            stages: Vec::new(),
            interfaces: Vec::new(),
            nat: Vec::new(),
            nat_order: NatOrder::BeforeRules,
            routes: Vec::new(),
            statefulness: Statefulness::Tracks,
            objects: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// A device that only filters.
    #[must_use]
    pub fn filtering(name: &str, list: RuleList) -> Self {
        Self {
            stages: vec![list],
            ..Self::new(name)
        }
    }

    /// An interface by its name; it is added if it is new.
    pub fn interface(&mut self, name: &str) -> InterfaceIx {
        let found = self.interfaces.iter().position(|known| known.name == name);
        let at = found.unwrap_or_else(|| {
            self.interfaces.push(Interface {
                name: name.to_owned(),
                addresses: Vec::new(),
            });
            self.interfaces.len() - 1
        });
        InterfaceIx(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// An interface's name.
    #[must_use]
    pub fn interface_name(&self, at: InterfaceIx) -> Option<&str> {
        let at = usize::try_from(at.0).ok()?;
        self.interfaces.get(at).map(|interface| interface.name.as_str())
    }

    /// Whether the configuration says which networks lie where.
    #[must_use]
    pub fn topology(&self) -> Topology {
        let addressed = self
            .interfaces
            .iter()
            .any(|interface| !interface.addresses.is_empty());
        if addressed {
            Topology::Known
        } else {
            Topology::RulesOnly
        }
    }

    /// Notes a line that was not understood.
    pub fn unread(&mut self, span: Span, text: &str, effect: Effect) {
        self.unread.push(Unread::new(span, text, effect));
    }

    /// Rules of all stages, in order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.stages.iter().flat_map(|stage| &stage.rules)
    }
}

impl Nat {
    /// A translation of everything.
    #[must_use]
    pub fn all(kind: NatKind) -> Self {
        Self {
            arrives: Interfaces::Any,
            leaves: Interfaces::Any,
            source: AddressSet::any(),
            destination: AddressSet::any(),
            carrier: Carrier {
                source_ports: Ports::any(),
                ..Carrier::any()
            },
            kind,
            span: Span::default(),
        }
    }
}

impl RuleList {
    /// A list that lets everything through.
    #[must_use]
    pub fn open(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rules: Vec::new(),
            default: Action::Permit,
        }
    }
}
