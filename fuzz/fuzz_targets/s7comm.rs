//! S7comm and S7comm-plus.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cofferdam_fuzz::protocol("s7comm", input));
