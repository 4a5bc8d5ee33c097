//! Services of KNXnet/IP and of the frames inside it. Tables only.

use crate::message::Role;
use cofferdam_terms::OperationClass;

pub(super) const SEARCH_RESPONSE: u16 = 0x0202;
pub(super) const DESCRIPTION_RESPONSE: u16 = 0x0204;
pub(super) const CONNECT_REQUEST: u16 = 0x0205;
pub(super) const CONNECT_RESPONSE: u16 = 0x0206;
pub(super) const SEARCH_RESPONSE_EXTENDED: u16 = 0x020c;
pub(super) const ROUTING_INDICATION: u16 = 0x0530;
pub(super) const ROUTING_SYSTEM_BROADCAST: u16 = 0x0533;

/// A service of KNXnet/IP (03/08/02, 2 to 5; AN159 for the secure ones): name, part, class. `None` when no table
/// knows it.
pub(super) const fn service(code: u16) -> Option<(&'static str, Role, OperationClass)> {
    use OperationClass::{Configure, Control, Diagnose, Identify, Read, Session};
    use Role::{Request, Response, Unsolicited};
    Some(match code {
        0x0201 => ("Search Request", Request, Identify),
        SEARCH_RESPONSE => ("Search Response", Response, Identify),
        0x0203 => ("Description Request", Request, Identify),
        DESCRIPTION_RESPONSE => ("Description Response", Response, Identify),
        CONNECT_REQUEST => ("Connect Request", Request, Session),
        CONNECT_RESPONSE => ("Connect Response", Response, Session),
        0x0207 => ("Connection State Request", Request, Session),
        0x0208 => ("Connection State Response", Response, Session),
        0x0209 => ("Disconnect Request", Request, Session),
        0x020a => ("Disconnect Response", Response, Session),
        0x020b => ("Extended Search Request", Request, Identify),
        SEARCH_RESPONSE_EXTENDED => ("Extended Search Response", Response, Identify),
        0x0310 => ("Device Configuration Request", Request, Session),
        0x0311 => ("Device Configuration Acknowledge", Response, Session),
        0x0420 => ("Tunnelling Request", Request, Session),
        0x0421 => ("Tunnelling Acknowledge", Response, Session),
        0x0422 => ("Tunnelling Feature Get", Request, Read),
        0x0423 => ("Tunnelling Feature Response", Response, Read),
        0x0424 => ("Tunnelling Feature Set", Request, Configure),
        0x0425 => ("Tunnelling Feature Info", Unsolicited, Read),
        ROUTING_INDICATION => ("Routing Indication", Unsolicited, Session),
        0x0531 => ("Routing Lost Message", Unsolicited, Diagnose),
        0x0532 => ("Routing Busy", Unsolicited, Diagnose),
        ROUTING_SYSTEM_BROADCAST => ("Routing System Broadcast", Unsolicited, Session),
        0x0740 => ("Remote Diagnostic Request", Request, Diagnose),
        0x0741 => ("Remote Diagnostic Response", Response, Diagnose),
        0x0742 => ("Remote Basic Configuration Request", Request, Configure),
        0x0743 => ("Remote Reset Request", Request, Control),
        // What is inside is encrypted, so it counts as what a policy is most careful with.
        0x0950 => ("Secure Wrapper", Unsolicited, OperationClass::Program),
        0x0951 => ("Secure Session Request", Request, Session),
        0x0952 => ("Secure Session Response", Response, Session),
        0x0953 => ("Secure Session Authenticate", Request, Session),
        0x0954 => ("Secure Session Status", Response, Session),
        0x0955 => ("Secure Timer Notify", Unsolicited, OperationClass::Time),
        _ => return None,
    })
}

/// A status of an answer (03/08/02, 4.4; the documents of each service).
pub(super) const fn status(code: u8) -> &'static str {
    match code {
        0x01 => "host protocol type not supported",
        0x02 => "protocol version not supported",
        0x04 => "sequence number out of order",
        0x0f => "unspecified error",
        0x21 => "no such connection",
        0x22 => "connection type not supported",
        0x23 => "connection option not supported",
        0x24 => "no more connections",
        0x25 => "no more unique connections",
        0x26 => "data connection error",
        0x27 => "bus connection error",
        0x28 => "authorisation error",
        0x29 => "tunnelling layer not supported",
        0x2d => "no tunnelling address",
        0x2e => "connection in use",
        _ => "refused",
    }
}

