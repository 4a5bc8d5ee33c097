//! Exports of flows: NetFlow and IPFIX.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cofferdam_fuzz::netflow(input));
