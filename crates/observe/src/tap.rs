//! For whoever wants each message with where it stood: detections, and the tests that compare with other dissectors.

use crate::record::Endpoint;
use cofferdam_dissect::{Anomaly, Message, Side};
use cofferdam_terms::{Timestamp, Transport, VlanId};

/// Where a message stood. A message that several packets carry stands in the one that completed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageContext {
    /// The packet's number, from 1.
    pub packet: u64,
    /// The packet's time.
    pub time: Timestamp,
    /// The number of its flow's first packet, as in [`Connection::flow`](crate::Connection::flow).
    pub flow: u64,
    /// Who opened the flow, as far as is known by now.
    pub initiator: Endpoint,
    /// Who answers.
    pub responder: Endpoint,
    /// The initiator's port; 0 where there are none.
    pub initiator_port: u16,
    /// The responder's port; 0 where there are none.
    pub responder_port: u16,
    /// What carries it.
    pub transport: Transport,
    /// The innermost VLAN.
    pub vlan: Option<VlanId>,
    /// Who sent it.
    pub side: Side,
}

/// Takes each message as it is found.
pub trait MessageSink {
    /// One message.
    fn message(&mut self, at: &MessageContext, message: &Message<'_>);

    /// Something malformed or out of order.
    fn anomaly(&mut self, at: &MessageContext, anomaly: &Anomaly) {
        let _ = (at, anomaly);
    }
}
