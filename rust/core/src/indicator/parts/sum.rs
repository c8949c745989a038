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

/// Terms, and later what each of them has lost; and the sums, each behind the one before it.
#[derive(Debug, Clone, Copy)]
struct Block {
    terms: [f64; AT_ONCE],
    sums: [f64; AT_ONCE + 1],
}

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

    /// Adds many terms; `make` writes those of some rows, `then` says what is made of what there is after each of them.
    ///
    /// Three blocks are under way: the terms of one are added, what those of the one before have lost is worked out, and what
    /// those before have lost is added. So no addition waits for itself alone, and nothing is read just after it was written.
    #[inline(always)]
    pub fn along(
        &mut self,
        into: &mut [f64],
        mut make: impl FnMut(Range<usize>, &mut [f64]),
        mut then: impl FnMut(f64) -> f64,
    ) {
        let (blocks, rest) = into.as_chunks_mut::<AT_ONCE>();
        let mut room = [Block { terms: [0.0; AT_ONCE], sums: [0.0; AT_ONCE + 1] }; 3];
        let [now, last, oldest] = &mut room;
        let (mut now, mut last, mut oldest) = (now, last, oldest);
        let Self { mut sum, lost: mut gone } = *self;
        for index in 0..blocks.len() + 2 {
            let comes = index < blocks.len();
            if comes {
                make(index * AT_ONCE..(index + 1) * AT_ONCE, &mut now.terms);
                now.sums[0] = sum;
            }
            let mut add = |i: usize| {
                sum += now.terms[i];
                now.sums[i + 1] = sum;
            };
            match index.checked_sub(2).map(|oldest| &mut blocks[oldest]) {
                Some(into) => {
                    for (i, into) in into.iter_mut().enumerate() {
                        if comes {
                            add(i);
                        }
                        gone += oldest.terms[i];
                        *into = then(oldest.sums[i + 1] + gone);
                    }
                }
                None if comes => (0..AT_ONCE).for_each(add),
                None => {}
            }
            for i in 0..AT_ONCE {
                last.terms[i] = lost(last.sums[i], last.terms[i], last.sums[i + 1]);
            }
            (now, last, oldest) = (oldest, now, last);
        }
        *self = Self { sum, lost: gone };
        let row = blocks.len() * AT_ONCE;
        let mut terms = [0.0; AT_ONCE];
        let terms = &mut terms[..rest.len()];
        make(row..row + rest.len(), terms);
        for (value, x) in rest.iter_mut().zip(terms) {
            self.add(*x);
            *value = then(self.value());
        }
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
