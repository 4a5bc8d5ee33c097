//! Tables of OPC UA: services, status codes, security modes. Tables only.

use crate::message::Outcome;
use cofferdam_terms::OperationClass;

/// A service: the node ids of its request's and response's binary encoding, its name, its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) request: u32,
    pub(super) response: u32,
    pub(super) name: &'static str,
    pub(super) operation: OperationClass,
}

/// The node id of the answer that any request may get instead of its own.
pub(super) const FAULT: u32 = 397;

/// A fault whose request was not seen.
pub(super) const SERVICE_FAULT: Service = Service {
    request: FAULT,
    response: FAULT,
    name: "ServiceFault",
    operation: OperationClass::Session,
};

/// Node ids of requests (IEC 62541-6, annex A) whose contents are read.
pub(super) mod id {
    pub(in super::super) const FIND_SERVERS: u32 = 422;
    pub(in super::super) const GET_ENDPOINTS: u32 = 428;
    pub(in super::super) const OPEN_SECURE_CHANNEL: u32 = 446;
    pub(in super::super) const CREATE_SESSION: u32 = 461;
    pub(in super::super) const ACTIVATE_SESSION: u32 = 467;
    pub(in super::super) const BROWSE: u32 = 527;
    pub(in super::super) const REGISTER_NODES: u32 = 560;
    pub(in super::super) const READ: u32 = 631;
    pub(in super::super) const WRITE: u32 = 673;
    pub(in super::super) const CALL: u32 = 712;
    pub(in super::super) const CREATE_MONITORED_ITEMS: u32 = 751;
}

/// Every service, by its request's id.
pub(super) const SERVICES: &[Service] = &{
    use OperationClass::{Configure, Control, Identify, Read, Session, Write};
    const fn service(request: u32, response: u32, name: &'static str, operation: OperationClass) -> Service {
        Service {
            request,
            response,
            name,
            operation,
        }
    }
    [
        service(422, 425, "FindServers", Identify),
        service(428, 431, "GetEndpoints", Identify),
        service(437, 440, "RegisterServer", Identify),
        service(446, 449, "OpenSecureChannel", Session),
        service(452, 455, "CloseSecureChannel", Session),
        service(461, 464, "CreateSession", Session),
        service(467, 470, "ActivateSession", Session),
        service(473, 476, "CloseSession", Session),
        service(479, 482, "Cancel", Session),
        service(488, 491, "AddNodes", Configure),
        service(494, 497, "AddReferences", Configure),
        service(500, 503, "DeleteNodes", Configure),
        service(506, 509, "DeleteReferences", Configure),
        service(527, 530, "Browse", Read),
        service(533, 536, "BrowseNext", Read),
        service(554, 557, "TranslateBrowsePathsToNodeIds", Read),
        service(560, 563, "RegisterNodes", Read),
        service(566, 569, "UnregisterNodes", Read),
        service(615, 618, "QueryFirst", Read),
        service(621, 624, "QueryNext", Read),
        service(631, 634, "Read", Read),
        service(664, 667, "HistoryRead", Read),
        service(673, 676, "Write", Write),
        service(700, 703, "HistoryUpdate", Write),
        service(712, 715, "Call", Control),
        service(751, 754, "CreateMonitoredItems", Read),
        service(763, 766, "ModifyMonitoredItems", Read),
        service(769, 772, "SetMonitoringMode", Read),
        service(775, 778, "SetTriggering", Read),
        service(781, 784, "DeleteMonitoredItems", Read),
        service(787, 790, "CreateSubscription", Read),
        service(793, 796, "ModifySubscription", Read),
        service(799, 802, "SetPublishingMode", Read),
        service(826, 829, "Publish", Read),
        service(832, 835, "Republish", Read),
        service(841, 844, "TransferSubscriptions", Read),
        service(847, 850, "DeleteSubscriptions", Read),
        service(12208, 12209, "FindServersOnNetwork", Identify),
        service(12211, 12212, "RegisterServer2", Identify),
    ]
};

/// The service whose request has an id.
pub(super) fn by_request(id: u32) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.request == id)
}

/// The service whose response has an id.
pub(super) fn by_response(id: u32) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.response == id)
}

/// What a security mode is called.
pub(super) const fn security_mode(mode: u32) -> &'static str {
    match mode {
        1 => "None",
        2 => "Sign",
        3 => "SignAndEncrypt",
        _ => "invalid",
    }
}

/// What a status code says (IEC 62541-4, 7.39). Only the severity that means failure is one; the low half is detail.
pub(super) const fn status(code: u32) -> Outcome {
    if code & 0x8000_0000 == 0 {
        return Outcome::Success;
    }
    let name = match code >> 16 {
        0x8001 => "unexpected error",
        0x8002 => "internal error",
        0x8003 => "out of memory",
        0x8004 => "resource unavailable",
        0x8005 => "communication error",
        0x8006 => "encoding error",
        0x8007 => "decoding error",
        0x8008 => "encoding limits exceeded",
        0x8009 => "unknown response",
        0x800a => "timeout",
        0x800b => "service unsupported",
        0x800c => "shutdown",
        0x800d => "server not connected",
        0x800e => "server halted",
        0x800f => "nothing to do",
        0x8010 => "too many operations",
        0x8012 => "certificate invalid",
        0x8013 => "security checks failed",
        0x8014 => "certificate time invalid",
        0x8016 => "certificate host name invalid",
        0x8017 => "certificate URI invalid",
        0x801a => "certificate untrusted",
        0x801f => "user access denied",
        0x8020 => "identity token invalid",
        0x8021 => "identity token rejected",
        0x8022 => "secure channel id invalid",
        0x8025 => "session id invalid",
        0x8026 => "session closed",
        0x8027 => "session not activated",
        0x8028 => "subscription id invalid",
        0x802a => "request header invalid",
        0x8033 => "node id invalid",
        0x8034 => "node id not known",
        0x8035 => "attribute id invalid",
        0x8036 => "index range invalid",
        0x8037 => "no data in index range",
        0x8038 => "data encoding invalid",
        0x8039 => "data encoding unsupported",
        0x803a => "not readable",
        0x803b => "not writable",
        0x803c => "out of range",
        0x803d => "not supported",
        0x803e => "not found",
        0x8054 => "security mode rejected",
        0x8055 => "security policy rejected",
        0x8056 => "too many sessions",
        0x8073 => "write not supported",
        0x8074 => "type mismatch",
        0x8075 => "method invalid",
        0x8076 => "arguments missing",
        0x8077 => "too many subscriptions",
        0x8078 => "too many publish requests",
        0x8079 => "no subscription",
        0x807d => "TCP server too busy",
        0x807e => "TCP message type invalid",
        0x807f => "TCP secure channel unknown",
        0x8080 => "TCP message too large",
        0x8081 => "TCP not enough resources",
        0x8082 => "TCP internal error",
        0x8083 => "TCP endpoint URL invalid",
        0x8085 => "request timeout",
        0x8086 => "secure channel closed",
        0x80ab => "argument invalid",
        0x80ac => "connection rejected",
        0x80ae => "connection closed",
        0x80be => "protocol version unsupported",
        _ => "unknown",
    };
    Outcome::Failure { code, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_ids_of_its_own_and_is_found_by_both() {
        for service in SERVICES {
            assert_eq!(by_request(service.request), Some(service));
            assert_eq!(by_response(service.response), Some(service));
            assert_eq!(by_response(service.request), None);
            assert_eq!(by_request(service.response), None);
        }
    }
}
