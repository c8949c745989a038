//! Exponential moving average with TA-Lib's start.

use std::iter;

use bytemuck::{Pod, Zeroable};

use super::blend::{Share, blend_column, blend_from_mean};

/// Starts as the mean of its first `n` values, then moves by `2 / (n + 1)` of each difference.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Ema {
    /// The sum until there is a mean.
    value: f64,
}

impl Ema {
    /// Bars until two different starts agree to 1e-9.
    pub fn warm(n: usize) -> usize {
        (10.4 * (n + 1) as f64).ceil() as usize
    }

    /// The factor for a period.
    pub fn factor(n: usize) -> f64 {
        2.0 / (n + 1) as f64
    }

    /// The average after `x`, the `given`-th value; NaN before the `n`-th. If it does not matter which it is, that has been.
    #[inline(always)]
    pub fn next(&mut self, given: Option<usize>, n: usize, factor: f64, x: f64) -> f64 {
        blend_from_mean(&mut self.value, given, n, factor, x)
    }

    /// The average, once it has been started, after a value of which this goes into it.
    #[inline(always)]
    pub fn step(&mut self, share: Share, of_x: f64) -> f64 {
        self.value = share.blend(self.value, of_x);
        self.value
    }

    /// The averages after the values of a column, once it has been started. Whether all of them are finite numbers.
    #[inline(always)]
    pub fn along(&mut self, factor: f64, into: &mut [f64], values: &[f64]) -> bool {
        blend_column(&mut self.value, into, |_| iter::repeat(factor), values)
    }
}
