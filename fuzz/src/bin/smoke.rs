//! Runs every target over its seeds, each prefix of them, and a fixed number of changes to them: the same on every
//! machine, in some seconds. It finds what broke since yesterday; the coverage-guided runs find the rest.
#![forbid(unsafe_code)]

use cofferdam_fuzz::{Target, targets};
use std::process::ExitCode;

/// Changed inputs for each target.
const CHANGES: u64 = 20_000;

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for target in targets() {
        if target.seeds.is_empty() {
            eprintln!("{}: no seeds", target.name);
            code = ExitCode::FAILURE;
        } else {
            println!("{}: {} inputs", target.name, smoke(&target));
        }
    }
    code
}

/// Runs one target; gives the number of inputs. A failing input panics, with the target's message.
fn smoke(target: &Target) -> u64 {
    let mut inputs = 0;
    for seed in &target.seeds {
        for length in 0..=seed.len() {
            (target.run)(&seed[..length]);
            inputs += 1;
        }
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for number in 0..CHANGES {
        let mut input = target.seeds[dice.below(target.seeds.len())].clone();
        for _ in 0..=number % 4 {
            change(&mut input, &mut dice);
        }
        (target.run)(&input);
        inputs += 1;
    }
    inputs
}

fn change(input: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(input.len().max(1));
    let byte = dice.byte();
    match dice.below(4) {
        0 if at < input.len() => input[at] ^= 1 << (byte % 8),
        1 if at < input.len() => input[at] = byte,
        2 if at < input.len() => drop(input.remove(at)),
        _ => input.insert(at.min(input.len()), byte),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the smoke test has to be the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or_default()
    }
}
