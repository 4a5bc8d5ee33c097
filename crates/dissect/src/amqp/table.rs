//! The methods of AMQP 0-9-1, and what stands in them.

use crate::message::Role;
use cofferdam_terms::OperationClass;

/// An argument of a method, in the order of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// So many bytes that aren't told.
    Skip(usize),
    /// A short string that isn't told.
    Text,
    /// A short string that names an object of this kind.
    Name(&'static str),
    /// The number of a delivery.
    Delivery,
    /// Properties of the sender, in a table.
    Properties,
    /// A list of mechanisms, in a long string.
    Mechanisms,
    /// A mechanism and what it sends, which may be a password.
    SignIn,
    /// A reply code and its text.
    Reply,
}

use Argument::{Delivery, Mechanisms, Name, Properties, Reply, SignIn, Skip, Text};

/// A method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) operation: OperationClass,
    pub(super) arguments: &'static [Argument],
}

const QUEUE: Argument = Name("queue");
const EXCHANGE: Argument = Name("exchange");
const KEY: Argument = Name("routing-key");

/// Bits and tables at a method's end stand for nothing that is told, so they aren't listed.
pub(super) fn method(class: u16, method: u16) -> Option<Method> {
    let found = match class {
        10 => connection(method),
        20 => channel(method),
        40 => exchange(method),
        50 => queue(method),
        60 => basic(method),
        85 | 90 => transaction(class, method),
        _ => None,
    };
    found.map(|(name, role, operation, arguments)| Method {
        name,
        role,
        operation,
        arguments,
    })
}

type Row = (&'static str, Role, OperationClass, &'static [Argument]);

const fn session(name: &'static str, role: Role, arguments: &'static [Argument]) -> Option<Row> {
    Some((name, role, OperationClass::Session, arguments))
}

const fn settings(name: &'static str, role: Role, arguments: &'static [Argument]) -> Option<Row> {
    Some((name, role, OperationClass::Configure, arguments))
}

const fn connection(method: u16) -> Option<Row> {
    use Role::{Request, Response, Unsolicited};
    match method {
        10 => session("Connection.Start", Request, &[Skip(2), Properties, Mechanisms]),
        11 => session("Connection.StartOk", Response, &[Properties, SignIn]),
        20 => session("Connection.Secure", Request, &[]),
        21 => session("Connection.SecureOk", Response, &[]),
        30 => session("Connection.Tune", Request, &[Skip(8)]),
        31 => session("Connection.TuneOk", Response, &[Skip(8)]),
        40 => session("Connection.Open", Request, &[Name("virtual-host")]),
        41 => session("Connection.OpenOk", Response, &[]),
        50 => session("Connection.Close", Request, &[Reply, Skip(4)]),
        51 => session("Connection.CloseOk", Response, &[]),
        60 => session("Connection.Blocked", Unsolicited, &[Text]),
        61 => session("Connection.Unblocked", Unsolicited, &[]),
        70 => session("Connection.UpdateSecret", Request, &[]),
        71 => session("Connection.UpdateSecretOk", Response, &[]),
        _ => None,
    }
}

const fn channel(method: u16) -> Option<Row> {
    use Role::{Request, Response};
    match method {
        10 => session("Channel.Open", Request, &[]),
        11 => session("Channel.OpenOk", Response, &[]),
        20 => session("Channel.Flow", Request, &[Skip(1)]),
        21 => session("Channel.FlowOk", Response, &[Skip(1)]),
        40 => session("Channel.Close", Request, &[Reply, Skip(4)]),
        41 => session("Channel.CloseOk", Response, &[]),
        _ => None,
    }
}

const fn exchange(method: u16) -> Option<Row> {
    use Role::{Request, Response};
    const BINDING: &[Argument] = &[Skip(2), EXCHANGE, Name("source"), KEY, Skip(1)];
    match method {
        10 => settings("Exchange.Declare", Request, &[Skip(2), EXCHANGE, Text, Skip(1)]),
        11 => settings("Exchange.DeclareOk", Response, &[]),
        20 => settings("Exchange.Delete", Request, &[Skip(2), EXCHANGE, Skip(1)]),
        21 => settings("Exchange.DeleteOk", Response, &[]),
        30 => settings("Exchange.Bind", Request, BINDING),
        31 => settings("Exchange.BindOk", Response, &[]),
        40 => settings("Exchange.Unbind", Request, BINDING),
        51 => settings("Exchange.UnbindOk", Response, &[]),
        _ => None,
    }
}

