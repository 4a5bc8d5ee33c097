//! What gets from here to there: through several devices, their routes, translations, interfaces and rules.
//!
//! Decided for every packet at once. Networks join devices: interfaces with an address in the same network, and those
//! that a [`Link`] names, stand on one wire. New connections are asked; where a device tracks them, their answers pass.
//!
//! What is not known is taken as widely as it may be: any device on a host's network may be its gateway; of several
//! routes for one network each may be taken; a next hop that is none of the devices leads out of the plant, to
//! whatever addresses its route says; a source translation may choose any of its addresses and any port. Every answer
//! says for each device the lines that decide, on a packet that shows it. Read first: [`Network`], [`reach`], [`Reach`].

mod hop;
mod network;
mod trace;
mod ways;

pub use network::{Link, Network, Placed};
pub use ways::reach;

use crate::filter::{AddressSet, Carrier, InterfaceIx, Packet, Span};
use crate::symbolic::{Decision, Headers};
use crate::verify::Sureness;
use std::net::IpAddr;

/// The most devices on one way; longer ones are counted in [`Reach::too_long`].
pub const MAX_HOPS: usize = 16;
/// The most ways that are followed.
pub const MAX_WAYS: usize = 20_000;
/// The most stops that are listed, by the rule that stops; the rest is in the headers.
pub const MAX_STOPS: usize = 1_000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Senders, as they are before any translation.
    pub from: AddressSet,
    /// Receivers, as they are after all translations.
    pub to: AddressSet,
    /// What carries the packets when they are sent; everything, if there is none.
    pub carriers: Vec<Carrier>,
}

/// How a packet's way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrival {
    /// At the receiver, on a network of the last device.
    Delivered,
    /// At a next hop that is none of the devices.
    HandedTo(IpAddr),
}

/// One device on a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The device, by its place in the network.
    pub device: usize,
    /// Where the packet comes in.
    pub arrives: InterfaceIx,
    /// Where it leaves; nowhere, if no route leads on.
    pub leaves: Option<InterfaceIx>,
    /// The packet as it comes in.
    pub packet: Packet,
    /// The packet as it leaves, translated; as it was when it was stopped, on the last hop of a stop.
    pub sent: Packet,
    /// The rule that decides in each stage, for this packet.
    pub decisions: Vec<Decision>,
    /// Translations that are used, by their place in the device: the receiver's, the sender's.
    pub translations: Vec<usize>,
    /// The route that is used, by its place in the device; the interface's own network, if `None`.
    pub route: Option<usize>,
    /// Every rule that lets some packet of this way on (or stops it, on the last hop of a stop), ordered.
    pub rules: Vec<Decision>,
}

/// A way that some packets get through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The devices in order.
    pub hops: Vec<Hop>,
    /// How it ends.
    pub arrival: Arrival,
    /// Its packets as they are sent.
    pub sent: Headers,
    /// Its packets as they arrive.
    pub received: Headers,
    /// Whether that holds whatever the unread lines mean.
    pub sureness: Sureness,
}

/// Why a packet goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopReason {
    /// This rule of the last device on the way denies it.
    Rule(Decision),
    /// The last device on the way has no route for it.
    NoRoute,
    /// The last device on the way sends it back, or to a device that it has passed: it goes in a circle.
    Circle,
    /// It is translated on the way and arrives at another receiver.
    Elsewhere,
}

/// Packets that no way lets through, and where they end on one of their ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The devices in order; the last is the one that stops it.
    pub hops: Vec<Hop>,
    /// Why.
    pub reason: StopReason,
    /// The packets as they are sent.
    pub sent: Headers,
}

/// A line that was not understood and may change the answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// The device, by its place in the network.
    pub device: usize,
    /// Where.
    pub span: Span,
    /// The line.
    pub text: String,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Everything that gets through, as it is sent.
    pub passes: Headers,
    /// The ways by which it does, in the order of the devices.
    pub ways: Vec<Way>,
    /// What is sent to the receivers' own addresses by way of a device and gets through on no way.
    pub denied: Headers,
    /// Where that ends, ordered by way and rule.
    pub stops: Vec<Stop>,
    /// Stops beyond [`MAX_STOPS`].
    pub more_stops: usize,
    /// Networks that hold senders and receivers both: no device stands between.
    pub shared: Vec<String>,
    /// Senders that no network and no route out of the plant holds.
    pub unplaced_from: AddressSet,
    /// Receivers of that kind.
    pub unplaced_to: AddressSet,
    /// Ways with more than [`MAX_HOPS`] devices, left there.
    pub too_long: usize,
    /// Lines that were not understood and may open a way that is not told here.
    pub doubts: Vec<Doubt>,
}
