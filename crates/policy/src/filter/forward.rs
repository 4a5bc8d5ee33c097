//! Where a device sends a packet: its own networks and its routes, the longest prefix first.

use super::addresses::AddressSet;
use super::device::{Device, InterfaceIx};
use ipnet::IpNet;
use std::net::IpAddr;

/// Receivers that a device sends one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The receivers: those of the network that no longer prefix takes.
    pub to: AddressSet,
    /// By this interface.
    pub interface: InterfaceIx,
    /// To this next hop; to the receiver itself, if `None`.
    pub via: Option<IpAddr>,
    /// The route that says so, by its place in the device; the interface's own network, if `None`.
    pub route: Option<usize>,
}

struct Candidate {
    net: IpNet,
    forward: Forward,
}

impl Device {
    /// Every way out, the longest prefix first. Of several routes for one network each is a way: which of them the
    /// device takes may change while it runs.
    #[must_use]
    pub fn forwarding(&self) -> Vec<Forward> {
        let mut candidates = self.candidates();
        candidates.sort_by_key(|candidate| {
            let length = std::cmp::Reverse(candidate.net.prefix_len());
            (
                length,
                candidate.net,
                candidate.forward.route,
                candidate.forward.interface,
            )
        });
        let mut taken = AddressSet::default();
        let mut out: Vec<Forward> = Vec::new();
        let mut at = 0;
        while let Some(first) = candidates.get(at) {
            let same = candidates
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|candidate| candidate.net == first.net);
            let own = AddressSet::net(first.net).intersection(&taken.complement());
            let before = at;
            for candidate in same {
                // A device's own network beats a route of the same length to it.
                let at_hand = first.forward.route.is_none();
                if !own.is_empty() && (candidate.forward.route.is_none() || !at_hand) {
                    out.push(Forward {
                        to: own.clone(),
                        ..candidate.forward.clone()
                    });
                }
                at += 1;
            }
            debug_assert!(at > before);
            taken.add(&own);
        }
        out
    }

    fn candidates(&self) -> Vec<Candidate> {
        let mut out = Vec::new();
        for (at, interface) in (0u32..).zip(&self.interfaces) {
            out.extend(interface.addresses.iter().map(|net| Candidate {
                net: net.trunc(),
                forward: Forward {
                    to: AddressSet::default(),
                    interface: InterfaceIx(at),
                    via: None,
                    route: None,
                },
            }));
        }
        let at_hand: Vec<(IpNet, InterfaceIx)> =
            out.iter().map(|own| (own.net, own.forward.interface)).collect();
        for (at, route) in self.routes.iter().enumerate() {
            let near = |via: IpAddr| at_hand.iter().find(|(net, _)| net.contains(&via));
            let interface = route
                .interface
                .or_else(|| near(route.via?).map(|(_, interface)| *interface));
            out.extend(interface.map(|interface| Candidate {
                net: route.to.trunc(),
                forward: Forward {
                    to: AddressSet::default(),
                    interface,
                    via: route.via,
                    route: Some(at),
                },
            }));
        }
        out
    }

    /// The addresses that lie behind each interface, as routes and the interfaces' own networks say: the longest
    /// prefix wins.
    #[must_use]
    pub fn behind(&self) -> Vec<(InterfaceIx, AddressSet)> {
        let mut out: Vec<(InterfaceIx, AddressSet)> = Vec::new();
        for forward in self.forwarding() {
            match out.iter_mut().find(|(known, _)| *known == forward.interface) {
                Some((_, set)) => set.add(&forward.to),
                None => out.push((forward.interface, forward.to)),
            }
        }
        out
    }
}
