//! SMB 2.1 ([MS-SMB2]): negotiation, session set-up, shares, files read and written.

use super::{be32, der, le16, le32, le64, len16, len32, ntlm, patch};

/// The port, without NetBIOS names.
pub const PORT: u16 = 445;
/// Bytes of one read or write.
pub const MAX_IO: u32 = 32_768;

/// Commands ([MS-SMB2] 2.2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// 0x0000.
    Negotiate,
    /// 0x0001.
    SessionSetup,
    /// 0x0002.
    Logoff,
    /// 0x0003.
    TreeConnect,
    /// 0x0004.
    TreeDisconnect,
    /// 0x0005.
    Create,
    /// 0x0006.
    Close,
    /// 0x0008.
    Read,
    /// 0x0009.
    Write,
}

impl Command {
    const fn code(self) -> u16 {
        match self {
            Self::Negotiate => 0,
            Self::SessionSetup => 1,
            Self::Logoff => 2,
            Self::TreeConnect => 3,
            Self::TreeDisconnect => 4,
            Self::Create => 5,
            Self::Close => 6,
            Self::Read => 8,
            Self::Write => 9,
        }
    }
}

/// What stands in every message's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Counts the connection's questions; the answer has the same.
    pub message: u64,
    /// The session, 0 before there is one.
    pub session: u64,
    /// The share, 0 before there is one.
    pub tree: u32,
    /// Who sends.
    pub from: End,
    /// Status of an answer: 0, or 0xc0000016 for "more processing required".
    pub status: u32,
}

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// The status by which a server goes on with authentication.
pub const MORE_PROCESSING: u32 = 0xc000_0016;
/// The status by which a server refuses.
pub const ACCESS_DENIED: u32 = 0xc000_0022;

fn message(out: &mut Vec<u8>, command: Command, header: &Header, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    be32(out, 0); // session message and its length
    out.extend_from_slice(b"\xfeSMB");
    le16(out, 64);
    le16(out, 1); // credit charge
    le32(out, header.status);
    le16(out, command.code());
    le16(out, 31); // credits
    le32(
        out,
        match header.from {
            End::Client => 0,
            End::Server => 1,
        },
    );
    le32(out, 0); // next command
    le64(out, header.message);
    le32(out, 0x0000_feff); // process
    le32(out, header.tree);
    le64(out, header.session);
    out.extend_from_slice(&[0; 16]); // unsigned
    body(out);
    let length = len32(out.len() - at - 4) & 0x00ff_ffff;
    patch(out, at, &length.to_be_bytes());
}

/// Appends an answer that says only that it was refused.
pub fn refused(out: &mut Vec<u8>, command: Command, header: &Header) {
    message(out, command, header, |out| {
        le16(out, 9);
        le16(out, 0);
        le32(out, 0);
        out.push(0);
    });
}

/// Appends Negotiate for SMB 2.0.2 and 2.1.
pub fn negotiate(out: &mut Vec<u8>, header: &Header, client: &[u8; 16]) {
    message(out, Command::Negotiate, header, |out| {
        le16(out, 36);
        le16(out, 2);
        le16(out, 1); // signing enabled
        le16(out, 0);
        le32(out, 0x7f);
        out.extend_from_slice(client);
        le64(out, 0);
        le16(out, 0x0202);
        le16(out, 0x0210);
    });
}

/// Appends its answer: SMB 2.1, times in 100 ns since 1601.
pub fn negotiated(out: &mut Vec<u8>, header: &Header, server: &[u8; 16], now: u64) {
    let token = der::spnego_init(None);
    message(out, Command::Negotiate, header, |out| {
        le16(out, 65);
        le16(out, 1);
        le16(out, 0x0210);
        le16(out, 0);
        out.extend_from_slice(server);
        le32(out, 0x07);
        for _ in 0..3 {
            le32(out, 1_048_576);
        }
        le64(out, now);
        le64(out, 0);
        le16(out, 128);
        le16(out, len16(token.len()));
        le32(out, 0);
        out.extend_from_slice(&token);
    });
}

/// Appends Session Setup with a security token.
pub fn session_setup(out: &mut Vec<u8>, header: &Header, token: &[u8]) {
    message(out, Command::SessionSetup, header, |out| {
        le16(out, 25);
        out.extend_from_slice(&[0, 1]);
        le32(out, 1);
        le32(out, 0);
        le16(out, 88);
        le16(out, len16(token.len()));
        le64(out, 0);
        out.extend_from_slice(token);
    });
}

/// Appends its answer.
pub fn session_answer(out: &mut Vec<u8>, header: &Header, token: &[u8]) {
    message(out, Command::SessionSetup, header, |out| {
        le16(out, 9);
        le16(out, 0);
        le16(out, 72);
        le16(out, len16(token.len()));
        out.extend_from_slice(token);
    });
}

