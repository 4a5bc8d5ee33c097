//! What the flows of one part write to: counts, acts, notes, and the totals that ceilings are held against.

use crate::acts::Acts;
use crate::conversation::{Conversation, Held};
use crate::ledger::Ledger;
use crate::notes::Notes;
use crate::recognise::Protocols;
use crate::settings::Settings;
use crate::tap::MessageSink;
use cofferdam_dissect::Registration;

/// What the flows of one part write to.
pub(crate) struct Desk {
    /// With the part's share of the ceilings.
    pub(crate) settings: Settings,
    pub(crate) protocols: Protocols,
    pub(crate) ledger: Ledger,
    pub(crate) acts: Acts,
    pub(crate) notes: Notes,
    /// Bytes that all conversations hold.
    pub(crate) held: Held,
}

/// Who wants each message.
pub(crate) struct Out<'a> {
    pub(crate) messages: Option<&'a mut dyn MessageSink>,
}

impl Desk {
    pub(crate) fn new(settings: Settings, registry: &'static [Registration]) -> Self {
        Self {
            protocols: Protocols::new(registry),
            ledger: Ledger::default(),
            acts: Acts::new(&settings),
            notes: Notes::default(),
            held: Held::default(),
            settings,
        }
    }

    /// Counts what a conversation holds now in place of what it held.
    pub(crate) fn account(&mut self, conversation: &mut Conversation) {
        let now = conversation.measure();
        self.replace(conversation.held, now);
        conversation.held = now;
    }

    /// The same where nothing but the bytes that wait can have changed.
    pub(crate) fn account_waiting(&mut self, conversation: &mut Conversation) {
        let now = Held {
            reassembly: conversation.waiting(),
            ..conversation.held
        };
        self.replace(conversation.held, now);
        conversation.held = now;
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
