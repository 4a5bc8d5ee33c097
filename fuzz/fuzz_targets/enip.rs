//! EtherNet/IP, CIP and PCCC.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cofferdam_fuzz::protocol("enip", input));
