//! SLMP, MELSEC MC protocol.
#![no_main]
libfuzzer_sys::fuzz_target!(|script: &[u8]| cofferdam_fuzz::protocol("slmp", script));
