//! Two words each of four blocks, turned into two rows of four, and back.
//!
//! With instructions that take half of a register from one place and half from another, this is one instruction a word; the
//! compiler makes half as many again of the same said in other ways.

#[cfg(all(target_arch = "x86_64", target_feature = "avx"))]
use safe_arch::{
    load_unaligned_hi_lo_m256d, m256d, store_unaligned_hi_lo_m256d, unpack_hi_m256d, unpack_lo_m256d,
};

/// Two words that stand side by side in a block.
pub(super) type Two = [f64; 2];
/// A word each of four blocks.
pub(super) type Four = [f64; 4];

/// The first words, and the second.
#[cfg(all(target_arch = "x86_64", target_feature = "avx"))]
#[inline(always)]
pub(super) fn out([a, b, c, d]: [&Two; 4]) -> [Four; 2] {
    let (even, odd) = (load_unaligned_hi_lo_m256d(c, a), load_unaligned_hi_lo_m256d(d, b));
    [unpack_lo_m256d(even, odd).to_array(), unpack_hi_m256d(even, odd).to_array()]
}

/// The other way round.
#[cfg(all(target_arch = "x86_64", target_feature = "avx"))]
#[inline(always)]
pub(super) fn back(rows: [&Four; 2], [a, b, c, d]: [&mut Two; 4]) {
    let [first, second] = rows.map(|row| m256d::from_array(*row));
    store_unaligned_hi_lo_m256d(c, a, unpack_lo_m256d(first, second));
    store_unaligned_hi_lo_m256d(d, b, unpack_hi_m256d(first, second));
}

/// The first words, and the second.
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx")))]
#[inline(always)]
pub(super) fn out(blocks: [&Two; 4]) -> [Four; 2] {
    [0, 1].map(|word| blocks.map(|block| block[word]))
}

/// The other way round.
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx")))]
#[inline(always)]
pub(super) fn back([first, second]: [&Four; 2], blocks: [&mut Two; 4]) {
    for (block, (first, second)) in blocks.into_iter().zip(first.iter().zip(second)) {
        *block = [*first, *second];
    }
}
