//! Names of protocols, kept for good, read back from a file. A file may name one that this build does not know.

use cofferdam_dissect::{Protocol, REGISTRY};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The longest name, in bytes.
const MAX_NAME: usize = 64;
/// The most names that no protocol here has.
const MAX_NAMES: usize = 1024;

/// The protocol of a name, or `None` when a bound is reached.
pub(crate) fn protocol(name: &str) -> Option<Protocol> {
    if let Some(known) = REGISTRY.iter().find(|entry| entry.protocol.0 == name) {
        return Some(known.protocol);
    }
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // A thread that panicked with the lock held has left a set that is still whole.
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(Protocol(known));
    }
    if name.len() > MAX_NAME || names.len() >= MAX_NAMES {
        return None;
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    Some(Protocol(kept))
}
