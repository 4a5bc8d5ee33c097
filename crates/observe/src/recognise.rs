//! Which protocol a payload belongs to: by content first, the port is a hint.
//!
//! Every protocol that the carrier can hold is asked. One that is certain wins on any port; one that is unsure wins on
//! its own port alone, and that is marked as a guess until its session confirms it. Where two share a port (S7comm and
//! MMS), neither wins before more bytes tell them apart.

use crate::record::InitiatorBasis;
use crate::services;
use cofferdam_dissect::{Carrier, Context, Probe, Protocol, Registration, Side};
use cofferdam_terms::{EtherType, IpProtocol, Transport};

/// What the probes say.
pub(crate) enum Verdict {
    /// The protocol whose own the bytes are, and who sent them.
    Certain(&'static Registration, Side),
    /// Unsure, but on the protocol's own port.
    Hinted(&'static Registration),
    /// More bytes may tell.
    Wait,
    /// Nobody's.
    Nobody,
}

/// What is known of protocols and ports, laid out for quick answers.
pub(crate) struct Protocols {
    tcp: Vec<&'static Registration>,
    udp: Vec<&'static Registration>,
    ethernet: Vec<(EtherType, &'static Registration)>,
    /// Names by port, ordered by it.
    tcp_ports: Vec<(u16, Protocol)>,
    udp_ports: Vec<(u16, Protocol)>,
}

impl Protocols {
    pub(crate) fn new(registry: &'static [Registration]) -> Self {
        let ports = |of: fn(&Registration) -> &'static [u16]| {
            registry
                .iter()
                .flat_map(move |entry| of(entry).iter().map(|port| (*port, entry.protocol)))
        };
        let ethernet = registry
            .iter()
            .flat_map(|entry| entry.ether_types.iter().map(move |number| (*number, entry)));
        Self {
            tcp: registry
                .iter()
                .filter(|entry| !entry.tcp_ports.is_empty())
                .collect(),
            udp: registry
                .iter()
                .filter(|entry| !entry.udp_ports.is_empty())
                .collect(),
            ethernet: ethernet.collect(),
            tcp_ports: by_port(ports(|entry| entry.tcp_ports), services::tcp()),
            udp_ports: by_port(ports(|entry| entry.udp_ports), services::udp()),
        }
    }

    /// The name that a port alone suggests.
    pub(crate) fn by_port(&self, transport: Transport, port: u16) -> Option<Protocol> {
        let ports = match transport {
            Transport::TCP => &self.tcp_ports,
            Transport::UDP => &self.udp_ports,
            Transport::Ip(_) | Transport::Ethernet(_) => return None,
        };
        let found = ports.binary_search_by_key(&port, |(port, _)| *port).ok()?;
        ports.get(found).map(|(_, protocol)| *protocol)
    }

    /// The ports that have a name, of TCP and of UDP.
    pub(crate) fn ports(&self) -> (impl Iterator<Item = u16>, impl Iterator<Item = u16>) {
        let numbers = |list: &[(u16, Protocol)]| list.iter().map(|(port, _)| *port).collect::<Vec<_>>();
        (
            numbers(&self.tcp_ports).into_iter(),
            numbers(&self.udp_ports).into_iter(),
        )
    }

    /// Whether a dissector would have known this protocol by its bytes.
    pub(crate) fn is_dissected(&self, protocol: Protocol) -> bool {
        let mut all = self.tcp.iter().chain(&self.udp);
        all.any(|entry| entry.protocol == protocol)
    }

    /// The carrier that sessions and probes are told of.
    pub(crate) const fn carrier(transport: Transport) -> Option<Carrier> {
        match transport {
            Transport::Ip(IpProtocol::TCP) => Some(Carrier::Tcp),
            Transport::Ip(IpProtocol::UDP) => Some(Carrier::Udp),
            Transport::Ip(_) => None,
            Transport::Ethernet(number) => Some(Carrier::Ethernet(number)),
        }
    }

    /// Asks who owns a payload. `context` says who is thought to have sent it, `basis` how well that is known.
    pub(crate) fn judge(
        &self,
        context: Context,
        other_port: u16,
        basis: InitiatorBasis,
        bytes: &[u8],
    ) -> Verdict {
        match context.carrier {
            Carrier::Ethernet(number) => match self.ethernet.iter().find(|(own, _)| *own == number) {
                Some((_, entry)) => match (entry.probe)(context, bytes) {
                    Probe::Certain | Probe::Unsure => Verdict::Certain(entry, context.side),
                    Probe::No => Verdict::Nobody,
                },
                None => Verdict::Nobody,
            },
            Carrier::Tcp => ask(
                &self.tcp,
                |entry| entry.tcp_ports,
                context,
                other_port,
                basis,
                bytes,
            ),
            Carrier::Udp => ask(
                &self.udp,
                |entry| entry.udp_ports,
                context,
                other_port,
                basis,
                bytes,
            ),
        }
    }
}

fn ask(
    registrations: &[&'static Registration],
    ports: fn(&Registration) -> &'static [u16],
    context: Context,
    other_port: u16,
    basis: InitiatorBasis,
    bytes: &[u8],
) -> Verdict {
    let mut verdict = Verdict::Nobody;
    let mut hints = 0;
    for entry in registrations {
        match (entry.probe)(context, bytes) {
            Probe::Certain => return Verdict::Certain(entry, context.side),
            Probe::Unsure if ports(entry).contains(&context.port) => {
                hints += 1;
                verdict = if hints == 1 {
                    Verdict::Hinted(entry)
                } else {
                    Verdict::Wait
                };
            }
            Probe::Unsure => {
                if matches!(verdict, Verdict::Nobody) {
                    verdict = Verdict::Wait;
                }
            }
            Probe::No => {}
        }
    }
    // Where it is not known who opened the conversation, the bytes may be the other side's.
    let turned = Context {
        side: context.side.other(),
        port: other_port,
        ..context
    };
    match basis {
        InitiatorBasis::First if !matches!(verdict, Verdict::Hinted(_)) => registrations
            .iter()
            .find(|entry| (entry.probe)(turned, bytes) == Probe::Certain)
            .map_or(verdict, |entry| Verdict::Certain(entry, turned.side)),
        InitiatorBasis::First | InitiatorBasis::Syn | InitiatorBasis::Request | InitiatorBasis::Port => {
            verdict
        }
    }
}

/// Dissected protocols' ports before others'. Where two dissected ones share a port, the list of services says which
/// the port alone suggests.
fn by_port(
    dissected: impl Iterator<Item = (u16, Protocol)>,
    others: impl Iterator<Item = (u16, Protocol)>,
) -> Vec<(u16, Protocol)> {
    let mut all: Vec<(u16, Protocol)> = dissected.collect();
    // Stable: of two names for a port the registry's stays.
    all.sort_by_key(|(port, _)| *port);
    let others: Vec<(u16, Protocol)> = others.collect();
    let shared = |port: u16| all.iter().filter(|(own, _)| *own == port).count() > 1;
    let decided: Vec<(u16, Protocol)> = others.iter().copied().filter(|(port, _)| shared(*port)).collect();
    let mut named: Vec<(u16, Protocol)> = decided.into_iter().chain(all).chain(others).collect();
    named.sort_by_key(|(port, _)| *port);
    named.dedup_by_key(|(port, _)| *port);
    named
}
