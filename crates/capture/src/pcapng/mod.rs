//! The reader core for pcapng files: blocks, each with its type and with its length at both ends.
//!
//! It follows draft-ietf-opsawg-pcapng: sections in either byte order, any number of interfaces with their own time
//! resolution and offset, enhanced, simple and obsolete packet blocks, interface statistics for their drop counts. All
//! other blocks are passed over by their length and counted. Options of packets are passed over.
//!
//! A block is taken when its two lengths agree. When they don't, it is still taken if something that can be a block
//! follows; otherwise the next place is sought where a known block stands whose two lengths agree.

mod block;
mod clock;

use crate::bytes::Order;
use crate::damage::{DamageKind, DamageLog};
use crate::packet::Interface;
use crate::step::{Lost, MAX_PACKET, Record, Rest, Step, View};
use block::{Block, Body, Kind};
use clock::Clock;
use cofferdam_terms::Timestamp;

/// The most interfaces that are kept of one source; packets on further ones are damage.
pub const MAX_INTERFACES: u32 = 4096;
/// The longest block that is passed over by its length alone (64 MiB), its end unseen: names, secrets, custom blocks. One
/// that claims more is damaged, as is one of another type that is longer than the buffer.
pub const MAX_BLOCK: u32 = 64 << 20;

/// A pcapng file's reader.
#[derive(Debug)]
pub(crate) struct PcapNg {
    order: Order,
    interfaces: Vec<Interface>,
    /// Beside each interface: how its times are counted.
    clocks: Vec<Clock>,
    /// The first interface of the section that is being read.
    section: u32,
    last_time: Timestamp,
    untimed: u64,
    other_blocks: u64,
    lost: Option<Lost>,
}

