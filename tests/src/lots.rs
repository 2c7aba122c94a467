//! Lots that fall the same way for the same seed.

use uuid::Uuid;

/// Namespace of ids that are drawn.
const DRAWN: Uuid = Uuid::from_u128(0x7d0c_0c1e_52aa_4c0b_9a50_6a3c_1d92_aa07);

/// A source of lots: `SplitMix64` (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
#[derive(Clone, Debug)]
pub struct Lots(u64);

impl Lots {
    /// Lots of one seed, for one of many who draw.
    pub fn of(seed: u64, who: u64) -> Self {
        Self(Self(seed).next() ^ who.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `choices`.
    pub fn below(&mut self, choices: u64) -> u64 {
        self.next().checked_rem(choices).unwrap_or_default()
    }

    /// An id.
    pub fn id(&mut self) -> Uuid {
        Uuid::new_v5(&DRAWN, &self.next().to_be_bytes())
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
