//! TCP connections: opening, data in stream order, holes, closing.
//!
//! In order, a segment costs a comparison and goes straight on. What comes early waits until the hole before it is
//! filled, or until it is plain that the capture lost those bytes: the receiver acknowledged them, too much waits, or
//! the flow ends. The session is then told of the gap.

use crate::clock::Moment;
use crate::desk::{Desk, Out};
use crate::flow::{Flow, Stage};
use crate::follow;
use crate::key::End;
use crate::ledger::TCP;
use crate::stream::{Opening, Overlap, Place, Queued, length_of};
use cofferdam_dissect::frame::Segment;

/// Whether a segment opens another connection between the ports of one that is known.
pub(crate) fn opens_another(flow: &mut Flow, from: End, segment: &Segment<'_>) -> bool {
    segment.flags.syn()
        && !segment.flags.rst()
        && flow.halves.at_mut(from).open(segment.sequence.wrapping_add(1)) == Opening::Another
}

/// Takes a segment. SYNs have been looked at by [`opens_another`].
pub(crate) fn segment(
    flow: &mut Flow,
    from: End,
    segment: &Segment<'_>,
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    let flags = segment.flags;
    if flags.rst() {
        if reset(flow, from, segment, moment, desk) {
            close(flow, desk, out);
        }
        return;
    }
    let length = length_of(segment.payload).saturating_add(segment.cut);
    let seen = flow.seen.at_mut(from);
    seen.served |= length > 0 || (flags.syn() && flags.ack());
    if flags.ack() && !flags.syn() && length > 0 {
        flow.seen.at_mut(from.other()).acknowledged = true;
    }
    if length > 0 {
        let sequence = segment.sequence.wrapping_add(u32::from(flags.syn()));
        data(flow, from, sequence, segment, moment, desk, out);
    }
    if flags.ack() && flow.conversation.is_some() {
        look_for_loss(flow, from.other(), segment.acknowledgement, desk, out);
    }
    if flags.fin() {
        flow.halves.at_mut(from).fin = true;
        if flow.halves.at(from.other()).fin && !flow.ended {
            close(flow, desk, out);
        }
    }
}

/// Whether a reset is the connection's own.
#[cold]
fn reset(flow: &Flow, from: End, segment: &Segment<'_>, moment: Moment, desk: &mut Desk) -> bool {
    let own = flow.halves.at(from).accepts_reset(segment.sequence);
    if !own {
        let key = (TCP, "reset-out-of-window");
        desk.ledger.anomalies.add(key, 1, moment.packet);
    }
    own && !flow.ended
}

/// The connection is over: what waits is taken, and the session goes. Stragglers are counted with the flow.
#[cold]
fn close(flow: &mut Flow, desk: &mut Desk, out: &mut Out<'_>) {
    flush(flow, desk, out);
    flow.ended = true;
    if let Some(talk) = &mut flow.conversation {
        talk.close();
        desk.account(talk);
    }
}

#[inline]
fn data(
    flow: &mut Flow,
    from: End,
    sequence: u32,
    segment: &Segment<'_>,
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    let (bytes, cut) = (segment.payload, segment.cut);
    let length = length_of(bytes).saturating_add(cut);
    match flow.halves.at_mut(from).place(sequence, length) {
        Place::Next { old } => {
            take(flow, from, bytes, cut, old, moment, desk, out);
            if has_ahead(flow, from) {
                take_due(flow, from, desk, out);
            }
        }
        Place::Old => repeated(flow, from, sequence, bytes, moment, desk),
        Place::Ahead(hole) if flow.stage == Stage::Dismissed && !has_ahead(flow, from) => {
            let half = flow.halves.at_mut(from);
            half.skip_hole(hole);
            half.advance(length);
            flow.missed += u64::from(hole) + u64::from(cut);
        }
        Place::Ahead(_) => wait(flow, from, sequence, segment, moment, desk, out),
        Place::Astray => {
            let key = (TCP, "segment-out-of-window");
            desk.ledger.anomalies.add(key, 1, moment.packet);
        }
    }
}

/// Takes bytes whose turn it is, without the first `old` ones.
#[expect(
    clippy::too_many_arguments,
    reason = "the packet path passes on what it has without packing it up"
)]
#[inline]
fn take(
    flow: &mut Flow,
    from: End,
    bytes: &[u8],
    cut: u32,
    old: u32,
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    let fresh = bytes.get(old as usize..).unwrap_or_default();
    flow.halves.at_mut(from).advance(length_of(fresh));
    follow::payload(flow, from, fresh, moment, desk, out);
    let captured = length_of(bytes);
    let cut = cut - old.saturating_sub(captured).min(cut);
    if cut > 0 {
        miss(flow, from, cut, desk);
    }
}

