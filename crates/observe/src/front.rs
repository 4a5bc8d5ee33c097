//! What stands before the parts: the clock, packets that come in pieces, and the choice of the part.

use crate::clock::{Clock, Moment};
use crate::fragments::{Fragments, Joined, Lost, Whole};
use crate::home::Homes;
use crate::ledger::{IP, Ledger};
use crate::observer::Captured;
use crate::part::Carrying;
use crate::recognise::Protocols;
use crate::record::Traffic;
use crate::settings::Settings;
use cofferdam_dissect::Registration;
use cofferdam_dissect::frame::{self, Frame, Network, Packet, Plain, Transport};

/// In so many steps all flows end when the capture is over.
const ENDINGS: u64 = 128;

/// What stands before the parts.
pub(crate) struct Front {
    clock: Clock,
    fragments: Fragments,
    homes: Homes,
    pub(crate) ledger: Ledger,
    tick: u32,
    /// The last packet.
    last: u64,
}

/// Whether a packet's time is a tick later than what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    Same,
    Next,
}

/// Where a frame belongs.
pub(crate) enum Place {
    /// It belongs to this part.
    Part(usize),
    /// It was the last piece of a packet, which belongs to this part.
    Together(usize, Box<Together>),
    /// It is a piece that waits for others, or came to nothing.
    Nowhere,
}

/// A packet that was put together from pieces.
pub(crate) struct Together {
    pub(crate) carrier: Carrying,
    pub(crate) payload: Vec<u8>,
    /// All pieces, as they were on the wire.
    pub(crate) wire: Traffic,
}

impl Front {
    pub(crate) fn new(settings: &Settings, registry: &'static [Registration]) -> Self {
        Self {
            clock: Clock::default(),
            fragments: Fragments::new(settings.ceilings.fragment_bytes),
            homes: Homes::new(&Protocols::new(registry), settings.parts.max(1)),
            ledger: Ledger::default(),
            tick: 0,
            last: 0,
        }
    }

    /// The clock hour that the last packet fell into.
    #[inline]
    pub(crate) const fn hour(&self) -> i64 {
        self.clock.hour()
    }

    /// Counts a packet and gives its place in time.
    #[inline]
    pub(crate) fn moment(&mut self, captured: &Captured<'_>) -> (Moment, Tick) {
        let moment = self.clock.at(captured.number, captured.time);
        self.last = moment.packet;
        self.ledger.packet(captured.original, moment);
        if moment.tick == self.tick {
            return (moment, Tick::Same);
        }
        self.tick = moment.tick;
        while let Some(lost) = self.fragments.expired(self.tick) {
            self.lost_pieces(lost);
        }
        (moment, Tick::Next)
    }

    /// Where a plain frame belongs.
    #[inline]
    pub(crate) fn place_of_plain(&self, plain: &Plain<'_>) -> usize {
        self.homes.of_plain(plain)
    }

    /// Where any other frame belongs.
    pub(crate) fn place(&mut self, captured: &Captured<'_>, moment: Moment) -> Place {
        let frame = frame::decode(captured.link, captured.bytes, captured.original);
        if let Network::Ip(packet) = &frame.network
            && let Transport::Fragment(bytes) = packet.transport
        {
            return self.piece(&frame, packet, bytes, captured, moment);
        }
        Place::Part(self.homes.of_frame(&frame))
    }

    /// Takes a piece of an IP packet.
    fn piece(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        bytes: &[u8],
        captured: &Captured<'_>,
        moment: Moment,
    ) -> Place {
        let Some(fragment) = packet.fragment else {
            return Place::Nowhere;
        };
        if frame.damage.is_some() {
            // A piece that was cut off can't become whole.
            self.ledger
                .not_understood
                .add("fragment-cut-short", 1, moment.packet);
            return Place::Nowhere;
        }
        let whole = Whole {
            source: packet.source,
            destination: packet.destination,
            protocol: packet.protocol,
            vlan: frame.vlans.innermost(),
            id: fragment.id,
        };
        let wire = Traffic {
            packets: 1,
            bytes: captured.original.into(),
        };
        let place = match self.fragments.add(whole, fragment, bytes, wire, moment) {
            Joined::Waits => Place::Nowhere,
            Joined::GivenUp(lost) => {
                self.lost_pieces(lost);
                Place::Nowhere
            }
            Joined::Whole(payload, wire) => {
                let transport = frame::decode_transport(packet.protocol, &payload);
                let part = self.homes.of_packet(packet, &transport);
                let carrier = Carrying::of(frame, packet);
                Place::Together(
                    part,
                    Box::new(Together {
                        carrier,
                        payload,
                        wire,
                    }),
                )
            }
        };
        while let Some(lost) = self.fragments.beyond_ceiling() {
            self.ledger.evicted.add("fragments", lost.packets, lost.packet);
            self.lost_pieces(lost);
        }
        place
    }

    fn lost_pieces(&mut self, lost: Lost) {
        self.ledger
            .not_understood
            .add(lost.reason, lost.packets, lost.packet);
        if lost.reason == "fragment-overlap" {
            self.ledger.anomalies.add((IP, lost.reason), 1, lost.packet);
        }
    }

    /// At the end of a capture its flows end by the packets with which their records began: those before each of these
    /// at once, so that not all records are held at the same time.
    pub(crate) fn ends(&self) -> impl Iterator<Item = u64> + use<> {
        let step = self.last / ENDINGS + 1;
        (1..ENDINGS).map(move |turn| turn * step).chain([u64::MAX])
    }

    /// The capture is over. Gives what was counted.
    pub(crate) fn finish(mut self) -> Ledger {
        while let Some(lost) = self.fragments.left() {
            self.lost_pieces(lost);
        }
        self.ledger
    }
}
