//! Chance that repeats: the same seed gives the same numbers on every platform.

/// A splitmix64 stream (Steele, Lea and Flood 2014): whole numbers only, so that no platform's
/// floating point can tell drills apart.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads the bits of `x`.
const fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Chance {
    /// The stream number `stream` of `seed`.
    pub(super) const fn new(seed: u64, stream: u64) -> Self {
        Self(mix(seed.wrapping_add(GOLDEN)) ^ mix(stream.wrapping_mul(GOLDEN)))
    }

    /// The next 64 bits.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub(super) const fn below(&mut self, n: u64) -> u64 {
        ((self.next() as u128 * n as u128) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(super) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred cases.
    pub(super) const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which are never none.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// A number from `-reach` to `reach` that depends on nothing but what is given: vitals flicker by it,
/// so that reading them, however often, changes nothing.
pub(super) const fn flicker(seed: u64, who: u64, what: u64, when: u64, reach: i64) -> i64 {
    let bits = mix(mix(mix(seed ^ GOLDEN).wrapping_add(who)).wrapping_add(what << 40).wrapping_add(when));
    ((bits as u128 * (2 * reach as u128 + 1)) >> 64) as i64 - reach
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_same_everywhere() {
        let mut chance = Chance(1_234_567);
        // The reference values of splitmix64 for this state.
        let drawn: [u64; 3] = std::array::from_fn(|_| chance.next());
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_in_their_bounds_and_reach_them() {
        let mut chance = Chance::new(7, 1);
        let drawn: Vec<u64> = (0..1_000).map(|_| chance.between(3, 6)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&6)));
        let flickers: Vec<i64> = (0..1_000).map(|when| flicker(7, 1, 2, when, 2)).collect();
        assert_eq!((flickers.iter().min(), flickers.iter().max()), (Some(&-2), Some(&2)));
        assert_eq!(chance.below(0), 0);
    }
}
