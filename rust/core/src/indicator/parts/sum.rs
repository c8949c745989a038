//! Sums that do not lose small terms behind large ones.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

/// A compensated sum (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974).
///
/// Ten million bars later it is still the sum of them.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

/// So many terms are added at once: what does not wait for the one before goes through a few instructions for all.
const AT_ONCE: usize = 32;

/// What a sum of two has lost (two-sum, Knuth): exact without a branch on which is the larger.
#[inline(always)]
fn lost(before: f64, x: f64, sum: f64) -> f64 {
    let part = sum - before;
    (before - (sum - part)) + (x - part)
}

impl Sum {
    #[inline]
    pub fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost += lost(self.sum, x, sum);
        self.sum = sum;
    }

    /// Adds many terms; `make` writes those of some rows, `then` is given what there is after each of them.
    #[inline(always)]
    pub fn along(
        &mut self,
        into: &mut [f64],
        make: impl Fn(Range<usize>, &mut [f64]),
        mut then: impl FnMut(&mut [f64]),
    ) {
        let (blocks, rest) = into.as_chunks_mut::<AT_ONCE>();
        let [mut terms, mut before, mut sums] = [[0.0; AT_ONCE]; 3];
        let mut row = 0;
        for block in blocks {
            make(row..row + AT_ONCE, &mut terms);
            for ((before, sum), x) in before.iter_mut().zip(&mut sums).zip(&terms) {
                *before = self.sum;
                self.sum += x;
                *sum = self.sum;
            }
            for ((x, before), sum) in terms.iter_mut().zip(&before).zip(&sums) {
                *x = lost(*before, *x, *sum);
            }
            for ((value, sum), lost) in block.iter_mut().zip(&sums).zip(&terms) {
                self.lost += lost;
                *value = sum + self.lost;
            }
            then(block);
            row += AT_ONCE;
        }
        let terms = &mut terms[..rest.len()];
        make(row..row + rest.len(), terms);
        for (value, x) in rest.iter_mut().zip(terms) {
            self.add(*x);
            *value = self.value();
        }
        then(rest);
    }

    #[inline]
    pub fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        let mut sum = Sum::default();
        for x in [1e16, 0.1, -1e16, 0.2] {
            sum.add(x);
        }
        assert!((sum.value() - 0.3).abs() < 1e-16);
    }
}
