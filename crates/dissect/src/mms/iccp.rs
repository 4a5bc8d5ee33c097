//! What TASE.2 (IEC 60870-6-503:2014, known as ICCP) makes of MMS variables: control centres name them all alike. It must
//! not know MMS messages.

use super::names::Service;
use cofferdam_terms::OperationClass;

/// What a variable is to ICCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// What a server says of itself: version and features.
    Server,
    /// The agreement between two centres, by its number.
    BilateralTable,
    /// A set of values that is sent when due, what it is about, and what is said of its arrival.
    TransferSet,
    /// A message to operators.
    Message,
    /// A device that is selected or tagged; it is operated by its own name.
    Device,
}

impl Variable {
    /// The kind of object.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Server => "iccp-server",
            Self::BilateralTable => "iccp-bilateral-table",
            Self::TransferSet => "iccp-transfer-set",
            Self::Message => "iccp-message",
            Self::Device => "iccp-device",
        }
    }
}

/// Whether ICCP was seen in a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Iccp {
    #[default]
    NotSeen,
    Seen,
}

/// A name without its domain.
fn item(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// What a name is that no other protocol gives to a variable (IEC 60870-6-503, clauses 6 and 8; 60870-6-802).
pub(super) fn own(name: &[u8]) -> Option<Variable> {
    let item = item(name);
    Some(match item {
        b"Supported_Features" | b"TASE2_Version" => Variable::Server,
        b"Bilateral_Table_ID" => Variable::BilateralTable,
        b"DSConditions_Detected"
        | b"DSConditions_Requested"
        | b"Event_Code_Detected"
        | b"Next_DSTransfer_Set"
        | b"Next_TSTransfer_Set"
        | b"Transfer_Report_ACK"
        | b"Transfer_Report_NACK"
        | b"Transfer_Set_Name"
        | b"Transfer_Set_Time_Stamp" => Variable::TransferSet,
        b"Info_Mess_Header" => Variable::Message,
        _ if item.starts_with(b"Info_Buff_") => Variable::Message,
        _ => return None,
    })
}

/// What a name is in a conversation that is ICCP's: names that others could give as well.
pub(super) fn variable(name: &[u8], seen: Iccp) -> Option<Variable> {
    let item = item(name);
    own(name).or(match seen {
        Iccp::NotSeen => None,
        Iccp::Seen if item.ends_with(b"_SBO") || item.ends_with(b"_TAG") => Some(Variable::Device),
        // The names that servers hand out for their sets are their own choice; these are usual.
        Iccp::Seen if item.starts_with(b"DSTrans") || item.starts_with(b"TSTrans") => {
            Some(Variable::TransferSet)
        }
        Iccp::Seen => None,
    })
}

/// What reading or writing it does: to read `_SBO` selects a device (clause 6.10), to write a set starts or stops it.
pub(super) const fn operation(service: Service, variable: Variable) -> Option<OperationClass> {
    match (service, variable) {
        (Service::READ | Service::WRITE, Variable::Device) => Some(OperationClass::Control),
        (Service::WRITE, Variable::TransferSet) => Some(OperationClass::Configure),
        (Service(_), _) => None,
    }
}
