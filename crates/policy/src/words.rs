//! How things of the model are called in sentences, so that every report calls them the same.

use crate::flow::{Flow, Host};
use cofferdam_plant::{Asset, AssetRole, Party, Permit, Service};
use cofferdam_terms::{OperationSet, Timestamp, Transport};

/// `historian-1 (historian)`, or the bare id where the role is not known or the id says it.
pub(crate) fn asset(asset: &Asset) -> String {
    let role = asset.role.value;
    if role == AssetRole::Unknown || asset.id.as_str().starts_with(role.name()) {
        asset.id.to_string()
    } else {
        format!("{} ({})", asset.id, role.name())
    }
}

/// `tcp/502 modbus`, `tcp/8443`, `icmp`: as the text form of the model writes a service.
pub(crate) fn service(protocol: Option<&str>, transport: Transport, port: u16) -> String {
    let carried = if crate::policy::has_ports(transport) {
        format!("{transport}/{port}")
    } else {
        transport.to_string()
    };
    match protocol {
        Some(protocol) if protocol != carried => format!("{carried} {protocol}"),
        Some(_) | None => carried,
    }
}

/// What a flow asks: `tcp/502 modbus, write`.
pub(crate) fn asked(flow: &Flow<'_>) -> String {
    let service = service(flow.protocol, flow.transport, flow.responder_port);
    match flow.operation {
        Some(operation) => format!("{service}, {operation}"),
        None => service,
    }
}

/// `read, write`, or `any` for all.
pub(crate) fn operations(operations: OperationSet) -> String {
    if operations == OperationSet::ALL {
        "any operation".to_owned()
    } else if operations.is_empty() {
        "no operation".to_owned()
    } else {
        operations.to_string()
    }
}

/// A permit in one line: who, whom, by what, for what.
pub(crate) fn permit(permit: &Permit) -> String {
    let parties = |list: &[Party]| list.iter().map(Party::to_string).collect::<Vec<_>>().join(", ");
    let services: Vec<_> = permit.services.iter().map(Service::to_string).collect();
    format!(
        "{} to {} by {} for {}{}",
        parties(&permit.from),
        parties(&permit.to),
        services.join(", "),
        operations(permit.operations),
        match permit.open {
            Some(_) => ", at its open times",
            None => "",
        }
    )
}

/// A host that has no name: its address.
pub(crate) fn host(host: &Host) -> String {
    match (host.address(), host.mac) {
        (Some(ip), _) => ip.to_string(),
        (None, Some(mac)) => mac.to_string(),
        (None, None) => host.to_string(),
    }
}

/// `2026-03-28 02:00`, UTC.
pub(crate) fn minute(at: Timestamp) -> String {
    civil(at, "%Y-%m-%d %H:%M")
}

/// A time in UTC by a format of `strftime`; the bare number of seconds for what no calendar holds.
pub(crate) fn civil(at: Timestamp, format: &str) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).map_or_else(
        |_| format!("{} s", at.secs()),
        |time| time.strftime(format).to_string(),
    )
}

/// A number with its thousands told apart: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 host`, `12 hosts`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", count(number))
}

/// The first few of a list, and how many more: `a, b, c and 4 more`.
pub(crate) fn some<T: std::fmt::Display>(list: &[T], most: usize) -> String {
    let shown: Vec<_> = list.iter().take(most).map(ToString::to_string).collect();
    match list.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A length of a list as a number to print.
pub(crate) fn len<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

/// Words in the name of a host that is carried about.
pub(crate) const PORTABLE: [&str; 4] = ["laptop", "notebook", "portable", "tablet"];

/// Whether a name has one of the words as a part of it, told apart by anything that is no letter.
pub(crate) fn says(name: &str, words: &[&str]) -> bool {
    name.split(|c: char| !c.is_ascii_alphabetic())
        .any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
}
