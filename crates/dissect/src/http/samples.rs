//! Good conversations, for tests and as seeds for fuzzing.

use crate::registry::Sample;
use crate::session::{Carrier, Context, Side};

const CLIENT: Context = Context {
    side: Side::Initiator,
    carrier: Carrier::Tcp,
    port: 80,
};
const SERVER: Context = Context {
    side: Side::Responder,
    carrier: Carrier::Tcp,
    port: 80,
};

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "a page with a length",
        turns: &[(CLIENT, GET), (SERVER, PAGE)],
    },
    Sample {
        name: "a form and an answer in chunks",
        turns: &[(CLIENT, POST), (SERVER, CHUNKED), (CLIENT, GET)],
    },
];

pub(super) const GET: &[u8] =
    b"GET /status?x=1 HTTP/1.1\r\nHost: plc-3.line\r\nUser-Agent: curl/7.88.1\r\n\r\n";
pub(super) const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nServer: GoAhead-Webs\r\nContent-Length: 12\r\n\r\nGET / HTTP/1";
pub(super) const POST: &[u8] =
    b"POST /cgi HTTP/1.1\r\nhost:plc-3.line\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\nContent-Length: 3\r\n\r\na=1";
pub(super) const CHUNKED: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nHello\r\n0\r\nTrailer: 1\r\n\r\n";
