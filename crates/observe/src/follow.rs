//! Payload in order: finding its protocol, handing it to the session, and drawing conclusions for the flow.

use crate::clock::Moment;
use crate::conversation::{Conversation, Heard};
use crate::desk::{Desk, Out};
use crate::flow::{Flow, Stage};
use crate::key::End;
use crate::ledger::TCP;
use crate::notes::{Claim, Note};
use crate::operations::Operations;
use crate::recognise::{Protocols, Verdict};
use crate::record::{InitiatorBasis, Recognition};
use crate::tap::{MessageContext, MessageSink};
use cofferdam_dissect::{Anomaly, Carrier, Context, Identity, Message, Registration, Role, Sink};

/// So many payloads are looked at before a flow is taken for nobody's.
const MAX_TRIES: u8 = 6;
/// So many bytes of one end's beginning are kept for a protocol that wants to see more.
const MAX_PREFIX: usize = 2048;

/// Takes the next payload of one end: of its stream, or a datagram.
#[inline]
pub(crate) fn payload(
    flow: &mut Flow,
    from: End,
    bytes: &[u8],
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    match flow.stage {
        Stage::Dismissed => {}
        _ if bytes.is_empty() => {}
        Stage::Followed => hear(flow, from, bytes, moment, desk, out),
        Stage::Fresh(tries) => recognise(flow, from, bytes, tries, moment, desk, out),
    }
}

fn context(flow: &Flow, from: End, carrier: Carrier) -> Context {
    Context {
        side: flow.side(from),
        carrier,
        port: flow.service_port(),
    }
}

#[cold]
fn recognise(
    flow: &mut Flow,
    from: End,
    bytes: &[u8],
    tries: u8,
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    let Some(carrier) = Protocols::carrier(flow.key.transport()) else {
        flow.stage = Stage::Dismissed;
        return;
    };
    // What was kept of this end's beginning comes first.
    let mut prefix = match &mut flow.conversation {
        Some(talk) => std::mem::take(&mut talk.inboxes.at_mut(from).pending),
        None => Vec::new(),
    };
    let bytes = if prefix.is_empty() {
        bytes
    } else {
        prefix.extend_from_slice(bytes);
        &prefix
    };
    let other_port = flow.key.port(flow.initiator);
    let verdict = desk
        .protocols
        .judge(context(flow, from, carrier), other_port, flow.basis, bytes);
    let (registration, recognition) = match verdict {
        Verdict::Certain(registration, side) => {
            if side != flow.side(from) {
                flow.initiator = flow.initiator.other();
                flow.basis = InitiatorBasis::Request;
            }
            (registration, Recognition::Content)
        }
        Verdict::Hinted(registration) => (registration, Recognition::Port),
        Verdict::Wait => {
            let whole = carrier == Carrier::Tcp && flow.halves.at(from).is_anchored();
            if whole && bytes.len() <= MAX_PREFIX {
                let kept = if prefix.is_empty() { bytes.to_vec() } else { prefix };
                let talk = flow.conversation.get_or_insert_default();
                talk.inboxes.at_mut(from).pending = kept;
                desk.account(talk);
            }
            return try_again_or_dismiss(flow, tries, desk);
        }
        Verdict::Nobody => return try_again_or_dismiss(flow, tries, desk),
    };
    start(flow, from, registration, recognition, moment, desk, out);
    hear(flow, from, bytes, moment, desk, out);
}

fn try_again_or_dismiss(flow: &mut Flow, tries: u8, desk: &mut Desk) {
    if tries + 1 < MAX_TRIES {
        flow.stage = Stage::Fresh(tries + 1);
    } else {
        dismiss(flow, desk);
    }
}

/// Gives a flow's payload up, for good.
fn dismiss(flow: &mut Flow, desk: &mut Desk) {
    flow.stage = Stage::Dismissed;
    let Some(mut talk) = flow.conversation.take() else {
        return;
    };
    talk.give_up();
    desk.account(&mut talk);
    flow.conversation = Some(talk);
}

/// Opens the session, and hands it what the other end had said before the protocol was known.
fn start(
    flow: &mut Flow,
    from: End,
    registration: &'static Registration,
    recognition: Recognition,
    moment: Moment,
    desk: &mut Desk,
    out: &mut Out<'_>,
) {
    flow.stage = Stage::Followed;
    let talk = flow.conversation.get_or_insert_default();
    talk.follow(registration, recognition);
    let other = from.other();
    let earlier = std::mem::take(&mut talk.inboxes.at_mut(other).pending);
    desk.account(talk);
    if !earlier.is_empty() {
        hear(flow, other, &earlier, moment, desk, out);
    }
}

