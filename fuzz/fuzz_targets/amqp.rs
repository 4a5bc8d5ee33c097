//! AMQP.
#![no_main]
libfuzzer_sys::fuzz_target!(|script: &[u8]| cofferdam_fuzz::protocol("amqp", script));
