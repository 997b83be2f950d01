//! A payload, whatever it holds, is answered or refused by name.
#![no_main]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "helpers of tests; this uses its part")]

#[path = "../../discord-adapter/tests/hostile/body.rs"]
mod body;
#[path = "../../discord-adapter/tests/world/mod.rs"]
mod world;

use libfuzzer_sys::fuzz_target;

thread_local! {
    static STAGE: body::Stage = body::Stage::new("popverse-kingdoms");
}

fuzz_target!(|payload: &[u8]| {
    let _ = STAGE.with(|stage| stage.answered(payload));
});
