//! What every flow writes to: counts, hosts, facts, and the totals that ceilings are held against.

use crate::acts::Acts;
use crate::conversation::{Conversation, Held};
use crate::hosts::Hosts;
use crate::ledger::Ledger;
use crate::recognise::Protocols;
use crate::record::FlowSink;
use crate::settings::Settings;
use crate::tap::MessageSink;
use cofferdam_dissect::Registration;

/// What every flow writes to.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) protocols: Protocols,
    pub(crate) ledger: Ledger,
    pub(crate) hosts: Hosts,
    pub(crate) acts: Acts,
    /// Bytes that all conversations hold.
    pub(crate) held: Held,
}

/// Where results go.
pub(crate) struct Out<'a> {
    pub(crate) flows: &'a mut dyn FlowSink,
    pub(crate) messages: Option<&'a mut dyn MessageSink>,
}

impl World {
    pub(crate) fn new(settings: Settings, registry: &'static [Registration]) -> Self {
        Self {
            protocols: Protocols::new(registry),
            ledger: Ledger::default(),
            hosts: Hosts::new(&settings),
            acts: Acts::new(&settings),
            held: Held::default(),
            settings,
        }
    }

    /// Counts what a conversation holds now in place of what it held.
    pub(crate) fn account(&mut self, conversation: &mut Conversation) {
        self.replace(conversation.held, conversation.measure());
        conversation.held = conversation.measure();
    }

    /// A conversation is gone.
    pub(crate) fn release(&mut self, conversation: &Conversation) {
        self.replace(conversation.held, Held::default());
    }

    fn replace(&mut self, old: Held, new: Held) {
        self.held.conversation = self.held.conversation + new.conversation - old.conversation;
        self.held.reassembly = self.held.reassembly + new.reassembly - old.reassembly;
    }

    pub(crate) fn conversations_are_full(&self) -> bool {
        self.held.conversation > self.settings.ceilings.conversation_bytes
    }

    pub(crate) fn reassembly_is_full(&self) -> bool {
        self.held.reassembly > self.settings.ceilings.reassembly_bytes
    }
}
