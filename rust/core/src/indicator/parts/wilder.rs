//! Wilder's smoothing (rma).

use std::iter;
use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::blend::{blend_column, blend_each, blend_from_mean};

/// Starts as the mean of its first `n` values, then moves by `1 / n` of each difference.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Wilder {
    /// The sum until there is a mean.
    value: f64,
}

impl Wilder {
    /// Bars until two different starts agree to 1e-9.
    pub fn warm(n: usize) -> usize {
        (20.7 * n as f64).ceil() as usize
    }

    /// The factor for a period.
    pub fn factor(n: usize) -> f64 {
        1.0 / n as f64
    }

    /// The average after `x`, the `given`-th value; NaN before the `n`-th. If it does not matter which it is, that has been.
    #[inline(always)]
    pub fn next(&mut self, given: Option<usize>, n: usize, factor: f64, x: f64) -> f64 {
        blend_from_mean(&mut self.value, given, n, factor, x)
    }

    /// The averages after the values of a column, once it has been started. Whether all of them are finite numbers.
    #[inline(always)]
    pub fn along(&mut self, factor: f64, into: &mut [f64], values: &[f64]) -> bool {
        blend_column(&mut self.value, into, |_| iter::repeat(factor), values)
    }

    /// The same of values that are made: see [`blend_each`].
    #[inline(always)]
    pub fn along_made<M: Iterator<Item = f64>>(
        &mut self,
        factor: f64,
        into: &mut [f64],
        make: impl FnMut(Range<usize>) -> M,
        then: impl Fn(Range<usize>, &mut [f64]),
    ) {
        blend_each(&mut self.value, into, |_| iter::repeat(factor), make, then);
    }
}
