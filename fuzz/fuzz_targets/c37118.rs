//! IEEE C37.118.
#![no_main]
libfuzzer_sys::fuzz_target!(|script: &[u8]| cofferdam_fuzz::protocol("c37118", script));
