//! Facts in the system descriptions that devices give by LLDP, CDP and SNMP. It is free text (RFC 3418 asks for
//! hardware, operating system and network software in it), so only forms that a maker keeps to are taken apart:
//! Siemens' list with order number and firmware, and Cisco's with its version. All else stays whole.

use crate::message::IdentityField;
use crate::tell::Tell;

/// Says a description whole, and what its maker's form tells beside.
pub(crate) fn tell(text: &[u8], tell: &mut Tell<'_>) {
    let text = text.trim_ascii();
    tell.fact(IdentityField::System, text);
    if let Some(list) = text.strip_prefix(b"Siemens, ") {
        siemens(list, tell);
    } else if text.starts_with(b"Cisco ") {
        cisco(text, tell);
    }
}

/// `SIMATIC S7, CPU-1200, 6ES7 212-1BE40-0XB0, HW: 1, FW: V.4.1.3, S C-H3T12345678`: the family, the product, the order
/// number, the hardware, the firmware and the serial number.
fn siemens(list: &[u8], tell: &mut Tell<'_>) {
    tell.fact(IdentityField::Vendor, b"Siemens");
    for (place, part) in list.split(|byte| *byte == b',').enumerate() {
        let part = part.trim_ascii();
        let order_number = matches!(part, [b'6', b'A'..=b'Z', ..]);
        if let Some(version) = part.strip_prefix(b"FW:") {
            let version = version.trim_ascii();
            let version = version.strip_prefix(b"Version ").unwrap_or(version);
            tell.fact(IdentityField::Firmware, version.trim_ascii());
        } else if let Some(serial) = part.strip_prefix(b"S ") {
            tell.fact(IdentityField::Serial, serial.trim_ascii());
        } else if order_number {
            tell.fact(IdentityField::ProductCode, part);
        } else if place == 1 {
            tell.fact(IdentityField::Product, part);
        }
    }
}

/// `Cisco IOS Software, C2960 Software (C2960-LANBASE-M), Version 12.2(25)SEG4, RELEASE SOFTWARE (fc1)`.
fn cisco(text: &[u8], tell: &mut Tell<'_>) {
    tell.fact(IdentityField::Vendor, b"Cisco");
    let version = text
        .split(|byte| b",\r\n".contains(byte))
        .find_map(|part| part.trim_ascii().strip_prefix(b"Version "));
    tell.fact(IdentityField::Firmware, version.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Protocol;
    use crate::testing::Recorder;

    fn check(text: &str, expected: &[&str]) {
        let mut recorder = Recorder::default();
        tell(text.as_bytes(), &mut Tell::new(Protocol("snmp"), &mut recorder));
        let said: Vec<_> = recorder
            .lines
            .iter()
            .map(|line| line.trim_start_matches("identity snmp sender "))
            .collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn makers_forms_are_taken_apart_and_others_stay_whole() {
        let siemens = "Siemens, SIMATIC NET, SCALANCE X204-2, 6GK5 204-2BB10-2AA3, HW: Version 4, FW: Version V05.01.02, S VPK6147920";
        check(
            siemens,
            &[
                &format!("system={siemens}"),
                "vendor=Siemens",
                "product=SCALANCE X204-2",
                "product-code=6GK5 204-2BB10-2AA3",
                "firmware=V05.01.02",
                "serial=VPK6147920",
            ],
        );
        check(
            "Cisco IOS Software, CE500 Software (CE500-LANBASE-M), Version 12.2(25)SEG4, RELEASE SOFTWARE (fc1)",
            &[
                "system=Cisco IOS Software, CE500 Software (CE500-LANBASE-M), Version 12.2(25)SEG4, RELEASE SOFTWARE (fc1)",
                "vendor=Cisco",
                "firmware=12.2(25)SEG4",
            ],
        );
        check(
            "Linux gateway 5.10.0 #1 SMP",
            &["system=Linux gateway 5.10.0 #1 SMP"],
        );
        check("  ", &[]);
    }
}
