//! SMB 2: a session with names in the clear, a share, files read or written.

use super::tls::{DOMAIN, noise, user};
use super::{Cx, Turn};
use crate::encode::opcua::ticks;
use crate::encode::smb2::{self, Command, End, Header, MAX_IO};
use crate::encode::{der, ntlm};
use std::time::Duration;

/// What a client is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmbJob {
    /// Writes so many bytes into one file.
    Backup { bytes: u64 },
    /// Reads a file of so many bytes.
    Fetch { bytes: u64 },
    /// Reads a few files and writes each back, changed, under another name.
    Ransom { files: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Negotiate,
    Hello,
    Login,
    Tree,
    Create,
    Read { offset: u64, length: u32 },
    Write { offset: u64, length: u32 },
    Close,
    Disconnect,
    Logoff,
}

/// Questions before the first file is opened.
const PRELUDE: u64 = 4;
const FILE: u64 = 0x0000_0042_0000_0001;
const TREE: u32 = 5;
/// Bytes of a file that is held to ransom.
const RANSOM_BYTES: u64 = 131_072;

#[derive(Clone, Debug)]
pub(crate) struct Smb {
    job: SmbJob,
    asked: u64,
    pending: Option<Ask>,
    session: u64,
}

impl Smb {
    pub(crate) const fn new(job: SmbJob) -> Self {
        Self {
            job,
            asked: 0,
            pending: None,
            session: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.job);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some(ask) = self.pending.take() {
            self.answer(cx, ask);
            return Turn::server(
                cx.dice
                    .between(Duration::from_micros(200), Duration::from_millis(3)),
            );
        }
        let Some(ask) = self.next() else {
            self.restart();
            return Turn::Close;
        };
        self.question(cx, ask);
        self.asked += 1;
        self.pending = Some(ask);
        Turn::client(cx.server_time())
    }

    fn next(&self) -> Option<Ask> {
        match self.asked {
            0 => return Some(Ask::Negotiate),
            1 => return Some(Ask::Hello),
            2 => return Some(Ask::Login),
            3 => return Some(Ask::Tree),
            _ => {}
        }
        let done = self.asked - PRELUDE;
        let parts = |bytes: u64| bytes.div_ceil(u64::from(MAX_IO));
        let (per_file, files) = match self.job {
            SmbJob::Backup { bytes } | SmbJob::Fetch { bytes } => (parts(bytes) + 2, 1),
            SmbJob::Ransom { files } => (2 * parts(RANSOM_BYTES) + 2, u64::from(files)),
        };
        if done >= per_file * files {
            return match done - per_file * files {
                0 => Some(Ask::Disconnect),
                1 => Some(Ask::Logoff),
                _ => None,
            };
        }
        let step = done % per_file;
        Some(if step == 0 {
            Ask::Create
        } else if step == per_file - 1 {
            Ask::Close
        } else {
            self.transfer(step - 1)
        })
    }

    fn transfer(&self, part: u64) -> Ask {
        let whole = u64::from(MAX_IO);
        let piece = |part: u64, bytes: u64| {
            let offset = part * whole;
            let length = u32::try_from(bytes.saturating_sub(offset).min(whole)).unwrap_or(MAX_IO);
            (offset, length)
        };
        match self.job {
            SmbJob::Backup { bytes } => {
                let (offset, length) = piece(part, bytes);
                Ask::Write { offset, length }
            }
            SmbJob::Fetch { bytes } => {
                let (offset, length) = piece(part, bytes);
                Ask::Read { offset, length }
            }
            SmbJob::Ransom { .. } => {
                let (offset, length) = piece(part / 2, RANSOM_BYTES);
                if part.is_multiple_of(2) {
                    Ask::Read { offset, length }
                } else {
                    Ask::Write { offset, length }
                }
            }
        }
    }

    const fn header(&self, from: End, message: u64) -> Header {
        Header {
            message,
            session: self.session,
            tree: if message > 3 { TREE } else { 0 },
            from,
            status: 0,
        }
    }

