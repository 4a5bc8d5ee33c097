//! How long things take, in a few bytes: count, least, greatest, and an estimate of the median.
//!
//! Lengths fall into buckets of an eighth of their power of two, so that the median is off by 1/16 at most. The first
//! two lengths need no bucket. Bound: [`MAX_BUCKETS`] buckets, which is all that 64 bits of nanoseconds can need.

use std::time::Duration;

/// The most buckets there can be.
const MAX_BUCKETS: usize = 496;
/// Room for so many is made at once: what most polls need.
const FIRST_BUCKETS: usize = 12;
/// Bits of a length that tell buckets of one power of two apart.
const SUB_BITS: u32 = 3;

/// How long something took, over many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spread {
    /// How many times.
    pub count: u64,
    /// The shortest.
    pub min: Duration,
    /// The median, off by 1/16 at most.
    pub median: Duration,
    /// The longest.
    pub max: Duration,
}

/// A spread that is being gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch {
    count: u64,
    min: u64,
    max: u64,
    /// Bucket and count, ordered by bucket; empty while there are two lengths or fewer.
    buckets: Vec<(u16, u32)>,
    /// The place that was hit last: lengths resemble each other.
    last_hit: u16,
}

impl Sketch {
    /// Takes a length in nanoseconds. True when more memory is held for it.
    #[inline]
    pub(crate) fn add(&mut self, nanos: u64) -> bool {
        self.count += 1;
        if self.count == 1 {
            (self.min, self.max) = (nanos, nanos);
            return false;
        }
        if self.count == 3 {
            self.buckets.reserve_exact(FIRST_BUCKETS);
            self.file(self.min);
            self.file(self.max);
        }
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
        self.count >= 3 && (self.file(nanos) || self.count == 3)
    }

    #[inline]
    fn file(&mut self, nanos: u64) -> bool {
        let bucket = bucket_of(nanos);
        match self.buckets.get_mut(usize::from(self.last_hit)) {
            Some((known, count)) if *known == bucket => {
                *count = count.saturating_add(1);
                false
            }
            Some(_) | None => self.seek(bucket),
        }
    }

    fn seek(&mut self, bucket: u16) -> bool {
        let (at, grown) = match self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => {
                if let Some((_, count)) = self.buckets.get_mut(at) {
                    *count = count.saturating_add(1);
                }
                (at, false)
            }
            Err(at) => {
                debug_assert!(self.buckets.len() < MAX_BUCKETS, "{bucket}");
                let before = self.buckets.capacity();
                self.buckets.insert(at, (bucket, 1));
                (at, self.buckets.capacity() != before)
            }
        };
        // There are fewer than 2^16 buckets.
        self.last_hit = u16::try_from(at).unwrap_or(u16::MAX);
        grown
    }

    /// Heap bytes held.
    pub(crate) fn held(&self) -> usize {
        self.buckets.capacity() * size_of::<(u16, u32)>()
    }

    /// The figures, if anything was taken.
    pub(crate) fn spread(&self) -> Option<Spread> {
        (self.count > 0).then(|| Spread {
            count: self.count,
            min: Duration::from_nanos(self.min),
            median: Duration::from_nanos(self.median().clamp(self.min, self.max)),
            max: Duration::from_nanos(self.max),
        })
    }

    /// The lower median.
    fn median(&self) -> u64 {
        let total: u64 = self.buckets.iter().map(|(_, count)| u64::from(*count)).sum();
        let mut before = 0;
        for (bucket, count) in &self.buckets {
            before += u64::from(*count);
            if 2 * before >= total {
                return middle_of(*bucket);
            }
        }
        self.min
    }
}

fn bucket_of(nanos: u64) -> u16 {
    let power = 63_u32.saturating_sub(nanos.leading_zeros());
    let bucket = match power.checked_sub(SUB_BITS) {
        None => nanos,
        Some(shift) => u64::from(shift + 1) << SUB_BITS | (nanos >> shift & 0b111),
    };
    // 61 powers of eight buckets and the first eight.
    u16::try_from(bucket).unwrap_or(u16::MAX)
}

fn middle_of(bucket: u16) -> u64 {
    let (row, sub) = (bucket >> SUB_BITS, u64::from(bucket & 0b111));
    match row.checked_sub(1) {
        None => sub,
        Some(shift) => {
            let width = 1_u64 << shift;
            (0b1000 | sub) * width + width / 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gathered(lengths: &[u64]) -> Option<Spread> {
        let mut sketch = Sketch::default();
        for nanos in lengths {
            sketch.add(*nanos);
        }
        sketch.spread()
    }

    #[test]
    fn a_few_lengths_are_exact() {
        assert_eq!(gathered(&[]), None);
        for (lengths, min, median, max) in [
            (vec![7], 7_u64, 7, 7),
            (vec![9, 5], 5, 5, 9),
            (vec![5, 5, 5], 5, 5, 5),
            (vec![1, 2, 1000], 1, 2, 1000),
            (vec![u64::MAX, u64::MAX, 0], 0, u64::MAX, u64::MAX),
        ] {
            let spread = gathered(&lengths).unwrap();
            let nanos = [spread.min, spread.median, spread.max].map(|length| length.as_nanos());
            let within = |found: u128, wanted: u64| found.abs_diff(wanted.into()) <= u128::from(wanted) / 16;
            assert!(
                nanos[0] == u128::from(min) && within(nanos[1], median) && nanos[2] == u128::from(max),
                "{lengths:?}: {nanos:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_median_is_off_by_a_sixteenth_at_most(mut lengths in proptest::collection::vec(any::<u64>().prop_flat_map(|n| 0..=n), 1..200)) {
            let spread = gathered(&lengths).unwrap();
            lengths.sort_unstable();
            let median = u128::from(lengths[(lengths.len() - 1) / 2]);
            prop_assert_eq!(spread.count, lengths.len() as u64);
            prop_assert_eq!(spread.min.as_nanos(), u128::from(lengths[0]));
            prop_assert_eq!(spread.max.as_nanos(), u128::from(*lengths.last().unwrap()));
            prop_assert!(spread.median.as_nanos().abs_diff(median) <= median / 16 + 1, "{:?} {}", spread, median);
        }

        #[test]
        fn buckets_rise_with_their_lengths_and_hold_them(a in any::<u64>(), b in any::<u64>()) {
            prop_assert!(a > b || bucket_of(a) <= bucket_of(b));
            prop_assert!(usize::from(bucket_of(a)) < MAX_BUCKETS);
            prop_assert_eq!(bucket_of(middle_of(bucket_of(a))), bucket_of(a));
        }
    }
}
