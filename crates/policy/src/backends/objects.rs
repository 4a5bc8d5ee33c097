//! What zone-based firewalls share: named objects and groups, zones of interfaces, and rules that name them.
//!
//! Their configurations may name an object before it is there, so the text is read whole first. A name that is not there,
//! or a member that was not understood, stands for anything, and the rule that names it is unsure.

use crate::filter::{
    Action, AddressSet, Carrier, Certainty, Device, Effect, Interfaces, Object, Rule, Span, Times,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The deepest that groups may lie in groups.
const MAX_DEPTH: usize = 32;

/// A member of an object or group.
#[derive(Clone, Debug)]
pub(super) enum Member<T> {
    /// A value of its own.
    Own(T),
    /// Another object.
    Named(String),
    /// Something that was not understood.
    Unread,
}

/// Objects and groups by name.
#[derive(Clone, Debug)]
pub(super) struct Objects<T> {
    members: BTreeMap<String, Vec<Member<T>>>,
    spans: BTreeMap<String, Span>,
}

/// What a name stands for.
pub(super) struct Meant<T> {
    pub(super) values: Vec<T>,
    /// Whether all of it is known.
    pub(super) certainty: Certainty,
}

impl<T: Clone> Objects<T> {
    pub(super) fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            spans: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, name: &str, span: Span, member: Member<T>) {
        self.spans.entry(name.to_owned()).or_insert(span);
        self.members.entry(name.to_owned()).or_default().push(member);
    }

    /// Takes an object away.
    pub(super) fn forget(&mut self, name: &str) {
        self.members.remove(name);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// `None` if there is no object of that name.
    pub(super) fn meant(&self, name: &str) -> Option<Meant<T>> {
        let mut meant = Meant {
            values: Vec::new(),
            certainty: Certainty::Sure,
        };
        self.collect(name, &mut BTreeSet::new(), &mut meant)?;
        Some(meant)
    }

    fn collect<'n>(
        &'n self,
        name: &'n str,
        within: &mut BTreeSet<&'n str>,
        out: &mut Meant<T>,
    ) -> Option<()> {
        let members = self.members.get(name)?;
        // A group that lies in itself adds nothing by that.
        if !within.insert(name) {
            return Some(());
        }
        for member in members {
            match member {
                Member::Own(value) => out.values.push(value.clone()),
                Member::Named(other) if within.len() < MAX_DEPTH => {
                    if self.collect(other, within, out).is_none() {
                        out.certainty = Certainty::Unsure;
                    }
                }
                Member::Named(_) | Member::Unread => out.certainty = Certainty::Unsure,
            }
        }
        within.remove(name);
        Some(())
    }
}

/// Everything that rules name.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) addresses: Objects<AddressSet>,
    pub(super) services: Objects<Carrier>,
    /// Interfaces of each zone.
    pub(super) zones: BTreeMap<String, Vec<String>>,
}

/// Whether the ends that are listed are meant, or all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sense {
    /// These.
    #[default]
    These,
    /// All but these.
    Others,
}

/// A rule as it was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) from: Vec<String>,
    pub(super) to: Vec<String>,
    pub(super) source: Vec<String>,
    pub(super) source_sense: Sense,
    pub(super) destination: Vec<String>,
    pub(super) destination_sense: Sense,
    pub(super) services: Vec<String>,
    pub(super) times: Option<Times>,
    pub(super) action: Action,
    pub(super) certainty: Certainty,
    pub(super) span: Span,
    pub(super) label: String,
}

impl Written {
    pub(super) fn new(span: Span) -> Self {
        Self {
            from: Vec::new(),
            to: Vec::new(),
            source: Vec::new(),
            source_sense: Sense::These,
            destination: Vec::new(),
            destination_sense: Sense::These,
            services: Vec::new(),
            times: None,
            action: Action::Deny,
            certainty: Certainty::Sure,
            span,
            label: String::new(),
        }
    }
}

impl Book {
    pub(super) fn new() -> Self {
        Self {
            addresses: Objects::new(),
            services: Objects::new(),
            zones: BTreeMap::new(),
        }
    }