fn hear(flow: &mut Flow, from: End, bytes: &[u8], moment: Moment, desk: &mut Desk, out: &mut Out<'_>) {
    let Some(carrier) = Protocols::carrier(flow.key.transport()) else {
        return;
    };
    let Some(mut talk) = flow.conversation.take() else {
        return;
    };
    let context = context(flow, from, carrier);
    // The operations stand aside while the session runs, so that it and they can both be written to.
    let mut operations = std::mem::take(&mut talk.operations);
    let mut ear = Ear {
        flow,
        from,
        moment,
        operations: &mut operations,
        desk,
        messages: out.messages.as_deref_mut(),
        heard: 0,
        asked: false,
    };
    let heard = match carrier {
        Carrier::Tcp => talk.hear_stream(from, context, bytes, &mut ear),
        Carrier::Udp | Carrier::Ethernet(_) => talk.hear_datagram(context, bytes, &mut ear),
    };
    let (messages, asked) = (ear.heard, ear.asked);
    talk.operations = operations;
    note_trouble(heard, &talk, moment, desk);
    let give_up = talk.confirm(from, context, heard, messages);
    if talk.operations.has_grown() {
        desk.account(&mut talk);
    } else if talk.may_wait() {
        desk.account_waiting(&mut talk);
    }
    if desk.reassembly_is_full() && talk.may_wait() {
        talk.drop_waiting();
        desk.account(&mut talk);
        desk.ledger.evicted.add("reassembly", 1, moment.packet);
    }
    flow.conversation = Some(talk);
    if asked && matches!(flow.basis, InitiatorBasis::First | InitiatorBasis::Port) {
        flow.initiator = from;
        flow.basis = InitiatorBasis::Request;
    }
    if give_up {
        dismiss(flow, desk);
    }
}

#[inline]
fn note_trouble(heard: Heard, talk: &Conversation, moment: Moment, desk: &mut Desk) {
    match heard {
        Heard::Followed => {}
        Heard::Lost => {
            let protocol = talk.registration().map_or(TCP, |entry| entry.protocol);
            desk.ledger
                .anomalies
                .add((protocol, "lost-sync"), 1, moment.packet);
        }
        Heard::TooLong => desk.ledger.evicted.add("message-bytes", 1, moment.packet),
    }
}

/// Listens to a session for a flow.
struct Ear<'a, 'm> {
    flow: &'a Flow,
    from: End,
    moment: Moment,
    operations: &'a mut Operations,
    desk: &'a mut Desk,
    messages: Option<&'a mut (dyn MessageSink + 'm)>,
    heard: u32,
    asked: bool,
}

impl Ear<'_, '_> {
    fn context(&self) -> MessageContext {
        let flow = self.flow;
        let (initiator, responder) = (flow.initiator, flow.initiator.other());
        MessageContext {
            packet: self.moment.packet,
            time: self.moment.time,
            flow: flow.number,
            initiator: flow.endpoint(initiator),
            responder: flow.endpoint(responder),
            initiator_port: flow.key.port(initiator),
            responder_port: flow.key.port(responder),
            transport: flow.key.transport(),
            vlan: flow.key.vlan(),
            side: flow.side(self.from),
        }
    }
}

impl Sink for Ear<'_, '_> {
    fn message(&mut self, message: &Message<'_>) {
        let ceiling = self.desk.settings.ceilings.operations_per_record;
        let mut noted = self.operations.add(message, self.from, self.moment, ceiling);
        let known = (noted.device, noted.event);
        self.desk
            .acts
            .take(self.flow, self.from, message, &mut noted, self.moment);
        if (noted.device, noted.event) != known {
            self.operations.keep(noted);
        }
        self.heard += 1;
        self.asked |= message.role == Role::Request;
        let at = self.messages.is_some().then(|| self.context());
        if let (Some(messages), Some(at)) = (&mut self.messages, at) {
            messages.message(&at, message);
        }
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        if let Some(claim) = Claim::of(self.flow, self.from, identity, self.moment) {
            self.desk.notes.add(Note::Claimed(claim));
        }
    }

    fn anomaly(&mut self, anomaly: &Anomaly) {
        let key = (anomaly.protocol, anomaly.code);
        self.desk.ledger.anomalies.add(key, 1, self.moment.packet);
        let at = self.messages.is_some().then(|| self.context());
        if let (Some(messages), Some(at)) = (&mut self.messages, at) {
            messages.anomaly(&at, anomaly);
        }
    }
}
