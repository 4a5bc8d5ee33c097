//! Small random numbers that depend on the seed alone.
//!
//! The plant is drawn with ChaCha. Each conversation gets its own eight bytes of state out of that, since it needs a
//! number or two for every packet: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", 2014) is a handful of instructions.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit; 0 for a limit of 0. Slightly uneven for huge limits, which nobody here has.
    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.roll() % limit }
    }

    pub(crate) fn word(&mut self) -> u16 {
        u16::try_from(self.roll() >> 48).unwrap_or_default()
    }

    pub(crate) fn long(&mut self) -> u32 {
        u32::try_from(self.roll() >> 32).unwrap_or_default()
    }

    /// Whether something that happens so often in a million times happens now.
    pub(crate) const fn happens(&mut self, per_million: u32) -> bool {
        per_million != 0 && self.below(1_000_000) < per_million as u64
    }

    /// A duration between two.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let spread = u64::try_from(most.saturating_sub(least).as_nanos()).unwrap_or(u64::MAX);
        least + Duration::from_nanos(self.below(spread))
    }

    /// A duration within two in a hundred of the one given.
    pub(crate) fn about(&mut self, duration: Duration) -> Duration {
        let fiftieth = duration / 50;
        self.between(duration - fiftieth, duration + fiftieth)
    }

    /// Appends bytes that look encrypted.
    pub(crate) fn fill(&mut self, out: &mut Vec<u8>, length: usize) {
        let end = out.len() + length;
        while out.len() + 8 <= end {
            out.extend_from_slice(&self.roll().to_le_bytes());
        }
        let rest = end - out.len();
        out.extend(self.roll().to_le_bytes().into_iter().take(rest));
    }
}