/// Kinds of connection (03/08/02, 5.3.1).
pub(super) const fn connection(code: u8) -> &'static [u8] {
    match code {
        3 => b"device management",
        4 => b"tunnel",
        6 => b"remote logging",
        7 => b"remote configuration",
        8 => b"object server",
        _ => b"other",
    }
}

/// Families of services that a device may support.
pub(super) const fn family(code: u8) -> Option<&'static [u8]> {
    Some(match code {
        2 => b"knx-core",
        3 => b"knx-device-management",
        4 => b"knx-tunnelling",
        5 => b"knx-routing",
        6 => b"knx-remote-logging",
        7 => b"knx-remote-configuration",
        8 => b"knx-object-server",
        9 => b"knx-security",
        _ => return None,
    })
}

/// What an application service asks for, answers or sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Asks for an answer on the bus.
    Ask,
    /// Is that answer.
    Answer,
    /// Changes something and waits for nothing.
    Set,
}

/// An application service (03/03/07, 3): its code on the wire without what short ones carry in its low six bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Apci(pub(super) u16);

impl Apci {
    pub(super) const GROUP_READ: Self = Self(0x000);
    pub(super) const GROUP_RESPONSE: Self = Self(0x040);
    pub(super) const GROUP_WRITE: Self = Self(0x080);
    pub(super) const MEMORY_READ: Self = Self(0x200);
    pub(super) const MEMORY_RESPONSE: Self = Self(0x240);
    pub(super) const MEMORY_WRITE: Self = Self(0x280);
    pub(super) const DESCRIPTOR_RESPONSE: Self = Self(0x340);
    pub(super) const PROPERTY_READ: Self = Self(0x3d5);
    pub(super) const PROPERTY_RESPONSE: Self = Self(0x3d6);
    pub(super) const PROPERTY_WRITE: Self = Self(0x3d7);

    /// Of the ten bits on the wire.
    pub(super) const fn of(bits: u16) -> Self {
        match bits & 0x3c0 {
            // These have their whole code in ten bits.
            0x2c0 | 0x380 | 0x3c0 => Self(bits & 0x3ff),
            short => Self(short),
        }
    }