const fn queue(method: u16) -> Option<Row> {
    use Role::{Request, Response};
    match method {
        10 => settings("Queue.Declare", Request, &[Skip(2), QUEUE, Skip(1)]),
        11 => settings("Queue.DeclareOk", Response, &[QUEUE, Skip(8)]),
        20 => settings("Queue.Bind", Request, &[Skip(2), QUEUE, EXCHANGE, KEY, Skip(1)]),
        21 => settings("Queue.BindOk", Response, &[]),
        30 => settings("Queue.Purge", Request, &[Skip(2), QUEUE, Skip(1)]),
        31 => settings("Queue.PurgeOk", Response, &[Skip(4)]),
        40 => settings("Queue.Delete", Request, &[Skip(2), QUEUE, Skip(1)]),
        41 => settings("Queue.DeleteOk", Response, &[Skip(4)]),
        50 => settings("Queue.Unbind", Request, &[Skip(2), QUEUE, EXCHANGE, KEY]),
        51 => settings("Queue.UnbindOk", Response, &[]),
        _ => None,
    }
}

const fn basic(method: u16) -> Option<Row> {
    use OperationClass::{Read, Write};
    use Role::{Request, Response, Unsolicited};
    match method {
        10 => session("Basic.Qos", Request, &[Skip(7)]),
        11 => session("Basic.QosOk", Response, &[]),
        20 => Some(("Basic.Consume", Request, Read, &[Skip(2), QUEUE, Text, Skip(1)])),
        21 => Some(("Basic.ConsumeOk", Response, Read, &[Text])),
        30 => session("Basic.Cancel", Request, &[Text, Skip(1)]),
        31 => session("Basic.CancelOk", Response, &[Text]),
        40 => Some((
            "Basic.Publish",
            Unsolicited,
            Write,
            &[Skip(2), EXCHANGE, KEY, Skip(1)],
        )),
        50 => Some(("Basic.Return", Unsolicited, Read, &[Reply, EXCHANGE, KEY])),
        60 => Some((
            "Basic.Deliver",
            Unsolicited,
            Read,
            &[Text, Delivery, Skip(1), EXCHANGE, KEY],
        )),
        70 => Some(("Basic.Get", Request, Read, &[Skip(2), QUEUE, Skip(1)])),
        71 => Some((
            "Basic.GetOk",
            Response,
            Read,
            &[Delivery, Skip(1), EXCHANGE, KEY, Skip(4)],
        )),
        72 => Some(("Basic.GetEmpty", Response, Read, &[])),
        80 => session("Basic.Ack", Unsolicited, &[Delivery, Skip(1)]),
        90 => session("Basic.Reject", Unsolicited, &[Delivery, Skip(1)]),
        100 => session("Basic.RecoverAsync", Unsolicited, &[Skip(1)]),
        110 => session("Basic.Recover", Request, &[Skip(1)]),
        111 => session("Basic.RecoverOk", Response, &[]),
        120 => session("Basic.Nack", Unsolicited, &[Delivery, Skip(1)]),
        _ => None,
    }
}

const fn transaction(class: u16, method: u16) -> Option<Row> {
    use Role::{Request, Response};
    match (class, method) {
        (85, 10) => session("Confirm.Select", Request, &[Skip(1)]),
        (85, 11) => session("Confirm.SelectOk", Response, &[]),
        (90, 10) => session("Tx.Select", Request, &[]),
        (90, 11) => session("Tx.SelectOk", Response, &[]),
        (90, 20) => session("Tx.Commit", Request, &[]),
        (90, 21) => session("Tx.CommitOk", Response, &[]),
        (90, 30) => session("Tx.Rollback", Request, &[]),
        (90, 31) => session("Tx.RollbackOk", Response, &[]),
        _ => None,
    }
}

/// A reply code.
pub(super) const fn reply(code: u16) -> &'static str {
    match code {
        311 => "content too large",
        312 => "no route",
        313 => "no consumers",
        320 => "connection forced",
        402 => "invalid path",
        403 => "access refused",
        404 => "not found",
        405 => "resource locked",
        406 => "precondition failed",
        501 => "frame error",
        502 => "syntax error",
        503 => "command invalid",
        504 => "channel error",
        505 => "unexpected frame",
        506 => "resource error",
        530 => "not allowed",
        540 => "not implemented",
        541 => "internal error",
        _ => "unknown",
    }
}
