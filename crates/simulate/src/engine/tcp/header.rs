//! The TCP header that a side's stack writes: window, options, acknowledgement.

use super::super::path::Side;
use super::super::talk::{Env, Talk};
use super::{ACK, SYN, Tcp};
use crate::encode::frame::{self, Segment};
use crate::plant::Stack;

impl Tcp {
    pub(super) fn build(
        &self,
        talk: &mut Talk,
        env: &mut Env<'_>,
        from: Side,
        flags: u8,
        sequence: u32,
        payload: &[u8],
    ) {
        let sender = match from {
            Side::Client => talk.client,
            Side::Server => talk.server,
        };
        let stack = |id| {
            env.plant
                .host(id)
                .map_or(Stack::Embedded, |host| host.product.stack)
        };
        let both = stack(talk.client) != Stack::Embedded && stack(talk.server) != Stack::Embedded;
        let scaling = if both { Scaling::Agreed } else { Scaling::None };
        let stack = stack(sender);
        let Some(ip) = talk.begin_frame(env, from) else {
            return;
        };
        let (source_port, destination_port) = talk.ports(from);
        let acknowledgement = if flags & ACK == 0 {
            0
        } else {
            self.next(from.other())
        };
        let segment = Segment {
            source_port,
            destination_port,
            sequence,
            acknowledgement,
            flags,
            window: window(stack, if flags & SYN == 0 { scaling } else { Scaling::None }),
            options: if flags & SYN == 0 {
                &[]
            } else {
                syn_options(stack, scaling)
            },
        };
        frame::tcp(env.frame, &ip, &segment, payload);
        frame::pad(env.frame, 0);
    }
}

/// Whether both ends offered window scaling (RFC 7323), which a header's window then counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scaling {
    None,
    Agreed,
}

const fn window(stack: Stack, scaling: Scaling) -> u16 {
    match (stack, scaling) {
        (Stack::Embedded, _) => 8192,
        (Stack::Windows, Scaling::None) => 64_240,
        (Stack::Windows, Scaling::Agreed) => 8212,
        (Stack::Linux, Scaling::None) => 29_200,
        (Stack::Linux, Scaling::Agreed) => 502,
    }
}

/// Segment size 1460; window scale and selective acknowledgement where both stacks have them.
const fn syn_options(stack: Stack, scaling: Scaling) -> &'static [u8] {
    match (stack, scaling) {
        (Stack::Embedded, _) | (_, Scaling::None) => &[2, 4, 0x05, 0xb4],
        (Stack::Windows, Scaling::Agreed) => &[2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2],
        (Stack::Linux, Scaling::Agreed) => &[2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7],
    }
}
