//! The basic encoding rules (ITU-T X.690): one element after the other, with definite lengths of at most four bytes and
//! tag numbers of at most [`MAX_NUMBER`]. MMS, GOOSE and Sampled Values use it as it is, SNMP, LDAP and Kerberos through
//! [`asn1`](crate::asn1). It must not know any production.

use crate::reader::{Reader, Truncated};

/// The highest tag number that is read: two bytes of seven bits after the first.
pub(crate) const MAX_NUMBER: u16 = 0x3fff;

/// Whose tag it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Universal,
    Application,
    Context,
    Private,
}

/// One element: its tag and its content. Whether it is constructed follows from what it is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) class: Class,
    pub(crate) number: u16,
    pub(crate) content: &'a [u8],
}

/// Why there is no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It runs over the end.
    Cut(Truncated),
    /// An indefinite length, or one of more than four bytes, or a tag number beyond [`MAX_NUMBER`]; in what is built on
    /// this, another tag than there should be, or a number too large.
    Form,
}

impl From<Truncated> for Malformed {
    fn from(truncated: Truncated) -> Self {
        Self::Cut(truncated)
    }
}

impl<'a> Element<'a> {
    /// Reads the next element.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let head = reader.u8()?;
        let class = match head >> 6 {
            0 => Class::Universal,
            1 => Class::Application,
            2 => Class::Context,
            _ => Class::Private,
        };
        let number = match head & 0x1f {
            0x1f => long_number(reader)?,
            short => short.into(),
        };
        let length = length(reader)?;
        let content = reader.take(length)?;
        Ok(Self {
            class,
            number,
            content,
        })
    }

    pub(crate) fn is_context(&self, number: u16) -> bool {
        self.class == Class::Context && self.number == number
    }

    pub(crate) fn is_application(&self, number: u16) -> bool {
        self.class == Class::Application && self.number == number
    }

    pub(crate) fn is_universal(&self, number: u16) -> bool {
        self.class == Class::Universal && self.number == number
    }

    /// The elements inside it.
    pub(crate) fn children(&self) -> Children<'a> {
        Children {
            reader: Reader::new(self.content),
        }
    }

    /// The first element inside it.
    pub(crate) fn first(&self) -> Option<Self> {
        Self::read(&mut Reader::new(self.content)).ok()
    }

    /// The first element inside it with this context tag.
    pub(crate) fn context(&self, number: u16) -> Option<Self> {
        self.children()
            .map_while(Result::ok)
            .find(|child| child.is_context(number))
    }

    /// Its content as an unsigned number of at most 32 bits; leading zeros don't count.
    pub(crate) fn unsigned(&self) -> Option<u32> {
        let mut bytes = self.content;
        bytes.first()?;
        while let [0, rest @ ..] = bytes {
            bytes = rest;
        }
        (bytes.len() <= 4).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }
}

/// The elements of a content, in order; ends after one that is malformed.
#[derive(Clone, Debug)]
pub(crate) struct Children<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<Element<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let read = Element::read(&mut self.reader);
        if read.is_err() {
            self.reader.rest();
        }
        Some(read)
    }
}

/// A tag number of more than five bits: seven a byte, the highest bit says that more follow.
fn long_number(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    let mut number = 0_u16;
    loop {
        let byte = reader.u8()?;
        number = number << 7 | u16::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
        if number > MAX_NUMBER >> 7 {
            return Err(Malformed::Form);
        }
    }
}

/// A length: short, or of one to four bytes.
pub(crate) fn length(reader: &mut Reader<'_>) -> Result<usize, Malformed> {
    let first = reader.u8()?;
    let count = match first {
        0..=0x7f => return Ok(first.into()),
        0x81..=0x84 => first & 0x7f,
        0x80 | 0x85..=0xff => return Err(Malformed::Form),
    };
    let mut length = 0_usize;
    for _ in 0..count {
        length = length << 8 | usize::from(reader.u8()?);
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<(Class, u16, &[u8]), Malformed>) {
        let read = Element::read(&mut Reader::new(bytes));
        let plain = read.map(|element| (element.class, element.number, element.content));
        assert_eq!(plain, expected, "{bytes:02x?}");
    }

    #[test]
    fn elements_are_read_with_tags_and_lengths_of_every_form() {
        check(&[0x02, 1, 5], Ok((Class::Universal, 2, &[5])));
        check(&[0xa4, 0x81, 2, 1, 2], Ok((Class::Context, 4, &[1, 2])));
        check(&[0x61, 0x84, 0, 0, 0, 1, 9], Ok((Class::Application, 1, &[9])));
        check(&[0xbf, 0x48, 0], Ok((Class::Context, 72, &[])));
        check(&[0x9f, 0x82, 0x05, 0], Ok((Class::Context, 261, &[])));
    }

    #[test]
    fn what_is_cut_short_or_of_another_form_is_no_element() {
        let cut = |offset, missing| Err(Malformed::Cut(Truncated { offset, missing }));
        check(&[], cut(0, 1));
        check(&[0x02, 2, 5], cut(2, 1));
        check(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], cut(6, 0xffff_ffff));
        check(&[0x30, 0x80, 0, 0], Err(Malformed::Form));
        check(&[0x30, 0x85, 0, 0, 0, 0, 0], Err(Malformed::Form));
        check(&[0xbf, 0xff, 0xff, 0xff, 1, 0], Err(Malformed::Form));
    }
}
