//! TLS sessions: handshake, exchanges of encrypted data, close. RDP begins the same way after two messages of its own.

use super::{Cx, Turn};
use crate::dice::Dice;
use crate::encode::tls::{self, Random, Version};
use crate::encode::{der, rdp};
use crate::plant::Host;
use std::time::Duration;

/// How a session goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TlsPlan {
    pub(crate) version: Version,
    pub(crate) before: Before,
    /// Exchanges of data; a session of [`u32::MAX`] goes on for ever.
    pub(crate) exchanges: u32,
    /// The most bytes of a question and of an answer.
    pub(crate) question: u16,
    pub(crate) answer: u16,
    /// Whether the rest between exchanges is the period or short.
    pub(crate) rest: Rest,
}

/// What is said before the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    /// RDP's connection request and confirm.
    Rdp,
}

/// How long the client rests between exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Period,
    Short,
}

const APPLICATION: u8 = 23;
const HANDSHAKE: u8 = 22;
/// The organisation that is named in the plant's certificates.
pub(crate) const ORGANISATION: &str = "Overhaul Works";
/// The domain of the plant's hosts.
pub(crate) const DOMAIN: &str = "works.example";

#[derive(Clone, Debug)]
pub(crate) struct Tls {
    plan: TlsPlan,
    step: u32,
}

impl Tls {
    pub(crate) const fn new(plan: TlsPlan) -> Self {
        Self { plan, step: 0 }
    }

    pub(crate) fn restart(&mut self) {
        self.step = 0;
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        const PRELUDE: u32 = 2;
        const SHAKE: u32 = 4;
        if self.step == 0 && self.plan.before == Before::Nothing {
            self.step = PRELUDE;
        }
        let step = self.step;
        self.step = self.step.saturating_add(1);
        match step {
            0 => {
                rdp::connection_request(cx.out, &user(cx.client));
                Turn::client(cx.server_time())
            }
            1 => {
                rdp::connection_confirm(cx.out);
                Turn::server(Duration::from_millis(1))
            }
            step if step < PRELUDE + SHAKE => self.shake(cx, step - PRELUDE),
            step => self.exchange(cx, step - PRELUDE - SHAKE),
        }
    }

    /// Four flights: client and server in turn.
    fn shake(&self, cx: &mut Cx<'_>, flight: u32) -> Turn {
        let (a, b) = (random(cx.dice), random(cx.dice));
        match (flight, self.plan.version) {
            (0, version) => {
                tls::client_hello(cx.out, version, &a, &b, &server_name(cx.server));
                Turn::client(cx.server_time())
            }
            (1, Version::Tls12) => {
                let certificate = certificate(cx.server);
                let mut signature = [0; 256];
                noise(cx.dice, &mut signature);
                tls::server_flight(cx.out, &a, &b, &random(cx.dice), &certificate, &signature);
                Turn::server(Duration::from_millis(1))
            }
            (1, Version::Tls13) => {
                tls::server_hello_13(cx.out, &a, &b, &random(cx.dice));
                tls::change_cipher_spec(cx.out);
                // Encrypted extensions, certificate and the rest.
                encrypted(cx, APPLICATION, 1180);
                Turn::server(Duration::from_millis(1))
            }
            (2, Version::Tls12) => {
                tls::client_key_exchange(cx.out, &a);
                tls::change_cipher_spec(cx.out);
                encrypted(cx, HANDSHAKE, 40);
                Turn::client(cx.server_time())
            }
            (2, Version::Tls13) => {
                tls::change_cipher_spec(cx.out);
                encrypted(cx, APPLICATION, 53);
                Turn::client(cx.server_time())
            }
            (_, Version::Tls12) => {
                tls::change_cipher_spec(cx.out);
                encrypted(cx, HANDSHAKE, 40);
                Turn::server(Duration::from_millis(2))
            }
            (_, Version::Tls13) => {
                // Two session tickets.
                encrypted(cx, APPLICATION, 234);
                Turn::server(Duration::from_millis(2))
            }
        }
    }

    fn exchange(&mut self, cx: &mut Cx<'_>, step: u32) -> Turn {
        if step / 2 >= self.plan.exchanges {
            self.restart();
            return Turn::Close;
        }
        if step.is_multiple_of(2) {
            let size = size(cx, self.plan.question);
            encrypted(cx, APPLICATION, size);
            return Turn::client(cx.server_time());
        }
        let size = size(cx, self.plan.answer);
        encrypted(cx, APPLICATION, size);
        Turn::server(match self.plan.rest {
            Rest::Period => cx.rest(),
            Rest::Short => cx
                .dice
                .between(Duration::from_millis(50), Duration::from_millis(900)),
        })
    }
}

/// Between half of the most and the most.
fn size(cx: &mut Cx<'_>, most: u16) -> usize {
    let half = usize::from(most / 2);
    half + usize::from(cx.dice.word()) % half.max(1)
}

/// Records of at most 16 KiB that look encrypted.
fn encrypted(cx: &mut Cx<'_>, kind: u8, length: usize) {
    const RECORD: usize = 16_384;
    let mut left = length;
    while left > 0 {
        let part = left.min(RECORD);
        tls::record(cx.out, kind, |out| cx.dice.fill(out, part));
        left -= part;
    }
}

pub(crate) fn random(dice: &mut Dice) -> Random {
    let mut out = [0; 32];
    noise(dice, &mut out);
    out
}

pub(crate) fn noise(dice: &mut Dice, out: &mut [u8]) {
    for chunk in out.chunks_mut(8) {
        chunk
            .iter_mut()
            .zip(dice.roll().to_le_bytes())
            .for_each(|(byte, noise)| *byte = noise);
    }
}

/// A host's name in the plant's domain.
pub(crate) fn server_name(host: &Host) -> String {
    format!("{}.{DOMAIN}", host.id)
}

/// The user that works at a host.
pub(crate) fn user(host: &Host) -> String {
    format!("svc-{}", host.id.split('-').next().unwrap_or_default())
}

/// A host's own certificate: the same whenever it is shown.
fn certificate(host: &Host) -> Vec<u8> {
    let mut dice = Dice::new(u64::from(host.serial));
    let (mut modulus, mut signature) = ([0; 256], [0; 256]);
    noise(&mut dice, &mut modulus);
    noise(&mut dice, &mut signature);
    // The highest bit makes it a key of 2048 bits, the lowest an odd number.
    if let Some(first) = modulus.first_mut() {
        *first |= 0x80;
    }
    if let Some(last) = modulus.last_mut() {
        *last |= 1;
    }
    der::certificate(&der::Certificate {
        common_name: &server_name(host),
        organisation: ORGANISATION,
        serial: host.serial,
        not_before: "250101000000Z",
        not_after: "300101000000Z",
        modulus: &modulus,
        signature: &signature,
    })
}
