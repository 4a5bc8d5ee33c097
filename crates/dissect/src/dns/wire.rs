//! Wire types of DNS (RFC 1035, 4): header, names with compression, questions, records. Stateless.

use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// The most bytes of a name in its text form (RFC 1035, 2.3.4).
pub(super) const MAX_NAME: usize = 255;
/// The most pointers that one name may follow. Each has to point backwards, so that none can go round.
pub(super) const MAX_POINTERS: usize = 16;
/// A header is this long.
pub(super) const HEADER: usize = 12;

/// The header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u16,
    pub(super) flags: u16,
    pub(super) questions: u16,
    pub(super) answers: u16,
    pub(super) authorities: u16,
    pub(super) additional: u16,
}

impl Header {
    pub(super) const fn is_response(self) -> bool {
        self.flags & 0x8000 != 0
    }

    pub(super) fn operation(self) -> u8 {
        (self.flags >> 11).to_be_bytes()[1] & 0x0f
    }

    pub(super) fn response_code(self) -> u8 {
        self.flags.to_be_bytes()[1] & 0x0f
    }

    /// Recursion is available, or the answer is authoritative: a server speaks.
    pub(super) const fn is_server(self) -> bool {
        self.flags & 0x0480 != 0
    }

    pub(super) fn records(self) -> usize {
        usize::from(self.answers) + usize::from(self.authorities) + usize::from(self.additional)
    }
}

pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header, Truncated> {
    Ok(Header {
        id: reader.u16_be()?,
        flags: reader.u16_be()?,
        questions: reader.u16_be()?,
        answers: reader.u16_be()?,
        authorities: reader.u16_be()?,
        additional: reader.u16_be()?,
    })
}

/// A name in its text form, labels joined with dots.
pub(super) type Name = SmallVec<[u8; 64]>;

/// Reads a name; pointers go into `message`, which starts at the header.
///
/// # Errors
/// When a label is cut short, of an unknown kind, or a pointer does not point backwards; and when the name or its
/// pointers are too many.
pub(super) fn name<'a>(reader: &mut Reader<'a>, message: &'a [u8]) -> Result<Name, Truncated> {
    let mut name = Name::new();
    let mut ahead = *reader;
    let mut limit = reader.offset();
    let mut followed = 0;
    loop {
        let bad = Truncated {
            offset: ahead.offset(),
            missing: 0,
        };
        let length = ahead.u8()?;
        match length {
            0 => break,
            1..=63 => {
                let label = ahead.take(usize::from(length))?;
                if name.len() + 1 + label.len() > MAX_NAME {
                    return Err(bad);
                }
                if !name.is_empty() {
                    name.push(b'.');
                }
                name.extend_from_slice(label);
            }
            0xc0..=0xff => {
                let target = usize::from(u16::from_be_bytes([length & 0x3f, ahead.u8()?]));
                if followed == 0 {
                    *reader = ahead;
                }
                followed += 1;
                if target >= limit || followed > MAX_POINTERS {
                    return Err(bad);
                }
                limit = target;
                ahead = Reader::new(message);
                ahead.skip(target)?;
            }
            _ => return Err(bad),
        }
    }
    if followed == 0 {
        *reader = ahead;
    }
    Ok(name)
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) kind: u16,
    /// Without mDNS's bit that asks for an answer to the asker alone.
    pub(super) class: u16,
}

pub(super) fn question<'a>(reader: &mut Reader<'a>, message: &'a [u8]) -> Result<Question, Truncated> {
    let name = name(reader, message)?;
    Ok(Question {
        name,
        kind: reader.u16_be()?,
        class: reader.u16_be()? & 0x7fff,
    })
}

/// A resource record.
#[derive(Clone, Debug)]
pub(super) struct Record<'a> {
    pub(super) name: Name,
    pub(super) kind: u16,
    pub(super) data: Reader<'a>,
}

pub(super) fn record<'a>(reader: &mut Reader<'a>, message: &'a [u8]) -> Result<Record<'a>, Truncated> {
    let name = name(reader, message)?;
    let kind = reader.u16_be()?;
    // Class and time to live.
    reader.skip(2 + 4)?;
    let length = reader.u16_be()?;
    Ok(Record {
        name,
        kind,
        data: reader.sub(usize::from(length))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(case: &str, message: &[u8], at: usize, expected: Option<(&str, usize)>) {
        let mut reader = Reader::new(message);
        reader.skip(at).unwrap();
        let read = name(&mut reader, message)
            .ok()
            .map(|name| (name.to_vec(), reader.offset()));
        assert_eq!(
            read,
            expected.map(|(name, end)| (name.as_bytes().to_vec(), end)),
            "{case}"
        );
    }

    #[test]
    fn names_are_read_through_pointers_that_point_backwards() {
        #[rustfmt::skip]
        let message = [
            3, b'p', b'l', b'c', 5, b'l', b'o', b'c', b'a', b'l', 0, // 0: plc.local
            4, b'l', b'i', b'n', b'e', 0xc0, 4,                      // 11: line.local
            0xc0, 11,                                                // 18: the same
        ];
        check("plain", &message, 0, Some(("plc.local", 11)));
        check("pointer after a label", &message, 11, Some(("line.local", 18)));
        check("pointer to a pointer", &message, 18, Some(("line.local", 20)));
    }

    #[test]
    fn names_that_go_round_run_on_or_are_cut_are_refused() {
        let endless: Vec<u8> = [[1, b'a'].repeat(200), vec![0]].concat();
        let chain: Vec<u8> = [vec![0, 0], (0..40u8).flat_map(|link| [0xc0, 2 * link]).collect()].concat();
        for (case, message, at) in [
            ("to itself", &[0xc0, 0x00][..], 0),
            ("forwards", &[0xc0, 0x02, 0x00], 0),
            ("round", &[1, b'a', 0xc0, 0x00], 0),
            ("label cut", &[5, b'a'], 0),
            ("pointer cut", &[0xc0], 0),
            ("no end", &[1, b'a'], 0),
            ("unknown kind of label", &[0x41, 0x00], 0),
            ("too long", &endless, 0),
            ("too many pointers", &chain, 80),
        ] {
            check(case, message, at, None);
        }
        check(
            "as many pointers as are followed",
            &chain,
            2 * MAX_POINTERS,
            Some(("", 2 * MAX_POINTERS + 2)),
        );
    }
}
