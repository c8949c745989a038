//! Mean and variance of a window, safe from rounding.

use bytemuck::{Pod, Zeroable};

use super::{RENEW_WATCHED_AFTER, rarely};
use crate::indicator::ring::Past;

/// Sums of differences from a reference that lies within the window, and of their squares.
///
/// A plain sum of squares loses everything at a price of 1e6 and a deviation of 0.01. Differences from a nearby
/// reference do not, as long as it stays nearby: so the reference is renewed, from the window itself, every `n` bars or
/// so, and at once when the spread has shrunk far below what the sums have carried since (a jump has left the window).
/// When to renew depends on the values alone, so one by one and in bulk renew at the same bars.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Moments {
    age: u64,
    reference: f64,
    sum: f64,
    squares: f64,
    /// The largest sum of squares since the last renewal: rounding errors are in proportion to it.
    peak: f64,
}

/// At this shrinkage the errors that the sums have gathered are still below 1e-9 of the deviation.
const RENEW_BELOW: f64 = 1e-3;

impl Moments {
    /// Takes the newest value, which `past` ends with; `seen` counts the values so far. Gives the mean and the
    /// population variance of the last `n`, NaN before there are `n`.
    #[inline(always)]
    pub fn next(&mut self, n: usize, seen: usize, past: Past<'_>) -> (f64, f64) {
        if seen < n {
            return (f64::NAN, f64::NAN);
        }
        if seen == n || self.is_due(n) || !self.slide(n, past.lag(0), past.lag(n)) {
            self.renew(n, past);
        }
        self.mean_and_variance(n)
    }

    /// Lets `new` come and `old` leave; gives the mean and the variance, and whether they are right: not where the sums are to
    /// be taken anew.
    #[inline(always)]
    pub fn step(&mut self, n: usize, new: f64, old: f64) -> (f64, f64, bool) {
        let due = self.is_due(n);
        let good = self.slide(n, new, old);
        let (mean, variance) = self.mean_and_variance(n);
        (mean, variance, good & !due)
    }

    #[inline(always)]
    fn is_due(&self, n: usize) -> bool {
        self.age >= n.max(RENEW_WATCHED_AFTER) as u64
    }

    /// False if the spread has shrunk too far.
    #[inline(always)]
    fn slide(&mut self, n: usize, new: f64, old: f64) -> bool {
        let (new, old) = (new - self.reference, old - self.reference);
        self.sum += new - old;
        self.squares += new * new - old * old;
        self.age += 1;
        self.peak = if self.squares > self.peak { self.squares } else { self.peak };
        self.spread(n) >= RENEW_BELOW * self.peak
    }

    #[inline(always)]
    fn mean_and_variance(&self, n: usize) -> (f64, f64) {
        let (share, spread) = (1.0 / n as f64, self.spread(n));
        (self.sum.mul_add(share, self.reference), if spread > 0.0 { spread * share } else { 0.0 })
    }

    /// `n` times the variance.
    #[inline]
    fn spread(&self, n: usize) -> f64 {
        (-self.sum * (1.0 / n as f64)).mul_add(self.sum, self.squares)
    }

    #[inline]
    fn renew(&mut self, n: usize, past: Past<'_>) {
        [self.reference, self.sum, self.squares] = renewed(n, past);
        self.peak = self.spread(n);
        self.age = 1;
    }
}

/// A reference within the window, and the sums about it.
#[inline(always)]
fn renewed(n: usize, past: Past<'_>) -> [f64; 3] {
    rarely();
    // Taken about the newest value, the mean of equal values is that value, and their variance is zero.
    let newest = past.lag(0);
    let reference = newest + past.last(n).map(|x| x - newest).sum::<f64>() / n as f64;
    let sum = past.last(n).map(|x| x - reference).sum();
    [reference, sum, past.last(n).map(|x| (x - reference).powi(2)).sum()]
}
