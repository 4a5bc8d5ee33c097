//! Text that dissectors make of numbers, on the stack.

use std::fmt::{self, Write};
use std::net::IpAddr;

/// The longest textual IP address: IPv6 with an embedded IPv4 one.
const MAX_ADDRESS: usize = 45;

/// An IP address as text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressText {
    bytes: [u8; MAX_ADDRESS],
    length: usize,
}

impl AddressText {
    pub(crate) fn new(address: IpAddr) -> Self {
        let mut text = Self {
            bytes: [0; MAX_ADDRESS],
            length: 0,
        };
        // INVARIANT: no address is longer, so nothing is lost; if one were, it would be cut.
        let _fits = write!(text, "{address}");
        text
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Write for AddressText {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let end = self.length + piece.len();
        let space = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        space.copy_from_slice(piece.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_address_fits() {
        let longest: IpAddr = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap();
        assert_eq!(AddressText::new(longest).bytes(), longest.to_string().as_bytes());
        let short: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!(AddressText::new(short).bytes(), b"10.0.0.1");
    }
}
