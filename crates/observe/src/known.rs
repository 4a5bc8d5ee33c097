//! The value that each object of a device was last seen to have: by an answer to a read, or by a write.
//!
//! A poll asks for the same objects in the same order for ever, so the object after the one that was hit last is tried
//! first, and an unchanged value is compared and not copied. Bounds: [`MAX_ITEMS`] objects of one device and protocol,
//! of which the one that was kept longest gives way; [`MAX_VALUE`] bytes of a value; and for all together the ceiling
//! `values`, beyond which no more devices and objects are kept.

use crate::clock::Moment;
use crate::hosts::Spot;
use crate::ledger::Tally;
use crate::objects::Range;
use cofferdam_dissect::{Address, Protocol};
use cofferdam_terms::Timestamp;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashMap;
use smallvec::SmallVec;

/// The most objects of one device whose values are kept.
const MAX_ITEMS: usize = 128;
/// The most bytes of a value that are kept; a longer one is not kept at all.
const MAX_VALUE: usize = 256;
/// What a device costs beside its objects, about.
const DEVICE_COST: usize = 192;

/// What showed a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueBasis {
    /// The device answered a read with it.
    Read,
    /// It was written, and the write was not seen to be refused.
    Write,
}

impl ValueBasis {
    /// The word in columns and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A device: an address, a protocol, the unit behind it. Its number in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceId(u32);

/// A value that an object had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) bytes: SmallVec<[u8; 16]>,
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
    pub(crate) basis: ValueBasis,
}

struct Item {
    place: Range,
    value: Value,
}

#[derive(Default)]
struct Device {
    items: Vec<Item>,
    /// The item that was hit last.
    cursor: usize,
    /// The item that gives way next.
    turn: usize,
}

/// The last values of all devices.
pub(crate) struct Known {
    index: HashMap<(Spot, Protocol, Option<u32>), u32, SeedableRandomState>,
    devices: Vec<Device>,
    held: usize,
    ceiling: usize,
}

impl Known {
    pub(crate) fn new(ceiling: usize, hasher: SeedableRandomState) -> Self {
        Self {
            index: HashMap::with_hasher(hasher),
            devices: Vec::new(),
            held: 0,
            ceiling,
        }
    }

    /// Forgets all values.
    pub(crate) fn forget(&mut self) {
        self.index.clear();
        self.devices = Vec::new();
        self.held = 0;
    }

    /// A device's number; none when there is no room for another.
    #[cold]
    pub(crate) fn device(
        &mut self,
        spot: Spot,
        protocol: Protocol,
        unit: Option<u32>,
        moment: Moment,
        evicted: &mut Tally<&'static str>,
    ) -> Option<DeviceId> {
        let key = (spot, protocol, unit);
        if let Some(id) = self.index.get(&key) {
            return Some(DeviceId(*id));
        }
        if self.held + DEVICE_COST > self.ceiling {
            evicted.add("values", 1, moment.packet);
            return None;
        }
        // The ceiling keeps devices far below 2^32.
        let id = u32::try_from(self.devices.len()).ok()?;
        self.held += DEVICE_COST;
        self.index.insert(key, id);
        self.devices.push(Device::default());
        Some(DeviceId(id))
    }

    /// Keeps a value that an object has now.
    #[inline]
    pub(crate) fn keep(
        &mut self,
        device: DeviceId,
        address: &Address<'_>,
        bytes: &[u8],
        (basis, moment): (ValueBasis, Moment),
        evicted: &mut Tally<&'static str>,
    ) {
        if bytes.len() > MAX_VALUE {
            return;
        }
        let Some(kept) = self.devices.get_mut(device.0 as usize) else {
            return;
        };
        let Some(item) = kept.find(address) else {
            return self.add(device, address, bytes, (basis, moment), evicted);
        };
        let value = &mut item.value;
        (value.packet, value.time, value.basis) = (moment.packet, moment.time, basis);
        if *value.bytes != *bytes {
            let before = heap(&value.bytes);
            value.bytes.clear();
            value.bytes.extend_from_slice(bytes);
            self.held = self.held + heap(&value.bytes) - before;
        }
    }

    #[cold]
    fn add(
        &mut self,
        device: DeviceId,
        address: &Address<'_>,
        bytes: &[u8],
        (basis, moment): (ValueBasis, Moment),
        evicted: &mut Tally<&'static str>,
    ) {
        let Some(device) = self.devices.get_mut(device.0 as usize) else {
            return;
        };
        let value = Value {
            bytes: SmallVec::from_slice(bytes),
            packet: moment.packet,
            time: moment.time,
            basis,
        };
        let item = Item {
            place: Range::of(address),
            value,
        };
        let cost = item.cost();
        if self.held + cost > self.ceiling {
            return evicted.add("values", 1, moment.packet);
        }
        self.held += cost;
        if device.items.len() < MAX_ITEMS {
            device.cursor = device.items.len();
            device.items.push(item);
            return;
        }
        evicted.add("values-per-device", 1, moment.packet);
        device.cursor = device.turn;
        device.turn = (device.turn + 1) % MAX_ITEMS;
        if let Some(old) = device.items.get_mut(device.cursor) {
            self.held -= old.cost();
            *old = item;
        }
    }

    /// The value that an object was seen to have last: by itself, or as part of a longer range.
    pub(crate) fn last(&self, device: DeviceId, address: &Address<'_>) -> Option<Value> {
        let device = self.devices.get(device.0 as usize)?;
        let (mut newest, mut best) = (0, None::<&Item>);
        for item in device.items.iter().filter(|item| item.place.overlaps(address)) {
            newest = newest.max(item.value.packet);
            if item.place.covers(address) && best.is_none_or(|best| best.value.packet <= item.value.packet) {
                best = Some(item);
            }
        }
        // Where a part of it was seen to change since, the whole is not known.
        let last = best.filter(|best| best.value.packet >= newest)?;
        let bytes = if last.place.is(address) {
            last.value.bytes.clone()
        } else {
            last.place.part(&last.value.bytes, address)?
        };
        Some(Value {
            bytes,
            packet: last.value.packet,
            time: last.value.time,
            basis: last.value.basis,
        })
    }

    /// A write was refused: what it would have made of an object is not known to be.
    pub(crate) fn forget_write(&mut self, device: DeviceId, place: &Range, packet: u64) {
        let Some(device) = self.devices.get_mut(device.0 as usize) else {
            return;
        };
        let written = |item: &Item| {
            item.place == *place && item.value.packet == packet && item.value.basis == ValueBasis::Write
        };
        if let Some(at) = device.items.iter().position(written) {
            self.held -= device.items.swap_remove(at).cost();
            device.turn = device.turn.min(device.items.len());
        }
    }
}

impl Item {
    fn cost(&self) -> usize {
        // Growth of the list leaves up to as much room again.
        2 * size_of::<Self>() + heap(&self.value.bytes) + self.place.held()
    }
}

fn heap(bytes: &SmallVec<[u8; 16]>) -> usize {
    if bytes.spilled() { bytes.capacity() } else { 0 }
}

impl Device {
    #[inline]
    fn find(&mut self, address: &Address<'_>) -> Option<&mut Item> {
        let is = |at: usize| self.items.get(at).is_some_and(|item| item.place.is(address));
        let next = if self.cursor + 1 < self.items.len() {
            self.cursor + 1
        } else {
            0
        };
        let found = [next, self.cursor].into_iter().find(|at| is(*at));
        self.cursor = match found {
            Some(at) => at,
            None => self.items.iter().position(|item| item.place.is(address))?,
        };
        self.items.get_mut(self.cursor)
    }
}
