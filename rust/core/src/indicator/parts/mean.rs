//! Moving average of a series that an indicator makes itself.

use bytemuck::{Pod, Zeroable};

use super::Sum;
use crate::indicator::ring::Past;

/// A simple moving average that keeps its own window in the indicator's own words.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Mean {
    seen: u64,
    sum: Sum,
}

impl Mean {
    /// Own words for a window of `n`.
    pub const fn words(n: usize) -> usize {
        Past::words(n)
    }

    /// The window after the last value.
    pub fn view(window: &[f64]) -> Past<'_> {
        Past::view(window)
    }

    /// The mean of the last `n`, NaN before there are `n`.
    #[inline]
    pub fn next(&mut self, window: &mut [f64], n: usize, x: f64) -> f64 {
        Past::push(window, x);
        self.seen += 1;
        if self.seen as usize > n {
            self.sum.roll(x, Past::view(window).lag(n));
        } else {
            self.sum.add(x);
        }
        if (self.seen as usize) < n { f64::NAN } else { self.sum.value() / n as f64 }
    }
}
