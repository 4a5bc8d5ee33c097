//! Names that the program keeps as `&'static str` (protocols, roles, reason codes), read back from a file.
//!
//! A file may name one that this build does not know, from another version; dropping it would lose what was observed.
//! So a name is kept for good, once, within bounds that no honest file comes near.

use std::collections::BTreeSet;
use std::sync::Mutex;

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 200;
/// The most names that are kept. The longest honest list is that of makers by MAC address, some 40,000.
const MAX_NAMES: usize = 65_536;

/// The name for good, or `None` when a bound is reached.
pub(crate) fn intern(name: &str) -> Option<&'static str> {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // A thread that panicked with the lock held has left a set that is still whole.
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if name.len() > MAX_NAME_BYTES || names.len() >= MAX_NAMES {
        return None;
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_a_long_one_not_at_all() {
        let first = intern("modbus").unwrap();
        assert!(std::ptr::eq(first, intern(&String::from("modbus")).unwrap()));
        assert_eq!(intern(&"x".repeat(MAX_NAME_BYTES + 1)), None);
    }
}
