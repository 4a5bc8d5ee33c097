//! Cyclic data between devices, by UDP. The session that opens the connection is another conversation.

use super::super::{Cx, Turn};
use super::connection;
use crate::encode::enip::{self, RunIdle};
use std::time::Duration;

/// Bytes of cyclic data each way.
const CYCLIC_DATA: usize = 32;

/// Cyclic data by UDP, each way once in a period.
#[derive(Clone, Debug, Default)]
pub(crate) struct CyclicData {
    packet: u32,
    answers: bool,
}

impl CyclicData {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        let connection = connection(cx.client, cx.server, 0);
        let sequence = crate::encode::len16(usize::try_from(self.packet).unwrap_or_default());
        let mut data = Vec::new();
        cx.dice.fill(&mut data, CYCLIC_DATA);
        self.answers = !self.answers;
        if self.answers {
            self.packet = self.packet.wrapping_add(1);
            enip::cyclic(
                cx.out,
                connection.to_target,
                self.packet,
                sequence,
                RunIdle::Run,
                &data,
            );
            Turn::client(Duration::from_micros(700))
        } else {
            enip::cyclic(
                cx.out,
                connection.to_originator,
                self.packet,
                sequence,
                RunIdle::Absent,
                &data,
            );
            Turn::server(cx.rest())
        }
    }
}
