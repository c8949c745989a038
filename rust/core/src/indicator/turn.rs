//! Words of four blocks, turned into rows of four, and back: four words of each at a time, or two.
//!
//! In this way it is one instruction a word, and a block's words are written four at a time; the compiler makes half as many
//! again of the same said in other ways.

/// Two words that stand side by side in a block.
pub(super) type Two = [f64; 2];
/// A word each of four blocks, or four words of one.
pub(super) type Four = [f64; 4];

#[cfg(all(target_arch = "x86_64", target_feature = "avx"))]
mod wide {
    use safe_arch::{
        load_unaligned_hi_lo_m256d, m256d, permute2z_m256d, store_unaligned_hi_lo_m256d, unpack_hi_m256d,
        unpack_lo_m256d,
    };

    use super::{Four, Two};

    /// The low halves of two, or the high.
    const LOW: i32 = 0x20;
    const HIGH: i32 = 0x31;

    /// The first words, and the second.
    #[inline(always)]
    pub(in super::super) fn out([a, b, c, d]: [&Two; 4]) -> [Four; 2] {
        let (even, odd) = (load_unaligned_hi_lo_m256d(c, a), load_unaligned_hi_lo_m256d(d, b));
        [unpack_lo_m256d(even, odd).to_array(), unpack_hi_m256d(even, odd).to_array()]
    }

    /// The other way round.
    #[inline(always)]
    pub(in super::super) fn back(rows: [&Four; 2], [a, b, c, d]: [&mut Two; 4]) {
        let [first, second] = rows.map(|row| m256d::from_array(*row));
        store_unaligned_hi_lo_m256d(c, a, unpack_lo_m256d(first, second));
        store_unaligned_hi_lo_m256d(d, b, unpack_hi_m256d(first, second));
    }

    /// The same with four words: rows of words, or words of rows.
    #[inline(always)]
    pub(in super::super) fn four(rows: [&Four; 4]) -> [Four; 4] {
        let [a, b, c, d] = rows.map(|row| m256d::from_array(*row));
        let (even, odd) = (unpack_lo_m256d(a, b), unpack_hi_m256d(a, b));
        let (next_even, next_odd) = (unpack_lo_m256d(c, d), unpack_hi_m256d(c, d));
        [
            permute2z_m256d::<LOW>(even, next_even).to_array(),
            permute2z_m256d::<LOW>(odd, next_odd).to_array(),
            permute2z_m256d::<HIGH>(even, next_even).to_array(),
            permute2z_m256d::<HIGH>(odd, next_odd).to_array(),
        ]
    }
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "avx")))]
mod wide {
    use super::{Four, Two};

    /// The first words, and the second.
    #[inline(always)]
    pub(in super::super) fn out(blocks: [&Two; 4]) -> [Four; 2] {
        [0, 1].map(|word| blocks.map(|block| block[word]))
    }

    /// The other way round.
    #[inline(always)]
    pub(in super::super) fn back([first, second]: [&Four; 2], blocks: [&mut Two; 4]) {
        for (block, (first, second)) in blocks.into_iter().zip(first.iter().zip(second)) {
            *block = [*first, *second];
        }
    }

    /// The same with four words: rows of words, or words of rows.
    #[inline(always)]
    pub(in super::super) fn four(rows: [&Four; 4]) -> [Four; 4] {
        [0, 1, 2, 3].map(|word| rows.map(|row| row[word]))
    }
}

pub(super) use wide::{back, four, out};
