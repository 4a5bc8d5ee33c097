//! HTTP requests, and SSH sessions whose first lines can be read.

use super::tls::{noise, server_name};
use super::{Cx, Turn};
use crate::encode::{http, ssh};
use std::time::Duration;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpJob {
    /// Work orders, for ever.
    Orders,
    /// A report is handed in, once.
    Report,
    /// Signatures for the virus scanner, once.
    Signatures,
}

#[derive(Clone, Debug)]
pub(crate) struct Http {
    job: HttpJob,
    asked: u32,
    open: bool,
}

impl Http {
    pub(crate) const fn new(job: HttpJob) -> Self {
        Self {
            job,
            asked: 0,
            open: false,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.job);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        const REPORTS: u32 = 4;
        const PARTS: u32 = 12;
        if std::mem::take(&mut self.open) {
            self.answer(cx);
            return Turn::server(match self.job {
                HttpJob::Orders => cx.rest(),
                HttpJob::Report | HttpJob::Signatures => Duration::from_millis(30),
            });
        }
        let most = match self.job {
            HttpJob::Orders => u32::MAX,
            HttpJob::Report => REPORTS,
            HttpJob::Signatures => PARTS,
        };
        if self.asked == most {
            self.restart();
            return Turn::Close;
        }
        self.asked = self.asked.saturating_add(1);
        self.question(cx);
        self.open = true;
        Turn::client(cx.server_time())
    }

    fn question(&self, cx: &mut Cx<'_>) {
        let host = server_name(cx.server);
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
        match self.job {
            HttpJob::Orders => {
                let target = format!("/api/orders/{}", 10_000 + cx.dice.word() % 10_000);
                http::request(cx.out, "GET", &target, &host, agent, "");
            }
            HttpJob::Report => {
                let body = format!(
                    "{{\"line\":{},\"turnaround_hours\":{}}}",
                    self.asked,
                    cx.dice.word() % 400
                );
                http::request(cx.out, "POST", "/api/reports", &host, "works-mes/4.2", &body);
            }
            HttpJob::Signatures => {
                let target = format!("/signatures/{}.cvd", self.asked);
                http::request(cx.out, "GET", &target, &host, "works-av/2.1", "");
            }
        }
    }

    fn answer(&self, cx: &mut Cx<'_>) {
        let product = cx.server.product;
        let server = format!("{}/{}", product.product, product.firmware.unwrap_or_default());
        let body = match self.job {
            HttpJob::Orders => format!(
                "{{\"engine\":\"CFM56-{}\",\"step\":\"module 3\"}}",
                cx.dice.word() % 9000
            ),
            HttpJob::Report => "{\"ok\":true}".to_owned(),
            HttpJob::Signatures => format!("\"{}\"", "5a".repeat(2000)),
        };
        http::response(cx.out, &server, &body);
    }
}

/// A session of so many keystrokes and lines.
#[derive(Clone, Debug)]
pub(crate) struct Ssh {
    lines: u32,
    step: u32,
}

impl Ssh {
    pub(crate) const fn new(lines: u32) -> Self {
        Self { lines, step: 0 }
    }

    pub(crate) fn restart(&mut self) {
        self.step = 0;
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        const SHAKE: u32 = 8;
        let step = self.step;
        self.step += 1;
        let soon = Duration::from_millis(2);
        let mut bytes = [0; 64];
        noise(cx.dice, &mut bytes);
        let [a, b] = [super::tls::random(cx.dice), super::tls::random(cx.dice)];
        let mut cookie = [0; 16];
        noise(cx.dice, &mut cookie);
        match step {
            0 => ssh::banner(cx.out, "OpenSSH_8.9p1"),
            1 => ssh::banner(cx.out, "OpenSSH_7.4"),
            2 | 3 => ssh::key_exchange_init(cx.out, &cookie),
            4 => ssh::ecdh_init(cx.out, &a),
            5 => {
                ssh::ecdh_reply(cx.out, &a, &b, &bytes);
                ssh::new_keys(cx.out);
            }
            6 => ssh::new_keys(cx.out),
            step if step < SHAKE + 2 * self.lines => {
                let length = 36 + 16 * usize::from(cx.dice.word() % 12);
                cx.dice.fill(cx.out, length);
                if step.is_multiple_of(2) {
                    return Turn::client(cx.server_time());
                }
                return Turn::server(cx.dice.between(Duration::from_secs(1), Duration::from_secs(20)));
            }
            _ => {
                self.restart();
                return Turn::Close;
            }
        }
        if step.is_multiple_of(2) {
            Turn::client(soon)
        } else {
            Turn::server(soon)
        }
    }
}

/// A scan of addresses that nobody has: the segment's gateway asks for each, and is not answered.
#[derive(Clone, Debug)]
pub(crate) struct DeafScan {
    pub(crate) segment: usize,
    pub(crate) next: u8,
}

impl DeafScan {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        const LAST: u8 = 250;
        let Some(segment) = cx.plant.segments.get(self.segment).filter(|_| self.next < LAST) else {
            return Turn::Close;
        };
        let target = std::net::Ipv4Addr::from_bits(segment.network.to_bits() | u32::from(self.next));
        super::arp::gateway_asks(cx.out, segment, target);
        self.next += 1;
        Turn::server(
            cx.dice
                .between(Duration::from_millis(40), Duration::from_millis(160)),
        )
    }
}
