//! Firewall backends: from a policy to a device's own rules, and back.
//!
//! Each backend is a folder of its own with four parts: `lower` (policy to a typed tree, deciding everything), `tree`
//! (the device's rules as values, which also answer for a packet), `print` (tree to text, deciding nothing) and `parse`
//! (text to tree). It is registered in [`BACKENDS`]; tests find it there.
//!
//! The nftables backend is being written apart from the shadow test and the draft; this line goes when it has landed.
