//! Sums that neither drift nor lose small terms behind large ones.

use bytemuck::{Pod, Zeroable};

/// A compensated sum (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974).
///
/// Values may be taken out again: ten million bars later a rolling sum is still the sum of its window.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    #[inline]
    pub fn add(&mut self, x: f64) {
        self.add_with(x, 0.0);
    }

    /// Adds a value of which something was lost before.
    #[inline]
    fn add_with(&mut self, x: f64, lost: f64) {
        // Two-sum (Knuth): exact without a branch on which term is the larger.
        let sum = self.sum + x;
        let part = sum - self.sum;
        self.lost += ((self.sum - (sum - part)) + (x - part)) + lost;
        self.sum = sum;
    }

    /// Adds one value and takes another out: as exact, and the next step waits for one addition less.
    #[inline]
    pub fn roll(&mut self, new: f64, old: f64) {
        let x = new - old;
        let part = x - new;
        self.add_with(x, (new - (x - part)) - (old + part));
    }

    #[inline]
    pub fn value(&self) -> f64 {
        self.sum + self.lost
    }

    pub fn reset(&mut self) {
        *self = Self::default();
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

    #[test]
    fn a_rolling_sum_does_not_drift() {
        let mut sum = Sum::default();
        let value = |i: i64| 1e6 + 0.01 * ((i * 7919) % 1000) as f64;
        for i in 0..1_000_000 {
            if i >= 20 {
                sum.roll(value(i), value(i - 20));
            } else {
                sum.add(value(i));
            }
        }
        let mut exact = Sum::default();
        (999_980..1_000_000).for_each(|i| exact.add(value(i)));
        assert_eq!(sum.value(), exact.value());
    }
}
