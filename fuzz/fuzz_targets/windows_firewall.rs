#![no_main]

#[path = "../bodies/windows_firewall.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::run(bytes));
