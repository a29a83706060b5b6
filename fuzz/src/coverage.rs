//! The targets under libFuzzer: `WHEELHOUSE_FUZZ_TARGET` names one, libFuzzer's own options follow.
#![cfg_attr(feature = "coverage", no_main)]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use wheelhouse_fuzz::bounds::Counting;
use wheelhouse_fuzz::{Target, hold, target};

#[global_allocator]
static COUNTING: Counting = Counting;

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("WHEELHOUSE_FUZZ_TARGET").expect("WHEELHOUSE_FUZZ_TARGET names a target");
        let chosen = target(&name).expect("WHEELHOUSE_FUZZ_TARGET names one of the targets");
        // What is made once and kept is not the cost of an input.
        (chosen.run)(b"");
        chosen
    })
}

fuzz_target!(|input: &[u8]| {
    hold(chosen(), input);
});
