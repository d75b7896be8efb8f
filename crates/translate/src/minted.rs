//! Maps whose keys are counted here.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys we minted ourselves. Nobody outside can choose keys that
/// collide, so hashing needs neither a secret nor much time; and a link that
/// is told the same things does the same things in the same order.
pub(crate) type Minted<K, V> = HashMap<K, V, BuildHasherDefault<Counted>>;

/// Spreads numbers that are counted up. An odd factor keeps the low bits apart,
/// which choose the place, and stirs the high ones, which tell entries apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted(u64);

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Counted {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(FACTOR);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::UpstreamId;

    #[test]
    fn the_order_depends_on_nothing_but_the_keys() {
        let filled = || (1..200).map(|id| (UpstreamId(id), ())).collect::<Minted<_, _>>();
        let order = |map: Minted<UpstreamId, ()>| map.into_keys().collect::<Vec<_>>();
        assert_eq!(order(filled()), order(filled()));
    }

    #[test]
    fn counted_numbers_differ_in_the_bits_that_matter() {
        let hash = |number: u64| {
            let mut hasher = Counted::default();
            hasher.write_u64(number);
            hasher.finish()
        };
        let places: std::collections::BTreeSet<_> = (0..128).map(|number| hash(number) & 127).collect();
        assert_eq!(places.len(), 128);
        let tags: std::collections::BTreeSet<_> = (0..128).map(|number| hash(number) >> 57).collect();
        assert!(tags.len() > 64, "{}", tags.len());
    }
}