    /// The neutral rule. No names at an end means any.
    pub(super) fn rule(&self, device: &mut Device, written: &Written) -> Rule {
        let mut certainty = written.certainty;
        let mut end = |names: &[String], sense| {
            let (set, sure) = self.set(device, names, written.span);
            certainty = certainty.max(sure);
            Arc::new(match sense {
                Sense::These => set,
                // What is not known can't be turned round.
                Sense::Others if sure == Certainty::Unsure => AddressSet::any(),
                Sense::Others => set.complement(),
            })
        };
        let source = end(&written.source, written.source_sense);
        let destination = end(&written.destination, written.destination_sense);
        let (carriers, sure) = self.carriers(device, &written.services, written.span);
        Rule {
            source,
            destination,
            carriers,
            arrives: self.interfaces(device, &written.from),
            leaves: self.interfaces(device, &written.to),
            times: written.times.clone(),
            certainty: certainty.max(sure),
            span: written.span,
            label: written.label.clone(),
            ..Rule::all(written.action)
        }
    }

    /// The addresses of names and literals; any, if there are none.
    pub(super) fn set(&self, device: &mut Device, names: &[String], span: Span) -> (AddressSet, Certainty) {
        let mut out = AddressSet::default();
        let mut certainty = Certainty::Sure;
        for name in names {
            if let Some(meant) = self.addresses.meant(name) {
                meant.values.iter().for_each(|set| out.add(set));
                certainty = certainty.max(meant.certainty);
            } else if let Some(set) = super::text::addresses(name) {
                out.add(&set);
            } else {
                device.unread(
                    span,
                    &format!("`{name}` is no address and no object here"),
                    Effect::Reference,
                );
                certainty = Certainty::Unsure;
            }
        }
        if names.is_empty() || certainty == Certainty::Unsure {
            out = AddressSet::any();
        }
        (out, certainty)
    }

    fn carriers(&self, device: &mut Device, names: &[String], span: Span) -> (Vec<Carrier>, Certainty) {
        let mut out = Vec::new();
        let mut certainty = Certainty::Sure;
        for name in names {
            match self.services.meant(name) {
                Some(meant) => {
                    out.extend(meant.values);
                    certainty = certainty.max(meant.certainty);
                }
                None => {
                    device.unread(span, &format!("`{name}` is no service here"), Effect::Reference);
                    certainty = Certainty::Unsure;
                }
            }
        }
        if names.is_empty() || certainty == Certainty::Unsure {
            out = vec![Carrier::any()];
        }
        out.sort();
        out.dedup();
        (out, certainty)
    }

    pub(super) fn interfaces(&self, device: &mut Device, names: &[String]) -> Interfaces {
        if names.is_empty() {
            return Interfaces::Any;
        }
        let mut out = Vec::new();
        for name in names {
            match self.zones.get(name).filter(|members| !members.is_empty()) {
                Some(members) => out.extend(members.iter().map(|member| device.interface(member))),
                None => out.push(device.interface(name)),
            }
        }
        out.sort_unstable();
        out.dedup();
        Interfaces::Of(out)
    }

    /// Hands the named addresses to the device, for questions about the names themselves.
    pub(super) fn list(&self, device: &mut Device) {
        for (name, span) in &self.addresses.spans {
            if let Some(meant) = self.addresses.meant(name)
                && meant.certainty == Certainty::Sure
            {
                let mut addresses = AddressSet::default();
                meant.values.iter().for_each(|set| addresses.add(set));
                device.objects.push(Object {
                    name: name.clone(),
                    addresses,
                    span: *span,
                });
            }
        }
        device.objects.sort_by_key(|object| object.span);
    }
}

/// What printers of zone-based firewalls share: names for the addresses and services of a plan.
pub(super) struct Printed {
    pub(super) addresses: super::text::Names,
    pub(super) services: BTreeSet<super::text::Item>,
}

impl Printed {
    pub(super) fn new() -> Self {
        Self {
            addresses: super::text::Names::default(),
            services: BTreeSet::new(),
        }
    }

    pub(super) fn services(&mut self, rule: &Rule) -> Vec<super::text::Item> {
        let items = super::text::items(&rule.carriers);
        self.services.extend(items.iter().copied());
        items
    }
}
