//! Sums that do not lose small terms behind large ones.

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

impl Sum {
    #[inline]
    pub fn add(&mut self, x: f64) {
        // Two-sum (Knuth): exact without a branch on which term is the larger.
        let sum = self.sum + x;
        let part = sum - self.sum;
        self.lost += (self.sum - (sum - part)) + (x - part);
        self.sum = sum;
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
