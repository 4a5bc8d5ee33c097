//! Link frames (IEEE 1815-2012, clause 9): a header of ten bytes, then data in blocks of up to sixteen bytes, each with
//! its own CRC.

use crate::crc::Crc16;
use crate::reader::{Reader, Truncated};

/// The first two bytes of every frame.
pub(super) const SYNC: [u8; 2] = [0x05, 0x64];
/// Sync, length, control, destination, source, CRC.
const HEADER: usize = 10;
const BLOCK: usize = 16;
const CRC: usize = 2;
/// What the length counts beside user data: control and addresses.
const COUNTED_HEADER: u8 = 5;
/// The most user data of a frame.
pub(super) const MAX_USER_DATA: usize = 250;

const DIRECTION: u8 = 0x80;
const PRIMARY: u8 = 0x40;
const FUNCTION: u8 = 0x0f;

/// A frame whose header is whole. The blocks' CRCs are checked when the data is taken out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) control: Control,
    pub(super) destination: u16,
    pub(super) source: u16,
    blocks: &'a [u8],
}

/// The control byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Control(pub(super) u8);

impl Control {
    /// From the station that is a master, by what it says of itself.
    pub(super) const fn by_master(self) -> bool {
        self.0 & DIRECTION != 0
    }

    /// Starts an exchange, or answers one.
    pub(super) const fn primary(self) -> bool {
        self.0 & PRIMARY != 0
    }

    /// Whether the frame carries user data, confirmed or not.
    pub(super) const fn carries_data(self) -> bool {
        self.primary() && matches!(self.0 & FUNCTION, 3 | 4)
    }

    /// The function with the bit that says which of the two tables it is from.
    pub(super) const fn code(self) -> u8 {
        self.0 & (PRIMARY | FUNCTION)
    }

    pub(super) const fn name(self) -> &'static str {
        match (self.primary(), self.0 & FUNCTION) {
            (true, 0) => "Reset Link States",
            (true, 1) => "Reset User Process",
            (true, 2) => "Test Link States",
            (true, 3) => "Confirmed User Data",
            (true, 4) => "Unconfirmed User Data",
            (true, 9) => "Request Link Status",
            (false, 0) => "ACK",
            (false, 1) => "NACK",
            (false, 11) => "Link Status",
            (false, 14) => "Link Service Not Functioning",
            (false, 15) => "Link Service Not Supported",
            _ => "unknown",
        }
    }
}

/// What stands next.
#[derive(Debug)]
pub(super) enum Next<'a> {
    Frame(Frame<'a>),
    /// More bytes are needed; none, if nothing is left.
    Partial(usize),
    /// No frame starts here: why.
    Astray(&'static str),
}

/// Reads the next frame. The reader moves only when there is one.
pub(super) fn next<'a>(reader: &mut Reader<'a>) -> Next<'a> {
    let mut ahead = *reader;
    let start = ahead.peek();
    match start {
        [] => return Next::Partial(0),
        [0x05] | [0x05, 0x64, ..] => {}
        _ => return Next::Astray("frame does not start with 0564"),
    }
    let header = match ahead.array::<HEADER>() {
        Ok(header) => header,
        Err(Truncated { missing, .. }) => return Next::Partial(missing),
    };
    let Some(frame_length) = length_of(&header) else {
        return Next::Astray("frame header's CRC or length is wrong");
    };
    let [_, _, _, control, d0, d1, s0, s1, _, _] = header;
    let blocks = match ahead.take(frame_length - HEADER) {
        Ok(blocks) => blocks,
        Err(Truncated { missing, .. }) => return Next::Partial(missing),
    };
    *reader = ahead;
    Next::Frame(Frame {
        control: Control(control),
        destination: u16::from_le_bytes([d0, d1]),
        source: u16::from_le_bytes([s0, s1]),
        blocks,
    })
}

/// The whole frame's length, if the header is one.
fn length_of(header: &[u8; HEADER]) -> Option<usize> {
    let [sync0, sync1, length, .., c0, c1] = *header;
    let (covered, _) = header.split_last_chunk::<CRC>()?;
    let ours = [sync0, sync1] == SYNC && crc(covered) == u16::from_le_bytes([c0, c1]);
    let data = usize::from(length.checked_sub(COUNTED_HEADER)?);
    ours.then_some(HEADER + data + data.div_ceil(BLOCK) * CRC)
}

/// Whether bytes start with a whole and sound frame header.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    bytes
        .first_chunk::<HEADER>()
        .is_some_and(|header| length_of(header).is_some())
}

/// Where the next sound header starts, past the first byte.
pub(super) fn find_header(bytes: &[u8]) -> Option<usize> {
    let mut windows = bytes.windows(HEADER).enumerate().skip(1);
    windows
        .find(|(_, window)| window.starts_with(&SYNC) && is_header(window))
        .map(|(offset, _)| offset)
}

/// User data without its CRCs.
pub(super) struct UserData {
    bytes: [u8; MAX_USER_DATA],
    length: usize,
}

impl UserData {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// A block whose CRC is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadBlock;

impl Frame<'_> {
    /// Whether anything follows the header.
    pub(super) const fn has_data(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Takes the user data out of its blocks.
    pub(super) fn user_data(&self) -> Result<UserData, BadBlock> {
        let mut data = UserData {
            bytes: [0; MAX_USER_DATA],
            length: 0,
        };
        for block in self.blocks.chunks(BLOCK + CRC) {
            let (bytes, &sum) = block.split_last_chunk::<CRC>().ok_or(BadBlock)?;
            if crc(bytes) != u16::from_le_bytes(sum) {
                return Err(BadBlock);
            }
            let end = data.length + bytes.len();
            let space = data.bytes.get_mut(data.length..end).ok_or(BadBlock)?;
            space.copy_from_slice(bytes);
            data.length = end;
        }
        Ok(data)
    }
}

/// The CRC of IEEE 1815-2012, Annex E: polynomial 0x3d65 bit-reversed, inverted at the end.
pub(super) fn crc(bytes: &[u8]) -> u16 {
    static DNP: Crc16 = Crc16::low_first(0xa6bc);
    !DNP.sum(0, bytes)
}
