//! DNS, NTP and syslog: a question and an answer by UDP, or a line, once in a period.

use super::tls::{DOMAIN, server_name};
use super::{Cx, Turn};
use crate::calendar::Date;
use crate::encode::{dns, http, ntp};
use crate::plant::{HostId, Kind};
use std::time::Duration;

/// Looks up servers of the plant in turn; now and then a name that isn't there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dns {
    /// Id and name of the open question, and the answer.
    open: Option<(u16, String, Option<HostId>)>,
    asked: u32,
}

const SERVERS: [Kind; 5] = [
    Kind::FileServer,
    Kind::Mes,
    Kind::Historian,
    Kind::Erp,
    Kind::SecurityServer,
];
/// A name that isn't there, once in so many questions.
const WRONG_EVERY: u32 = 25;

impl Dns {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some((id, name, host)) = self.open.take() {
            let address = host.and_then(|host| cx.plant.host(host)).map(|host| host.ip);
            dns::answer(cx.out, id, &name, address);
            return Turn::server(cx.rest());
        }
        self.asked = self.asked.wrapping_add(1);
        let kind = SERVERS.get(usize::try_from(self.asked).unwrap_or_default() % SERVERS.len());
        let host = kind.and_then(|kind| cx.plant.of(*kind).next());
        let host = host.filter(|_| !self.asked.is_multiple_of(WRONG_EVERY));
        let name = match host.and_then(|host| cx.plant.host(host)) {
            Some(host) => server_name(host),
            None => format!("wpad.{DOMAIN}"),
        };
        let id = cx.dice.word();
        dns::question(cx.out, id, &name);
        self.open = Some((id, name, host));
        Turn::client(cx.server_time())
    }
}

/// Asks for the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ntp {
    sent: Option<u64>,
}

impl Ntp {
    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        let now = ntp::moment(cx.now.nanos());
        if let Some(sent) = self.sent.take() {
            ntp::answer(cx.out, sent, now, now);
            return Turn::server(cx.rest());
        }
        ntp::question(cx.out, now);
        self.sent = Some(now);
        Turn::client(cx.server_time())
    }
}

/// Sends a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syslog;

const LINES: [&str; 4] = [
    "kernel: link state of port 1/4 is up",
    "sshd[812]: session closed for user admin",
    "snmpd: request from management station",
    "ntpd: time stepped by -0.012 s",
];

impl Syslog {
    pub(crate) fn turn(cx: &mut Cx<'_>) -> Turn {
        let date = Date::of(cx.now);
        let second = cx.now.secs().rem_euclid(86_400);
        let stamp = format!(
            "{} {:>2} {:02}:{:02}:{:02}",
            month(date.month),
            date.day,
            second / 3600,
            second / 60 % 60,
            second % 60
        );
        let line = usize::from(cx.dice.word()) % LINES.len();
        // Facility local0, severity informational.
        http::syslog(
            cx.out,
            134,
            &stamp,
            &cx.client.id,
            LINES.get(line).copied().unwrap_or_default(),
        );
        Turn::client(cx.rest().max(Duration::from_secs(1)))
    }
}

const fn month(number: i64) -> &'static str {
    match number {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}
