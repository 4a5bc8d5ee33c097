//! CODESYS V3 and V2.
#![no_main]
libfuzzer_sys::fuzz_target!(|script: &[u8]| cofferdam_fuzz::protocol("codesys", script));
