//! Answers: told with what their requests named, the values and identity that they carry.

use super::cip::{self, Cip, Response};
use super::names::{self, Target, class};
use super::session::each_inside;
use super::state::{Asked, AskedService, Command, Key, Stored};
use super::{CIP, Emit, Fault, PCCC, identity, pccc};
use crate::message::{Function, Message, Object, Outcome, Role, Span};
use cofferdam_terms::OperationClass;

/// Tells an answer and those inside it. Gives the connection ids, if it opened a connection.
pub(super) fn outermost(
    response: &Response<'_>,
    asked: Option<&Asked>,
    unit: Option<u32>,
    key: Key,
    emit: &mut Emit<'_>,
) -> Option<[u32; 2]> {
    let first = asked.and_then(|asked| asked.services.first());
    let wrapper = asked
        .and_then(|asked| asked.wrapper)
        .filter(|(service, _)| *service == response.service);
    let matches = first.is_some_and(|service| service.service == response.service);
    if response.service == 0x0a {
        packet_answer(
            response,
            asked,
            wrapper.map(|(_, operation)| operation),
            unit,
            key,
            emit,
        );
        return None;
    }
    if let (Some((_, operation)), false) = (wrapper, matches) {
        // The route failed: the service that carries others is answered by itself.
        let (name, _) = names::service(Target::Class(class::CONNECTION_MANAGER), response.service);
        emit.answer(response, name, operation, unit, key, &[]);
        return None;
    }
    one_answer(response, asked, first.filter(|_| matches), unit, key, emit)
}

/// Tells an answer to a Multiple_Service_Packet: itself, then each inside it.
fn packet_answer(
    response: &Response<'_>,
    asked: Option<&Asked>,
    operation: Option<OperationClass>,
    unit: Option<u32>,
    key: Key,
    emit: &mut Emit<'_>,
) {
    let (name, read) = names::service(Target::Unseen, response.service);
    emit.answer(response, name, operation.unwrap_or(read), unit, key, &[]);
    if response.data.is_empty() {
        return;
    }
    let mut index = 0;
    each_inside(response.data, emit, &mut |inner, emit| {
        match inner {
            Cip::Response(inner) if inner.service != 0x0a => {
                let service = asked
                    .and_then(|asked| asked.services.get(index))
                    .filter(|service| service.service == inner.service);
                one_answer(&inner, asked, service, unit, key, emit);
            }
            Cip::Response(_) => emit.fault(Fault::NestedTooDeep),
            Cip::Request(_) => emit.fault(Fault::MalformedService),
        }
        index += 1;
    });
}

/// Tells an answer that carries no other.
fn one_answer(
    response: &Response<'_>,
    asked: Option<&Asked>,
    service: Option<&AskedService>,
    unit: Option<u32>,
    key: Key,
    emit: &mut Emit<'_>,
) -> Option<[u32; 2]> {
    let target = service.map_or(Target::Unseen, |service| service.target);
    let (name, operation) = names::service(target, response.service);
    let operation = service.map_or(operation, |service| service.operation);
    let address = asked
        .zip(service)
        .and_then(|(asked, service)| asked.address(service));
    let worked = names::general_status(response.status) == Outcome::Success;
    let value = if worked {
        cip::value_read(response, target)
    } else {
        None
    };
    let object = address.map(|address| Object { address, value });
    if worked && identify(response, service, unit, emit).is_err() {
        emit.fault(Fault::MalformedIdentity);
    }
    emit.answer(response, name, operation, unit, key, object.as_slice());
    if worked && target == Target::Class(class::PCCC) && response.service == 0x4b {
        pccc_answer(response, service.and_then(|service| service.command), unit, emit);
    }
    let opens = response.status == 0
        && matches!(response.service, 0x54 | 0x5b)
        && matches!(target, Target::Class(class::CONNECTION_MANAGER) | Target::Unseen);
    match opens.then(|| cip::opened(response.data)) {
        Some(Ok(ids)) => Some(ids),
        Some(Err(fault)) => {
            emit.fault(fault);
            None
        }
        None => None,
    }
}

/// Says who the device is, where an answer about its identity object tells.
fn identify(
    response: &Response<'_>,
    service: Option<&AskedService>,
    unit: Option<u32>,
    emit: &mut Emit<'_>,
) -> Result<(), crate::Truncated> {
    let Some(service) = service.filter(|service| service.target == Target::Class(class::IDENTITY)) else {
        return Ok(());
    };
    match (response.service, service.address) {
        (0x01, _) => identity::all(response.data, unit, emit),
        (0x03, _) => identity::listed(response.data, unit, emit),
        (
            0x0e,
            Stored::Path {
                attribute: Some(attribute),
                ..
            },
        ) => identity::single(
            u16::try_from(attribute).unwrap_or_default(),
            response.data,
            unit,
            emit,
        ),
        _ => Ok(()),
    }
}

fn pccc_answer(response: &Response<'_>, asked: Option<Command>, unit: Option<u32>, emit: &mut Emit<'_>) {
    let Ok(pccc::Pccc::Response(told)) = pccc::pccc(response.data) else {
        return emit.fault(Fault::MalformedPccc);
    };
    let asked = asked.filter(|asked| asked.transaction == told.transaction);
    let code = asked.map_or(u16::from(told.command) << 8, |asked| asked.code);
    let (name, operation) = pccc::function(code);
    let object = asked.and_then(|asked| asked.address).map(|address| Object {
        address,
        value: Some(told.value).filter(|value| !value.is_empty()),
    });
    emit.message(&Message {
        protocol: PCCC,
        role: Role::Response,
        function: Function {
            code: u32::from(code),
            name,
        },
        operation,
        unit,
        objects: object.as_slice(),
        outcome: told.outcome,
        transaction: Some(u32::from(told.transaction)),
        span: Span {
            start: response.start,
            ..emit.span
        },
    });
}

impl Emit<'_> {
    /// Tells one CIP answer.
    fn answer(
        &mut self,
        response: &Response<'_>,
        name: &'static str,
        operation: OperationClass,
        unit: Option<u32>,
        key: Key,
        objects: &[Object<'_>],
    ) {
        // The additional status says more, and then stands in the upper half.
        let outcome = match (names::general_status(response.status), response.additional) {
            (Outcome::Failure { code, name }, Some(additional)) => Outcome::Failure {
                code: u32::from(additional) << 16 | code,
                name,
            },
            (outcome, _) => outcome,
        };
        self.message(&Message {
            protocol: CIP,
            role: Role::Response,
            function: Function {
                code: u32::from(response.service),
                name,
            },
            operation,
            unit,
            objects,
            outcome,
            transaction: Some(key.transaction()),
            span: Span {
                start: response.start,
                ..self.span
            },
        });
    }
}