    /// Name, part and class. One that no table knows counts as the class that a policy is most careful with.
    pub(super) const fn known(self) -> Option<(&'static str, Part, OperationClass)> {
        use OperationClass::{Configure, Control, Diagnose, Identify, Program, Read, Session, Write};
        use Part::{Answer, Ask, Set};
        Some(match self.0 {
            0x000 => ("GroupValueRead", Ask, Read),
            0x040 => ("GroupValueResponse", Answer, Read),
            0x080 => ("GroupValueWrite", Set, Write),
            0x0c0 => ("IndividualAddressWrite", Set, Configure),
            0x100 => ("IndividualAddressRead", Ask, Identify),
            0x140 => ("IndividualAddressResponse", Answer, Identify),
            0x180 => ("ADCRead", Ask, Read),
            0x1c0 => ("ADCResponse", Answer, Read),
            0x200 => ("MemoryRead", Ask, Read),
            0x240 => ("MemoryResponse", Answer, Read),
            0x280 => ("MemoryWrite", Set, Program),
            0x2c0 => ("UserMemoryRead", Ask, Read),
            0x2c1 => ("UserMemoryResponse", Answer, Read),
            0x2c2 => ("UserMemoryWrite", Set, Program),
            0x2c4 => ("UserMemoryBitWrite", Set, Program),
            0x2c5 => ("UserManufacturerInfoRead", Ask, Identify),
            0x2c6 => ("UserManufacturerInfoResponse", Answer, Identify),
            0x2c7 => ("FunctionPropertyCommand", Ask, Control),
            0x2c8 => ("FunctionPropertyStateRead", Ask, Read),
            0x2c9 => ("FunctionPropertyStateResponse", Answer, Read),
            0x300 => ("DeviceDescriptorRead", Ask, Identify),
            0x340 => ("DeviceDescriptorResponse", Answer, Identify),
            0x380 => ("Restart", Set, Control),
            0x381 => ("MasterReset", Ask, Control),
            0x3a1 => ("MasterResetResponse", Answer, Control),
            0x3c0 => ("RoutingTableOpen", Ask, Session),
            0x3c1 => ("RoutingTableRead", Ask, Read),
            0x3c2 => ("RoutingTableResponse", Answer, Read),
            0x3c3 => ("RoutingTableWrite", Set, Configure),
            0x3c8 => ("RouterMemoryRead", Ask, Read),
            0x3c9 => ("RouterMemoryResponse", Answer, Read),
            0x3ca => ("RouterMemoryWrite", Set, Program),
            0x3cd => ("RouterStatusRead", Ask, Diagnose),
            0x3ce => ("RouterStatusResponse", Answer, Diagnose),
            0x3cf => ("RouterStatusWrite", Set, Configure),
            0x3d0 => ("MemoryBitWrite", Set, Program),
            0x3d1 => ("AuthorizeRequest", Ask, Session),
            0x3d2 => ("AuthorizeResponse", Answer, Session),
            0x3d3 => ("KeyWrite", Ask, Configure),
            0x3d4 => ("KeyResponse", Answer, Configure),
            0x3d5 => ("PropertyValueRead", Ask, Read),
            0x3d6 => ("PropertyValueResponse", Answer, Read),
            0x3d7 => ("PropertyValueWrite", Ask, Configure),
            0x3d8 => ("PropertyDescriptionRead", Ask, Read),
            0x3d9 => ("PropertyDescriptionResponse", Answer, Read),
            0x3da => ("NetworkParameterRead", Ask, Read),
            0x3db => ("NetworkParameterResponse", Answer, Read),
            0x3dc => ("IndividualAddressSerialNumberRead", Ask, Identify),
            0x3dd => ("IndividualAddressSerialNumberResponse", Answer, Identify),
            0x3de => ("IndividualAddressSerialNumberWrite", Set, Configure),
            0x3e0 => ("DomainAddressWrite", Set, Configure),
            0x3e1 => ("DomainAddressRead", Ask, Identify),
            0x3e2 => ("DomainAddressResponse", Answer, Identify),
            0x3e3 => ("DomainAddressSelectiveRead", Ask, Identify),
            0x3e4 => ("NetworkParameterWrite", Set, Configure),
            0x3e5 => ("LinkRead", Ask, Read),
            0x3e6 => ("LinkResponse", Answer, Read),
            0x3e7 => ("LinkWrite", Set, Configure),
            0x3e8 => ("GroupPropertyValueRead", Ask, Read),
            0x3e9 => ("GroupPropertyValueResponse", Answer, Read),
            0x3ea => ("GroupPropertyValueWrite", Set, Write),
            0x3eb => ("GroupPropertyValueInfoReport", Set, Read),
            0x3ec => ("DomainAddressSerialNumberRead", Ask, Identify),
            0x3ed => ("DomainAddressSerialNumberResponse", Answer, Identify),
            0x3ee => ("DomainAddressSerialNumberWrite", Set, Configure),
            0x3f0 => ("FileStreamInfoReport", Set, OperationClass::File),
            // Encrypted or signed: nothing is known of what it does.
            0x3f1 => ("DataSecurity", Set, Program),
            _ => return None,
        })
    }
}

/// A frame of the common external message interface that isn't an `L_Data` (03/06/03, 4.1.3).
pub(super) const fn other_frame(code: u8) -> Option<(&'static str, Role, OperationClass)> {
    use OperationClass::{Configure, Control, Diagnose, Read, Session};
    use Role::{Request, Response, Unsolicited};
    Some(match code {
        0x10 => ("L_Raw.req", Request, OperationClass::Write),
        0x2d => ("L_Raw.ind", Unsolicited, Diagnose),
        0x2f => ("L_Raw.con", Response, OperationClass::Write),
        0x2b => ("L_Busmon.ind", Unsolicited, Diagnose),
        0x13 => ("L_Poll_Data.req", Request, Read),
        0x25 => ("L_Poll_Data.con", Response, Read),
        0x41 => ("T_Data_Connected.req", Request, Session),
        0x89 => ("T_Data_Connected.ind", Unsolicited, Session),
        0x4a => ("T_Data_Individual.req", Request, Session),
        0x94 => ("T_Data_Individual.ind", Unsolicited, Session),
        0xfc => ("M_PropRead.req", Request, Read),
        0xfb => ("M_PropRead.con", Response, Read),
        0xf6 => ("M_PropWrite.req", Request, Configure),
        0xf5 => ("M_PropWrite.con", Response, Configure),
        0xf7 => ("M_PropInfo.ind", Unsolicited, Read),
        0xf8 => ("M_FuncPropCommand.req", Request, Control),
        0xf9 => ("M_FuncPropStateRead.req", Request, Read),
        0xfa => ("M_FuncProp.con", Response, Read),
        0xf1 => ("M_Reset.req", Request, Control),
        0xf0 => ("M_Reset.ind", Unsolicited, Control),
        _ => return None,
    })
}
