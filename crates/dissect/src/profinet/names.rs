//! PROFINET's tables: frame ids, services, options, alarms, vendors.

use cofferdam_terms::OperationClass;

/// What a frame id is for (IEC 61158-6-10:2019, table "FrameID range").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Cyclic data of a relation, with its status at the end.
    Cyclic(&'static str),
    /// An alarm or its acknowledgement.
    Alarm(&'static str),
    /// Discovery and configuration.
    Dcp,
    /// Clock synchronisation and delay measurement.
    Ptcp(&'static str),
    /// A piece of a longer frame.
    Fragment,
}

pub(super) const fn frame_use(id: u16) -> Option<Use> {
    Some(match id {
        0x0020 | 0x0021 => Use::Ptcp("RTSync with Follow-up"),
        0x0080 | 0x0081 => Use::Ptcp("RTSync"),
        0x0100..=0x0fff => Use::Cyclic("Isochronous Data"),
        0x8000..=0xf7ff => Use::Cyclic("Cyclic Data"),
        0xf800..=0xfbff => Use::Cyclic("Cyclic Multicast Data"),
        0xfc01 => Use::Alarm("High Alarm"),
        0xfe01 => Use::Alarm("Low Alarm"),
        0xfefc..=0xfeff => Use::Dcp,
        0xff00 | 0xff01 => Use::Ptcp("Announce"),
        0xff20 | 0xff21 => Use::Ptcp("Follow-up"),
        0xff40 => Use::Ptcp("Delay Request"),
        0xff41 => Use::Ptcp("Delay Response with Follow-up"),
        0xff42 => Use::Ptcp("Delay Follow-up Response"),
        0xff43 => Use::Ptcp("Delay Response"),
        0xff80..=0xff8f => Use::Fragment,
        _ => return None,
    })
}

/// DCP's services.
pub(super) const GET: u8 = 3;
pub(super) const SET: u8 = 4;
pub(super) const IDENTIFY: u8 = 5;
pub(super) const HELLO: u8 = 6;

/// DCP's options and suboptions that are read.
pub(super) mod option {
    pub(crate) const IP_PARAMETER: (u8, u8) = (1, 2);
    pub(crate) const IP_SUITE: (u8, u8) = (1, 3);
    pub(crate) const TYPE_OF_STATION: (u8, u8) = (2, 1);
    pub(crate) const NAME_OF_STATION: (u8, u8) = (2, 2);
    pub(crate) const DEVICE_ID: (u8, u8) = (2, 3);
    pub(crate) const DEVICE_ROLE: (u8, u8) = (2, 4);
    pub(crate) const ALIAS: (u8, u8) = (2, 6);
    pub(crate) const SIGNAL: (u8, u8) = (5, 3);
    pub(crate) const RESPONSE: (u8, u8) = (5, 4);
    pub(crate) const FACTORY_RESET: (u8, u8) = (5, 5);
    pub(crate) const RESET_TO_FACTORY: (u8, u8) = (5, 6);
    /// Start and end of a transaction, which change nothing by themselves.
    pub(crate) const TRANSACTION: [(u8, u8); 2] = [(5, 1), (5, 2)];
}

/// What setting an option does, and what the request is then called.
pub(super) const fn set_of(kind: (u8, u8)) -> (OperationClass, &'static str) {
    match kind {
        option::SIGNAL => (OperationClass::Control, "Set Signal"),
        option::FACTORY_RESET => (OperationClass::Configure, "Set Factory Reset"),
        option::RESET_TO_FACTORY => (OperationClass::Configure, "Set Reset to Factory"),
        _ => (OperationClass::Configure, "Set"),
    }
}

/// Block errors of an answer to Set.
pub(super) const fn block_error(code: u8) -> &'static str {
    match code {
        1 => "option unsupported",
        2 => "suboption unsupported",
        3 => "suboption not set",
        4 => "resource error",
        5 => "set not possible",
        6 => "in operation, set not possible",
        _ => "unknown",
    }
}

/// Kinds of alarms (IEC 61158-6-10:2019, AlarmType).
pub(super) const fn alarm(code: u16) -> &'static str {
    match code {
        0x0001 => "Diagnosis",
        0x0002 => "Process",
        0x0003 => "Pull",
        0x0004 => "Plug",
        0x0005 => "Status",
        0x0006 => "Update",
        0x0007 => "Media Redundancy",
        0x0008 => "Controlled by Supervisor",
        0x0009 => "Released",
        0x000a => "Plug Wrong Submodule",
        0x000b => "Return of Submodule",
        0x000c => "Diagnosis Disappears",
        0x000d => "Multicast Communication Mismatch",
        0x000e => "Port Data Change",
        0x000f => "Sync Data Changed",
        0x0010 => "Isochronous Mode Problem",
        0x0011 => "Network Component Problem",
        0x0012 => "Time Data Changed",
        0x0013 => "Dynamic Frame Packing Problem",
        0x0014 => "Ring Port Redundancy Problem",
        0x0015 => "System Redundancy",
        0x0016 => "Interface Mismatch",
        0x001e => "Upload and Retrieval",
        0x001f => "Pull Module",
        0x0020..=0x007f => "Manufacturer's",
        0x0080..=0x00ff => "Profile's",
        _ => "unknown",
    }
}

/// Vendors by their PROFIBUS & PROFINET International number, the frequent ones.
pub(crate) const fn vendor(number: u16) -> Option<&'static str> {
    Some(match number {
        0x002a => "Siemens",
        0x00b0 => "Phoenix Contact",
        0x0106 => "Lenze",
        0x010a => "SEW-Eurodrive",
        0x011d => "WAGO",
        0x011e => "Hilscher",
        0x0120 => "Beckhoff",
        0x0136 => "ifm electronic",
        0x013d => "Turck",
        0x014d => "Festo",
        0x0378 => "Balluff",
        _ => return None,
    })
}

/// Bits of the device role.
pub(super) const ROLES: [(u8, &str); 4] = [
    (0x01, "PROFINET IO device"),
    (0x02, "PROFINET IO controller"),
    (0x04, "PROFINET IO multidevice"),
    (0x08, "PROFINET supervisor"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_id_is_of_one_use_or_reserved() {
        let reserved = (0..=u16::MAX).filter(|id| frame_use(*id).is_none()).count();
        let cyclic = (0..=u16::MAX)
            .filter(|id| matches!(frame_use(*id), Some(Use::Cyclic(_))))
            .count();
        let few = 4 + 2 + 4 + 4 + 4 + 16;
        assert_eq!(cyclic, 0x0f00 + 0x7c00);
        assert_eq!(reserved, 0x1_0000 - cyclic - few);
    }

    #[test]
    fn a_lamp_is_control_and_every_other_setting_configures() {
        assert_eq!(set_of(option::SIGNAL).0, OperationClass::Control);
        for kind in [option::NAME_OF_STATION, option::FACTORY_RESET, (9, 9)] {
            assert_eq!(set_of(kind).0, OperationClass::Configure);
        }
    }
}
