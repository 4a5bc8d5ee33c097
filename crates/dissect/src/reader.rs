//! The one cursor that every dissector reads with: it can't overrun.

/// Bytes ended before the field did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Where the field starts, from the start of the outermost reader's bytes.
    pub offset: usize,
    /// How many bytes it wants beyond those that are there.
    pub missing: usize,
}

/// Reads fields one after the other from a slice. Every read either gives the field or [`Truncated`]; none panics.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// How far from the start of the outermost bytes the next read is.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// When fewer are left; nothing is consumed then.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Truncated> {
        match self.bytes.split_at_checked(length) {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.offset += length;
                Ok(taken)
            }
            None => Err(Truncated {
                offset: self.offset,
                missing: length - self.bytes.len(),
            }),
        }
    }

    /// A reader over the next `length` bytes, whose offsets go on counting from the outermost start.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn sub(&mut self, length: usize) -> Result<Self, Truncated> {
        let offset = self.offset;
        Ok(Self {
            bytes: self.take(length)?,
            offset,
        })
    }

    /// All that is left; the reader is empty after it.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes;
        self.offset += rest.len();
        self.bytes = &[];
        rest
    }

    /// What is left, without consuming it.
    #[must_use]
    pub const fn peek(&self) -> &'a [u8] {
        self.bytes
    }

    /// Passes over `length` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn skip(&mut self, length: usize) -> Result<(), Truncated> {
        self.take(length).map(drop)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        match self.bytes.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.offset += N;
                Ok(*taken)
            }
            None => Err(Truncated {
                offset: self.offset,
                missing: N - self.bytes.len(),
            }),
        }
    }
}

macro_rules! integers {
    ($($name:ident: $type:ty = $from:ident),* $(,)?) => {
        impl Reader<'_> {
            $(
                #[doc = concat!("The next `", stringify!($type), "` (by `", stringify!($from), "`).")]
                ///
                /// # Errors
                /// When too few bytes are left.
                pub fn $name(&mut self) -> Result<$type, Truncated> {
                    self.array().map(<$type>::$from)
                }
            )*
        }
    };
}

integers! {
    u8: u8 = from_be_bytes,
    u16_be: u16 = from_be_bytes,
    u16_le: u16 = from_le_bytes,
    u32_be: u32 = from_be_bytes,
    u32_le: u32 = from_le_bytes,
    u64_be: u64 = from_be_bytes,
    u64_le: u64 = from_le_bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_both_byte_orders_and_counts_offsets_through_sub_readers() {
        let mut reader = Reader::new(&[0x01, 0x02, 0x03, 0x04, 0x05, 0x06]);
        assert_eq!(reader.u16_be(), Ok(0x0102));
        let mut sub = reader.sub(3).unwrap();
        assert_eq!(sub.u16_le(), Ok(0x0403));
        assert_eq!(sub.offset(), 4);
        assert_eq!(
            sub.u16_be(),
            Err(Truncated {
                offset: 4,
                missing: 1
            })
        );
        assert_eq!(sub.left(), 1);
        assert_eq!(reader.rest(), [0x06]);
        assert!(reader.is_empty());
    }

    #[test]
    fn a_length_beyond_the_end_consumes_nothing() {
        let mut reader = Reader::new(&[1, 2]);
        assert_eq!(
            reader.take(usize::MAX),
            Err(Truncated {
                offset: 0,
                missing: usize::MAX - 2
            })
        );
        assert_eq!(reader.left(), 2);
    }
}
