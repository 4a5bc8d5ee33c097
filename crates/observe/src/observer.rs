//! The observer itself: each frame to its part, and what the parts tell, in the order of packets, to the hosts.

use crate::clock::Moment;
use crate::desk::Out;
use crate::front::{Front, Place, Tick};
use crate::part::Part;
use crate::record::{FlowSink, Observation};
use crate::settings::Settings;
use crate::tap::MessageSink;
use crate::world::World;
use cofferdam_dissect::{REGISTRY, Registration, frame};
use cofferdam_terms::{LinkType, Timestamp};
use std::num::NonZeroUsize;

/// Follows a capture, frame by frame. What it holds stays under the ceilings of its settings.
pub struct Observer {
    front: Front,
    parts: Vec<Part>,
    world: World,
}

/// A frame as a capture gives it.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// Its number in the capture, from 1.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// The link type of the interface.
    pub link: LinkType,
    /// The bytes captured.
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub original: u32,
}

impl Observer {
    /// An observer with nothing seen yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with_registry(settings, REGISTRY)
    }

    /// The same with other protocols, for tests.
    pub(crate) fn with_registry(settings: Settings, registry: &'static [Registration]) -> Self {
        Self {
            front: Front::new(&settings, registry),
            parts: parts(&settings, registry),
            world: World::new(settings),
        }
    }

    /// Takes the next frame. `number` is its number in the capture, from 1; `original` its length on the wire.
    pub fn frame(
        &mut self,
        number: u64,
        time: Timestamp,
        link: LinkType,
        bytes: &[u8],
        original: u32,
        sink: &mut dyn FlowSink,
    ) {
        let frame = Captured {
            number,
            time,
            link,
            bytes,
            original,
        };
        self.take(&frame, sink, Out { messages: None });
    }

    /// Takes the next frame.
    #[inline]
    pub(crate) fn take_frame(&mut self, frame: &Captured<'_>, sink: &mut dyn FlowSink) {
        self.take(frame, sink, Out { messages: None });
    }

    /// Takes the next frame and hands each message on as it is found.
    pub fn frame_with_messages(
        &mut self,
        frame: &Captured<'_>,
        sink: &mut dyn FlowSink,
        messages: &mut dyn MessageSink,
    ) {
        let messages = Some(messages);
        self.take(frame, sink, Out { messages });
    }

    /// Ends every flow and gives what was learned of assets and coverage.
    #[must_use]
    pub fn finish(self, sink: &mut dyn FlowSink) -> Observation {
        self.end(sink, Out { messages: None })
    }

    /// The same, and hands on the messages that waited for packets which never came.
    #[must_use]
    pub fn finish_with_messages(
        self,
        sink: &mut dyn FlowSink,
        messages: &mut dyn MessageSink,
    ) -> Observation {
        let messages = Some(messages);
        self.end(sink, Out { messages })
    }

    #[inline]
    fn take(&mut self, captured: &Captured<'_>, sink: &mut dyn FlowSink, mut out: Out<'_>) {
        let (moment, tick) = self.front.moment(captured);
        if tick == Tick::Next {
            for part in &mut self.parts {
                part.go_on(moment, &mut out);
            }
            self.take_notes(sink);
        }
        let Some(part) = hand_on(&mut self.front, &mut self.parts, captured, moment, &mut out) else {
            return;
        };
        if !part.desk.notes.is_empty() {
            self.world.take_one(part.desk.notes.told(), sink);
        }
    }

    /// Takes what all parts have told.
    fn take_notes(&mut self, sink: &mut dyn FlowSink) {
        let told = self.parts.iter_mut().map(|part| part.desk.notes.take());
        self.world.take_all(told, sink);
    }

    fn end(mut self, sink: &mut dyn FlowSink, mut out: Out<'_>) -> Observation {
        for packet in self.front.ends() {
            for part in &mut self.parts {
                part.end_before(packet, &mut out);
            }
            self.take_notes(sink);
        }
        sum_up(self.front, self.parts, self.world, NonZeroUsize::MIN)
    }
}

/// Hands a frame to its part, and gives this.
#[inline]
fn hand_on<'a>(
    front: &mut Front,
    parts: &'a mut [Part],
    captured: &Captured<'_>,
    moment: Moment,
    out: &mut Out<'_>,
) -> Option<&'a mut Part> {
    if let Some(plain) = frame::plain(captured.link, captured.bytes) {
        let part = parts.get_mut(front.place_of_plain(&plain))?;
        part.plain(&plain, captured.original, moment, out);
        return Some(part);
    }
    match front.place(captured, moment) {
        Place::Part(number) => {
            let part = parts.get_mut(number)?;
            part.frame(captured, moment, out);
            Some(part)
        }
        Place::Together(number, together) => {
            let part = parts.get_mut(number)?;
            part.together(&together, moment, out);
            Some(part)
        }
        Place::Nowhere => None,
    }
}

/// The parts that settings ask for, each with its share of the ceilings.
pub(crate) fn parts(settings: &Settings, registry: &'static [Registration]) -> Vec<Part> {
    let count = settings.parts.max(1);
    let share = Settings {
        ceilings: settings.ceilings.share(count),
        ..settings.clone()
    };
    (0..count).map(|_| Part::new(share.clone(), registry)).collect()
}

/// What came of it all, once every flow has ended.
pub(crate) fn sum_up(front: Front, parts: Vec<Part>, mut world: World, workers: NonZeroUsize) -> Observation {
    world.ledger.join(front.finish());
    for part in parts {
        world.take_in(part.desk);
    }
    crate::finish::observation(world, workers)
}