impl PcapNg {
    /// A reader for bytes that start with a section header; none if they don't.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let block = Block::read(bytes, Order::Little)?;
        (block.kind == Kind::SECTION).then(|| Self {
            order: block.order,
            interfaces: Vec::new(),
            clocks: Vec::new(),
            section: 0,
            last_time: Timestamp::default(),
            untimed: 0,
            other_blocks: 0,
            lost: None,
        })
    }

    /// The interfaces described so far.
    pub(crate) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// How many interfaces are described so far, at most [`MAX_INTERFACES`].
    fn described(&self) -> u32 {
        u32::try_from(self.interfaces.len()).unwrap_or(MAX_INTERFACES)
    }

    /// Packets without a time of their own.
    pub(crate) const fn untimed(&self) -> u64 {
        self.untimed
    }

    /// Blocks that were passed over.
    pub(crate) const fn other_blocks(&self) -> u64 {
        self.other_blocks
    }

    /// Reads one block.
    #[inline]
    pub(crate) fn step(&mut self, view: &View<'_>, log: &mut DamageLog) -> Step {
        if self.lost.is_some() {
            return self.seek(view, log);
        }
        if view.bytes.len() < block::HEADER {
            return view.need(block::HEADER, log);
        }
        let Some(block) = Block::read(view.bytes, self.order) else {
            return self.lose(view, DamageKind::BadSection);
        };
        if let Some(step) = self.oversized(view, &block) {
            return step;
        }
        let Some(bytes) = view.bytes.get(..block.length) else {
            return self.incomplete(view, &block, log);
        };
        let end = block.claimed_at_end(bytes);
        if end != block.claimed {
            let kind = DamageKind::LengthMismatch {
                start: block.claimed,
                end,
            };
            match self.follows(view, &block) {
                Follows::Block => log.note(view.at, 0, kind),
                Follows::Nonsense => return self.lose(view, kind),
                Follows::TooFewBytes => return Step::Need(block.length + block::HEADER),
            }
        }
        self.take(view, &block, bytes, log)
    }

    /// A block that can't be held whole: passed over if it may be so long, else damage.
    fn oversized(&mut self, view: &View<'_>, block: &Block) -> Option<Step> {
        if block.length < block::SHORTEST || block.claimed > MAX_BLOCK {
            return Some(self.lose(
                view,
                DamageKind::ImpossibleLength {
                    claimed: block.claimed,
                },
            ));
        }
        if block.length <= block::LONGEST_HELD {
            return None;
        }
        if block.kind.is_bulky() {
            self.other_blocks += 1;
            Some(Step::Skip(block.length as u64))
        } else {
            Some(self.lose(
                view,
                DamageKind::ImpossibleLength {
                    claimed: block.claimed,
                },
            ))
        }
    }

    /// A block whose end is not at hand. If nothing follows, either the capture was cut short or the length is wrong.
    #[cold]
    fn incomplete(&mut self, view: &View<'_>, block: &Block, log: &mut DamageLog) -> Step {
        if view.rest == Rest::None && !block.is_believable(view.bytes) {
            return self.lose(
                view,
                DamageKind::ImpossibleLength {
                    claimed: block.claimed,
                },
            );
        }
        view.need(block.length, log)
    }

    fn lose(&mut self, view: &View<'_>, kind: DamageKind) -> Step {
        self.lost = Some(Lost { from: view.at, kind });
        Step::Pass(1)
    }

    /// What a whole block says.
    fn take(&mut self, view: &View<'_>, block: &Block, bytes: &[u8], log: &mut DamageLog) -> Step {
        let pass = Step::Pass(block.length);
        match block.body(bytes) {
            Some(Body::Packet {
                interface,
                ticks,
                packet,
                original,
            }) => {
                let index = self.section.saturating_add(interface);
                let Some((known, clock)) = self
                    .interfaces
                    .get(index as usize)
                    .zip(self.clocks.get(index as usize))
                else {
                    log.note(
                        view.at,
                        block.length as u64,
                        DamageKind::UnknownInterface { interface },
                    );
                    return pass;
                };
                self.last_time = clock.time(ticks);
                Step::Packet(Record {
                    length: block.length,
                    packet,
                    time: self.last_time,
                    link: known.link,
                    interface: index,
                    original,
                })
            }
            Some(Body::Simple { longest, original }) => self.simple(view, block, longest, original, log),
            Some(Body::Section) => {
                self.order = block.order;
                self.section = self.described();
                pass
            }
            Some(Body::Interface { interface, clock }) => {
                if self.described() < MAX_INTERFACES {
                    self.interfaces.push(interface);
                    self.clocks.push(clock);
                } else {
                    let kind = DamageKind::TooManyInterfaces { max: MAX_INTERFACES };
                    log.note(view.at, block.length as u64, kind);
                }
                pass
            }
            Some(Body::Dropped { interface, count }) => {
                let index = self.section.saturating_add(interface);
                if let Some(known) = self.interfaces.get_mut(index as usize) {
                    known.dropped = Some(count);
                }
                pass
            }
            Some(Body::Other) => {
                self.other_blocks += 1;
                pass
            }
            None => {
                let kind = if block.kind == Kind::SECTION {
                    // Of whatever version it is, its blocks are in its byte order.
                    self.order = block.order;
                    self.section = self.described();
                    DamageKind::BadSection
                } else {
                    DamageKind::BadBlock { kind: block.kind.0 }
                };
                log.note(view.at, block.length as u64, kind);
                pass
            }
        }
    }

    /// A simple packet block: on the section's first interface, cut to that interface's snap length, without a time.
    fn simple(
        &mut self,
        view: &View<'_>,
        block: &Block,
        longest: usize,
        original: u32,
        log: &mut DamageLog,
    ) -> Step {
        let Some(known) = self.interfaces.get(self.section as usize) else {
            log.note(
                view.at,
                block.length as u64,
                DamageKind::UnknownInterface { interface: 0 },
            );
            return Step::Pass(block.length);
        };
        let snap_length = match known.snap_length {
            0 => MAX_PACKET,
            limit => limit,
        };
        let captured = longest.min(original.min(snap_length) as usize);
        self.untimed += 1;
        Step::Packet(Record {
            length: block.length,
            packet: block::SIMPLE_DATA..block::SIMPLE_DATA + captured,
            time: self.last_time,
            link: known.link,
            interface: self.section,
            original,
        })
    }

    /// What stands behind a block whose lengths don't agree.
    #[cold]
    fn follows(&self, view: &View<'_>, block: &Block) -> Follows {
        let after = view.bytes.get(block.length..).unwrap_or_default();
        match (Block::read(after, block.order), view.rest) {
            (Some(next), _) if next.kind.is_known() && next.can_be_held() => Follows::Block,
            (_, Rest::More) if after.len() < block::HEADER => Follows::TooFewBytes,
            (_, Rest::None) if after.is_empty() => Follows::Block,
            _ => Follows::Nonsense,
        }
    }

    /// Seeks the next known block whose two lengths agree.
    #[cold]
    fn seek(&mut self, view: &View<'_>, log: &mut DamageLog) -> Step {
        let mut at = 0;
        let found = loop {
            let here = view.bytes.get(at..).unwrap_or_default();
            if here.len() < block::HEADER {
                break None;
            }
            let candidate =
                Block::read(here, self.order).filter(|block| block.kind.is_known() && block.can_be_held());
            if let Some(block) = candidate {
                match here.get(..block.length) {
                    Some(bytes) if block.claimed_at_end(bytes) == block.claimed => break Some(at),
                    Some(_) => {}
                    None if view.rest == Rest::More && at > 0 => return Step::Pass(at),
                    None if view.rest == Rest::More => return Step::Need(block.length),
                    None => {}
                }
            }
            at += 1;
        };
        if found.is_none() && view.rest == Rest::More {
            return if at > 0 {
                Step::Pass(at)
            } else {
                Step::Need(block::HEADER)
            };
        }
        if let Some(lost) = self.lost.take() {
            lost.until(found.map_or(view.end(), |at| view.at + at as u64), log);
        }
        match found {
            Some(0) => self.step(view, log),
            Some(at) => Step::Pass(at),
            None => Step::End,
        }
    }
}

/// What stands behind a block.
enum Follows {
    /// Something that can be a block, or the end.
    Block,
    /// Something that can't.
    Nonsense,
    /// More bytes are wanted to tell.
    TooFewBytes,
}