    fn question(&self, cx: &mut Cx<'_>, ask: Ask) {
        let header = self.header(End::Client, self.asked);
        match ask {
            Ask::Negotiate => {
                let mut guid = [0; 16];
                noise(cx.dice, &mut guid);
                smb2::negotiate(cx.out, &header, &guid);
            }
            Ask::Hello => smb2::session_setup(cx.out, &header, &der::spnego_init(Some(&ntlm::negotiate()))),
            Ask::Login => {
                let mut proof = [0; 16];
                noise(cx.dice, &mut proof);
                let domain = domain();
                let workstation = cx.client.id.to_uppercase();
                let message = ntlm::authenticate(&domain, &user(cx.client), &workstation, &proof);
                smb2::session_setup(cx.out, &header, &der::spnego_answer(1, Some(&message)));
            }
            Ask::Tree => smb2::tree_connect(
                cx.out,
                &header,
                &format!("\\\\{}\\{}", cx.server.id, self.share()),
            ),
            Ask::Create => smb2::create(cx.out, &header, &self.file(cx)),
            Ask::Read { offset, length } => smb2::read(cx.out, &header, FILE, offset, length),
            Ask::Write { offset, length } => {
                let mut bytes = Vec::new();
                cx.dice
                    .fill(&mut bytes, usize::try_from(length).unwrap_or_default());
                smb2::write(cx.out, &header, FILE, offset, &bytes);
            }
            Ask::Close => smb2::close(cx.out, &header, FILE),
            Ask::Disconnect => smb2::leave(cx.out, Command::TreeDisconnect, &header),
            Ask::Logoff => smb2::leave(cx.out, Command::Logoff, &header),
        }
    }

    fn answer(&mut self, cx: &mut Cx<'_>, ask: Ask) {
        let message = self.asked - 1;
        if ask == Ask::Hello {
            self.session = 0x0400_0000_0000 | u64::from(cx.dice.long());
        }
        let header = self.header(End::Server, message);
        let now = ticks(cx.now.nanos());
        match ask {
            Ask::Negotiate => {
                let mut guid = [0; 16];
                noise(cx.dice, &mut guid);
                smb2::negotiated(cx.out, &header, &guid, now);
            }
            Ask::Hello => {
                let header = Header {
                    status: smb2::MORE_PROCESSING,
                    ..header
                };
                let challenge = ntlm::challenge(cx.dice.roll(), &domain(), &cx.server.id.to_uppercase());
                smb2::session_answer(cx.out, &header, &der::spnego_answer(1, Some(&challenge)));
            }
            Ask::Login => smb2::session_answer(cx.out, &header, &der::spnego_answer(0, None)),
            Ask::Tree => smb2::tree_connected(cx.out, &Header { tree: TREE, ..header }),
            Ask::Create => smb2::created(cx.out, &header, FILE, 1_048_576, now),
            Ask::Read { length, .. } => {
                let mut bytes = Vec::new();
                cx.dice
                    .fill(&mut bytes, usize::try_from(length).unwrap_or_default());
                smb2::data(cx.out, &header, &bytes);
            }
            Ask::Write { length, .. } => smb2::written(cx.out, &header, length),
            Ask::Close => smb2::closed(cx.out, &header),
            Ask::Disconnect => smb2::leave(cx.out, Command::TreeDisconnect, &header),
            Ask::Logoff => smb2::leave(cx.out, Command::Logoff, &header),
        }
    }

    const fn share(&self) -> &'static str {
        match self.job {
            SmbJob::Backup { .. } => "backup",
            SmbJob::Fetch { .. } => "work",
            SmbJob::Ransom { .. } => "C$",
        }
    }

    fn file(&self, cx: &Cx<'_>) -> String {
        match self.job {
            SmbJob::Backup { .. } => format!("{}\\{}.vbk", cx.client.id, cx.now.secs()),
            SmbJob::Fetch { .. } => "instructions\\72-00-00.pdf".to_owned(),
            SmbJob::Ransom { .. } => format!("records\\{:05}.pdf.locked", self.asked),
        }
    }
}

/// The plant's Windows domain.
fn domain() -> String {
    DOMAIN.split('.').next().unwrap_or_default().to_uppercase()
}
