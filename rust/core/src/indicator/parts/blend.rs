//! The step of an exponential average.

use std::ops::Range;

use super::finite::Finite;
use super::rarely;

/// Moves an average by a share of the way to `x`.
///
/// The next step waits for one fused multiplication and addition only. The shares add up to one exactly, so that the average
/// of equal values is that value.
#[inline]
pub fn blend(average: f64, share: f64, x: f64) -> f64 {
    let share = Share::new(share);
    share.blend(average, share.of(x))
}

/// Moves an average that starts as the mean of its first `n` values by the `given`-th, NaN before the `n`-th; it is their sum until
/// then. If it does not matter which it is, it has been started.
#[inline(always)]
pub(super) fn blend_from_mean(average: &mut f64, given: Option<usize>, n: usize, share: f64, x: f64) -> f64 {
    let Some(given) = given.filter(|given| *given <= n) else {
        *average = blend(*average, share, x);
        return *average;
    };
    rarely();
    *average += x;
    if given < n {
        return f64::NAN;
    }
    *average /= n as f64;
    *average
}

/// By how much an average moves.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    kept: f64,
    moved: f64,
}

impl Share {
    #[inline(always)]
    pub fn new(share: f64) -> Self {
        let kept = 1.0 - share;
        Self { kept, moved: 1.0 - kept }
    }

    /// What of a value goes into the average.
    #[inline(always)]
    pub fn of(self, x: f64) -> f64 {
        self.moved * x
    }

    /// The average after a value of which this goes into it.
    #[inline(always)]
    pub fn blend(self, average: f64, of_x: f64) -> f64 {
        self.kept.mul_add(average, of_x)
    }
}

/// So many are made at once.
const AT_ONCE: usize = 32;

/// Moves an average by the values of a column, by a share for each. Whether all of them are finite numbers.
#[inline(always)]
pub fn blend_column<S: Iterator<Item = f64>>(
    average: &mut f64,
    into: &mut [f64],
    shares: impl Fn(Range<usize>) -> S,
    values: &[f64],
) -> bool {
    let mut finite = Finite::default();
    let make = |rows: Range<usize>| {
        finite.look(&values[rows.clone()]);
        values[rows].iter().copied()
    };
    blend_each(average, into, shares, make, |_, _| {});
    finite.is_all()
}

/// Moves an average by one value after the other, by a share for each: `shares` and `make` give those of some rows, `then` makes
/// something of what there is after them.
///
/// What does not wait for the average goes through a few instructions for many rows, while it moves.
#[inline(always)]
pub(super) fn blend_each<S: Iterator<Item = f64>, M: Iterator<Item = f64>>(
    average: &mut f64,
    into: &mut [f64],
    shares: impl Fn(Range<usize>) -> S,
    mut make: impl FnMut(Range<usize>) -> M,
    then: impl Fn(Range<usize>, &mut [f64]),
) {
    let (mut kept, mut terms, mut now) = ([0.0; AT_ONCE], [0.0; AT_ONCE], *average);
    for (index, block) in into.chunks_mut(AT_ONCE).enumerate() {
        let rows = index * AT_ONCE..index * AT_ONCE + block.len();
        let steps = shares(rows.clone()).zip(make(rows.clone()));
        for ((kept, term), (share, x)) in kept.iter_mut().zip(&mut terms).zip(steps) {
            *kept = 1.0 - share;
            *term = (1.0 - *kept) * x;
        }
        for ((kept, term), into) in kept.iter().zip(&terms).zip(&mut *block) {
            now = kept.mul_add(now, *term);
            *into = now;
        }
        then(rows, block);
    }
    *average = now;
}