/// Appends Tree Connect to a share: `\\files-1\work`.
pub fn tree_connect(out: &mut Vec<u8>, header: &Header, path: &str) {
    let path = ntlm::utf16(path);
    message(out, Command::TreeConnect, header, |out| {
        le16(out, 9);
        le16(out, 0);
        le16(out, 72);
        le16(out, len16(path.len()));
        out.extend_from_slice(&path);
    });
}

/// Appends its answer: a disk share.
pub fn tree_connected(out: &mut Vec<u8>, header: &Header) {
    message(out, Command::TreeConnect, header, |out| {
        le16(out, 16);
        out.extend_from_slice(&[1, 0]);
        le32(out, 0);
        le32(out, 0);
        le32(out, 0x001f_01ff);
    });
}

/// Appends Create, which opens or makes a file.
pub fn create(out: &mut Vec<u8>, header: &Header, name: &str) {
    let name = ntlm::utf16(name);
    message(out, Command::Create, header, |out| {
        le16(out, 57);
        out.extend_from_slice(&[0, 0]);
        le32(out, 2); // impersonation
        le64(out, 0);
        le64(out, 0);
        le32(out, 0x0012_019f); // read and write
        le32(out, 0x80);
        le32(out, 3); // share
        le32(out, 3); // open or make
        le32(out, 0x40);
        le16(out, 120);
        le16(out, len16(name.len()));
        le32(out, 0);
        le32(out, 0);
        out.extend_from_slice(&name);
    });
}

/// Appends its answer with the file's size and the moment in 100 ns since 1601.
pub fn created(out: &mut Vec<u8>, header: &Header, file: u64, size: u64, now: u64) {
    message(out, Command::Create, header, |out| {
        le16(out, 89);
        out.extend_from_slice(&[0, 0]);
        le32(out, 1); // opened
        for _ in 0..4 {
            le64(out, now);
        }
        le64(out, size);
        le64(out, size);
        le32(out, 0x80);
        le32(out, 0);
        file_id(out, file);
        le32(out, 0);
        le32(out, 0);
    });
}

fn file_id(out: &mut Vec<u8>, file: u64) {
    le64(out, file);
    le64(out, file);
}

/// Appends Read.
pub fn read(out: &mut Vec<u8>, header: &Header, file: u64, offset: u64, length: u32) {
    message(out, Command::Read, header, |out| {
        le16(out, 49);
        out.extend_from_slice(&[80, 0]);
        le32(out, length);
        le64(out, offset);
        file_id(out, file);
        le32(out, 0);
        le32(out, 0);
        le32(out, 0);
        le32(out, 0);
        out.push(0);
    });
}

/// Appends its answer.
pub fn data(out: &mut Vec<u8>, header: &Header, bytes: &[u8]) {
    message(out, Command::Read, header, |out| {
        le16(out, 17);
        out.extend_from_slice(&[80, 0]);
        le32(out, len32(bytes.len()));
        le32(out, 0);
        le32(out, 0);
        out.extend_from_slice(bytes);
    });
}

/// Appends Write.
pub fn write(out: &mut Vec<u8>, header: &Header, file: u64, offset: u64, bytes: &[u8]) {
    message(out, Command::Write, header, |out| {
        le16(out, 49);
        le16(out, 112);
        le32(out, len32(bytes.len()));
        le64(out, offset);
        file_id(out, file);
        le32(out, 0);
        le32(out, 0);
        le32(out, 0);
        le32(out, 0);
        out.extend_from_slice(bytes);
    });
}

/// Appends its answer.
pub fn written(out: &mut Vec<u8>, header: &Header, length: u32) {
    message(out, Command::Write, header, |out| {
        le16(out, 17);
        le16(out, 0);
        le32(out, length);
        le32(out, 0);
        le32(out, 0);
    });
}

/// Appends Close.
pub fn close(out: &mut Vec<u8>, header: &Header, file: u64) {
    message(out, Command::Close, header, |out| {
        le16(out, 24);
        le16(out, 0);
        le32(out, 0);
        file_id(out, file);
    });
}

/// Appends its answer.
pub fn closed(out: &mut Vec<u8>, header: &Header) {
    message(out, Command::Close, header, |out| {
        le16(out, 60);
        out.extend_from_slice(&[0; 58]);
    });
}

/// Appends Tree Disconnect or Logoff; question and answer look the same.
pub fn leave(out: &mut Vec<u8>, command: Command, header: &Header) {
    message(out, command, header, |out| {
        le16(out, 4);
        le16(out, 0);
    });
}