/// So many bytes that are next will not come.
#[cold]
fn miss(flow: &mut Flow, from: End, length: u32, desk: &mut Desk) {
    flow.missed += u64::from(length);
    flow.halves.at_mut(from).advance(length);
    let side = flow.side(from);
    if let Some(talk) = &mut flow.conversation {
        talk.miss(from, side, length);
        desk.account(talk);
    }
}

#[cold]
fn repeated(flow: &mut Flow, from: End, sequence: u32, bytes: &[u8], moment: Moment, desk: &mut Desk) {
    let half = flow.halves.at_mut(from);
    if flow.stage == Stage::Dismissed {
        let late = half.fills_hole(sequence, length_of(bytes));
        flow.missed = flow.missed.saturating_sub(u64::from(late));
        return;
    }
    let next = half.next;
    let conflicts = flow
        .conversation
        .as_ref()
        .is_some_and(|talk| talk.inboxes.at(from).contradicts(next, sequence, bytes));
    if conflicts {
        note_conflict(moment, desk);
    }
}

fn note_conflict(moment: Moment, desk: &mut Desk) {
    let key = (TCP, "conflicting-overlap");
    desk.ledger.anomalies.add(key, 1, moment.packet);
}

fn has_ahead(flow: &Flow, from: End) -> bool {
    let talk = flow.conversation.as_ref();
    talk.is_some_and(|talk| !talk.inboxes.at(from).ahead.is_empty())
}

/// Keeps a segment that came before its turn.
#[cold]
fn wait(
    flow: &mut Flow,
    from: End,
    sequence: u32,
    segment: &Segment<'_>,
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    let next = flow.halves.at(from).next;
    let talk = flow.conversation.get_or_insert_default();
    let ahead = &mut talk.inboxes.at_mut(from).ahead;
    let overlap = ahead.insert(next, sequence, segment.payload, segment.cut, moment);
    let full = ahead.is_full();
    desk.account(talk);
    if overlap == Overlap::Conflicts {
        note_conflict(moment, desk);
    }
    if full || desk.reassembly_is_full() {
        if !full {
            desk.ledger.evicted.add("reassembly", 1, moment.packet);
        }
        pass_over_hole(flow, from, desk, out);
    }
}

/// Gives the bytes before the first waiting segment up, and takes what is due then.
fn pass_over_hole(flow: &mut Flow, from: End, desk: &mut Desk, out: &mut Out<'_>) {
    let next = flow.halves.at(from).next;
    let talk = flow.conversation.as_ref();
    let Some(first) = talk.and_then(|talk| talk.inboxes.at(from).ahead.first()) else {
        return;
    };
    miss(flow, from, first.wrapping_sub(next), desk);
    take_due(flow, from, desk, out);
}

/// Takes waiting segments as far as the stream has come to them.
#[cold]
fn take_due(flow: &mut Flow, from: End, desk: &mut Desk, out: &mut Out<'_>) {
    while let Some(due) = next_due(flow, from) {
        let length = length_of(&due.bytes).saturating_add(due.cut);
        if let Place::Next { old } = flow.halves.at_mut(from).place(due.sequence, length) {
            take(flow, from, &due.bytes, due.cut, old, due.moment, desk, out);
        }
    }
    if let Some(talk) = &mut flow.conversation {
        desk.account(talk);
    }
}

fn next_due(flow: &mut Flow, from: End) -> Option<Queued> {
    let next = flow.halves.at(from).next;
    let talk = flow.conversation.as_mut()?;
    talk.inboxes.at_mut(from).ahead.take_due(next)
}

/// An acknowledgement may show that what `sender`'s stream waits for was received and not captured.
#[inline]
fn look_for_loss(flow: &mut Flow, sender: End, acknowledged: u32, desk: &mut Desk, out: &mut Out<'_>) {
    let Some(talk) = &mut flow.conversation else {
        return;
    };
    let ahead = &mut talk.inboxes.at_mut(sender).ahead;
    if !ahead.is_empty() && ahead.is_lost(acknowledged) {
        pass_over_hole(flow, sender, desk, out);
    }
}

/// The flow ends: nothing that is missing will come any more.
pub(crate) fn flush(flow: &mut Flow, desk: &mut Desk, out: &mut Out<'_>) {
    for end in [flow.initiator, flow.initiator.other()] {
        while has_ahead(flow, end) {
            pass_over_hole(flow, end, desk, out);
        }
    }
}
