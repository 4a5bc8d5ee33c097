//! HTTP/1.1 (RFC 9112) and syslog (RFC 3164): lines of text.

/// Appends a question with a body, which may be empty.
pub fn request(out: &mut Vec<u8>, method: &str, target: &str, host: &str, agent: &str, body: &str) {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
}

/// Appends a good answer with a body.
pub fn response(out: &mut Vec<u8>, server: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: {server}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: keep-alive\r\n\r\n{body}",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
}

/// Appends one syslog message (RFC 3164): facility and severity in one number, stamp as `Mar  2 00:00:00`.
pub fn syslog(out: &mut Vec<u8>, priority: u8, stamp: &str, host: &str, text: &str) {
    out.extend_from_slice(format!("<{priority}>{stamp} {host} {text}").as_bytes());
}
