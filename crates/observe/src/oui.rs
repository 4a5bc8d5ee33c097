//! The maker of a network interface by the first digits of its MAC.
//!
//! The table `oui.txt` is made by the example `oui_table` out of the IEEE's public registers: a line an organisation,
//! its prefixes as 6, 7 or 9 hexadecimal digits. It is indexed once, when first asked.

use cofferdam_terms::MacAddr;
use std::sync::OnceLock;

const TABLE: &str = include_str!("oui.txt");

/// The lengths of prefixes in bits, longest first: MA-S and IAB, MA-M, MA-L.
const LENGTHS: [u32; 3] = [36, 28, 24];

/// A prefix's length in bits, its value, the holder.
type Entry = (u32, u64, &'static str);

/// The maker of an interface; none for addresses that software has set.
#[must_use]
pub fn vendor(mac: MacAddr) -> Option<&'static str> {
    static INDEX: OnceLock<Vec<Entry>> = OnceLock::new();
    if mac.is_local() || mac.is_group() {
        return None;
    }
    let index = INDEX.get_or_init(index);
    let [a, b, c, d, e, f] = mac.0;
    let whole = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    LENGTHS.into_iter().find_map(|bits| {
        let wanted = (bits, whole >> (48 - bits));
        let found = index.binary_search_by_key(&wanted, |(bits, value, _)| (*bits, *value));
        index.get(found.ok()?).map(|(_, _, name)| *name)
    })
}

fn index() -> Vec<Entry> {
    let mut entries: Vec<Entry> = TABLE
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .flat_map(|(name, prefixes)| prefixes.split(' ').map(move |prefix| (name, prefix)))
        .filter_map(|(name, prefix)| {
            let bits = u32::try_from(prefix.len() * 4).ok()?;
            Some((bits, u64::from_str_radix(prefix, 16).ok()?, name))
        })
        .collect();
    entries.sort_unstable();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_of_plants_are_known_and_the_longest_prefix_wins() {
        for (mac, name) in [
            ("00:0e:8c:00:00:01", Some("Siemens")),
            ("00:1b:1b:00:00:01", Some("Siemens")),
            ("00:00:bc:00:00:01", Some("Rockwell Automation")),
            ("00:80:f4:00:00:01", Some("TELEMECANIQUE ELECTRIQUE")),
            ("00:01:05:00:00:01", Some("Beckhoff Automation")),
            ("00:30:de:00:00:01", Some("WAGO Kontakttechnik")),
            ("00:90:e8:00:00:01", Some("MOXA TECHNOLOGIES")),
            ("00:80:63:00:00:01", Some("Hirschmann Automation and Control")),
            ("00:30:a7:00:00:01", Some("SCHWEITZER ENGINEERING")),
            ("00:0c:29:00:00:01", Some("VMware")),
            ("70:b3:d5:08:00:01", Some("ABB")),
            ("02:00:00:00:00:01", None),
            ("ff:ff:ff:ff:ff:ff", None),
        ] {
            let mac: MacAddr = mac.parse().unwrap();
            assert_eq!(vendor(mac), name, "{mac}");
        }
    }

    #[test]
    fn every_line_of_the_table_reads() {
        let prefixes: usize = TABLE.lines().map(|line| line.split(['\t', ' ']).count()).sum();
        let entries = index();
        assert!(entries.len() > 40_000 && entries.len() < prefixes);
        assert!(
            entries
                .iter()
                .all(|(bits, _, name)| LENGTHS.contains(bits) && !name.is_empty())
        );
    }
}
