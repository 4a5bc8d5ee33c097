//! Values out of the words that people and tools write: addresses, roles, numbers.

use crate::asset::clean;
use crate::fault::Fault;
use cofferdam_plant::{AssetRole, Interface};
use cofferdam_terms::{MacAddr, VlanId};
use std::net::IpAddr;

/// An IP address; a prefix length or zone index behind it is left away.
pub(crate) fn ip(text: &str) -> Result<IpAddr, Fault> {
    let text = text.trim();
    let bare = text.split(['/', '%']).next().unwrap_or_default();
    bare.trim().parse().map_err(|_| Fault::NoIp(shown(text)))
}

/// A MAC address, in any of the usual ways of writing: `00:1b:…`, `00-1B-…`, `001b.1baa.bbcc`, `001B1BAABBCC`.
pub(crate) fn mac(text: &str) -> Result<MacAddr, Fault> {
    let fault = || Fault::NoMac(shown(text));
    let mut digits = Vec::new();
    for c in text.trim().chars() {
        match c {
            ':' | '-' | '.' | ' ' => {}
            c => digits.push(c.to_digit(16).ok_or_else(fault)?),
        }
        if digits.len() > 12 {
            return Err(fault());
        }
    }
    let mut octets = [0_u8; 6];
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != octets.len() {
        return Err(fault());
    }
    for (octet, [high, low]) in octets.iter_mut().zip(pairs) {
        *octet = u8::try_from(high * 16 + low).map_err(|_| fault())?;
    }
    Ok(MacAddr(octets))
}

/// A VLAN; spreadsheets write whole numbers as `20.0`, too.
pub(crate) fn vlan(text: &str) -> Result<VlanId, Fault> {
    let digits = text.trim().trim_end_matches(".0");
    let number = digits.parse::<u16>().ok().and_then(VlanId::new);
    number.ok_or_else(|| Fault::NoVlan(shown(text)))
}

/// A number, decimal or with `0x`.
pub(crate) fn number<T: TryFrom<u64>>(field: &'static str, text: &str) -> Result<T, Fault> {
    let bare = text.trim();
    let number = match bare.strip_prefix("0x").or_else(|| bare.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => bare.parse().ok(),
    };
    let sized = number.and_then(|number| T::try_from(number).ok());
    sized.ok_or_else(|| Fault::NoNumber {
        field,
        text: shown(text),
    })
}

/// A text as messages show it.
pub(crate) fn shown(text: &str) -> String {
    const MAX_SHOWN: usize = 80;
    let start: String = text.chars().take(MAX_SHOWN).collect();
    clean(&start).unwrap_or_default()
}

/// An interface with an IP address alone.
pub(crate) const fn interface_of_ip(ip: IpAddr) -> Interface {
    Interface {
        mac: None,
        ip: Some(ip),
        vlan: None,
    }
}

/// Words for roles, without spaces and hyphens, beside the plant model's own.
const ROLE_WORDS: &[(&str, AssetRole)] = &[
    ("cpu", AssetRole::Plc),
    ("controller", AssetRole::Plc),
    ("programmablelogiccontroller", AssetRole::Plc),
    ("sps", AssetRole::Plc),
    ("pac", AssetRole::Plc),
    ("safetyplc", AssetRole::SafetyController),
    ("sis", AssetRole::SafetyController),
    ("ied", AssetRole::Rtu),
    ("remoteterminalunit", AssetRole::Rtu),
    ("io", AssetRole::FieldDevice),
    ("remoteio", AssetRole::FieldDevice),
    ("iodevice", AssetRole::FieldDevice),
    ("headmodule", AssetRole::FieldDevice),
    ("sensor", AssetRole::FieldDevice),
    ("actuator", AssetRole::FieldDevice),
    ("vfd", AssetRole::Drive),
    ("inverter", AssetRole::Drive),
    ("servo", AssetRole::Drive),
    ("panel", AssetRole::Hmi),
    ("operatorpanel", AssetRole::Hmi),
    ("operatorstation", AssetRole::Hmi),
    ("scada", AssetRole::ScadaServer),
    ("dcsserver", AssetRole::ScadaServer),
    ("datahistorian", AssetRole::Historian),
    ("ews", AssetRole::EngineeringWorkstation),
    ("engineeringstation", AssetRole::EngineeringWorkstation),
    ("cmms", AssetRole::Mes),
    ("jumpserver", AssetRole::JumpHost),
    ("bastion", AssetRole::JumpHost),
    ("protocolconverter", AssetRole::Gateway),
    ("networkswitch", AssetRole::Switch),
    ("accessswitch", AssetRole::Switch),
    ("coreswitch", AssetRole::Switch),
    ("ethernetswitch", AssetRole::Switch),
    ("firewall", AssetRole::Router),
    ("networkrouter", AssetRole::Router),
    ("pc", AssetRole::Workstation),
    ("laptop", AssetRole::Workstation),
    ("desktop", AssetRole::Workstation),
    ("client", AssetRole::Workstation),
];

/// A role by the plant model's word or by a usual other one.
pub(crate) fn role(text: &str) -> Result<AssetRole, Fault> {
    let bare = letters(text);
    let own = AssetRole::ALL
        .into_iter()
        .find(|role| letters(role.name()) == bare);
    let other = || ROLE_WORDS.iter().find(|(word, _)| *word == bare);
    let found = own.or_else(|| other().map(|(_, role)| *role));
    found.ok_or_else(|| Fault::NoRole(shown(text)))
}

/// Letters and digits alone, lower case.
pub(crate) fn letters(text: &str) -> String {
    let kept = text.chars().take(80).filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_the_ways_that_people_write_them() {
        for text in [
            "00:1b:1b:aa:0b:01",
            "00-1B-1B-AA-0B-01",
            "001b.1baa.0b01",
            " 001B1BAA0B01 ",
        ] {
            assert_eq!(mac(text).unwrap().to_string(), "00:1b:1b:aa:0b:01", "{text}");
        }
        for text in [
            "",
            "00:1b",
            "00:1b:1b:aa:0b:01:02",
            "zz:1b:1b:aa:0b:01",
            "001b1baa0b0",
        ] {
            assert!(mac(text).is_err(), "{text}");
        }
        for (text, expected) in [
            ("10.0.0.1/24", "10.0.0.1"),
            ("fe80::1%eth0", "fe80::1"),
            (" 10.0.0.1 ", "10.0.0.1"),
        ] {
            assert_eq!(ip(text).unwrap().to_string(), expected);
        }
        assert!(ip("10.0.0").is_err());
        assert_eq!(vlan("20.0").unwrap().get(), 20);
        assert!(vlan("4096").is_err());
    }

    #[test]
    fn roles_are_known_by_the_models_words_and_by_others() {
        for role_word in AssetRole::ALL {
            assert_eq!(role(role_word.name()), Ok(role_word));
        }
        assert_eq!(role("Safety PLC"), Ok(AssetRole::SafetyController));
        assert!(role("coffee machine").is_err());
    }
}
