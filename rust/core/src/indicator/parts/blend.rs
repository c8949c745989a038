//! The step of an exponential average.

use std::ops::Range;

/// Moves an average by a share of the way to `x`.
///
/// The next step waits for one fused multiplication and addition only. The shares add up to one exactly, so that the average
/// of equal values is that value.
#[inline]
pub fn blend(average: f64, share: f64, x: f64) -> f64 {
    let kept = 1.0 - share;
    kept.mul_add(average, (1.0 - kept) * x)
}

/// So many are made at once.
const AT_ONCE: usize = 32;

/// Moves an average by one value after the other; `make` gives those of some rows, `then` makes something of what there is
/// after them.
///
/// What does not wait for the average goes through a few instructions for many rows, while it moves.
#[inline(always)]
pub fn blend_along<M: Iterator<Item = f64>>(
    average: &mut f64,
    share: f64,
    into: &mut [f64],
    mut make: impl FnMut(Range<usize>) -> M,
    then: impl Fn(Range<usize>, &mut [f64]),
) {
    let (kept, mut now) = (1.0 - share, *average);
    let mut terms = [0.0; AT_ONCE];
    for (index, block) in into.chunks_mut(AT_ONCE).enumerate() {
        let rows = index * AT_ONCE..index * AT_ONCE + block.len();
        for (term, x) in terms.iter_mut().zip(make(rows.clone())) {
            *term = (1.0 - kept) * x;
        }
        for (term, into) in terms.iter().zip(&mut *block) {
            now = kept.mul_add(now, *term);
            *into = now;
        }
        then(rows, block);
    }
    *average = now;
}
