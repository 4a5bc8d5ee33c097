//! What a packet filter says, whoever made it: ordered rules, addresses translated, routes.
//!
//! Every backend's parser ends here and every question (difference, shadowing, reach, verify) is asked here, once. It
//! knows no vendor's syntax and no plant model. Read first: [`Device`], [`Rule`], [`Packet`].
//!
//! What a parser could not read is not left out: the rule stays, marked [`Certainty::Unsure`], or with
//! [`Action::Unknown`]. A [`Reading`] then says which way to err: [`Reading::Widest`] lets every unsure rule permit and
//! none deny, [`Reading::Narrowest`] the other way round. What holds in both readings is sure.

mod addresses;
mod device;
mod forward;
mod packet;
mod rule;
mod services;
mod times;

pub use addresses::{AddressRange, AddressSet, Family};
pub use device::{
    Device, Effect, Interface, InterfaceIx, Nat, NatEnd, NatKind, NatOrder, Object, Route, Statefulness,
    Topology, Unread,
};
pub use forward::Forward;
pub use packet::{Answer, Packet};
pub use rule::{Action, Certainty, Interfaces, Reading, Rule, RuleList, Span, State, States};
pub use services::{Carrier, IcmpType, PORT_PROTOCOLS, Ports, Protocols, has_ports, is_icmp};
pub(crate) use services::{protocol_name, range_text};
pub(crate) use times::week_second;
pub use times::{TimeWindow, Times, WEEK_SECONDS};
