//! How two series go together over a window.

use bytemuck::{Pod, Zeroable};

use super::RENEW_AFTER;

/// Sums of differences from a reference within the window, of both series, of their squares and products; taken anew from
/// the window every `n` bars or so.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Pairs {
    age: u64,
    reference: [f64; 2],
    sums: [f64; 2],
    squares: [f64; 2],
    products: f64,
    peak: f64,
}

/// Below this share of what the sums have carried they are taken anew.
const RENEW_BELOW: f64 = 0.01;

impl Pairs {
    /// Takes the newest pair; `pair` gives that of so many bars back, `seen` counts them. False before there are `n`.
    #[inline]
    pub fn next(&mut self, n: usize, seen: usize, pair: impl Fn(usize) -> (f64, f64)) -> bool {
        if seen < n {
            return false;
        }
        if seen == n || self.age as usize >= n.max(RENEW_AFTER) {
            *self = renewed(n, &pair);
        } else {
            self.add(pair(0), 1.0);
            self.add(pair(n), -1.0);
            self.age += 1;
            let [one, other] = self.squares;
            let larger = if one > other { one } else { other };
            self.peak = if larger > self.peak { larger } else { self.peak };
            let [one, other] = self.spreads(n);
            let bound = RENEW_BELOW * self.peak;
            if (one <= bound) | (other <= bound) {
                *self = renewed(n, &pair);
            }
        }
        true
    }

    /// The correlation of the last `n`, 0 where either does not change.
    #[inline]
    pub fn correlation(&self, n: usize) -> f64 {
        let [one, other] = self.spreads(n);
        if one > 0.0 && other > 0.0 { (self.across(n) / (one * other).sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// The slope of the second on the first by least squares, 0 where the first does not change.
    #[inline]
    pub fn slope(&self, n: usize) -> f64 {
        let [one, _] = self.spreads(n);
        if one > 0.0 { self.across(n) / one } else { 0.0 }
    }

    fn across(&self, n: usize) -> f64 {
        self.products - self.sums[0] * self.sums[1] * (1.0 / n as f64)
    }

    fn spreads(&self, n: usize) -> [f64; 2] {
        [0, 1].map(|i| self.squares[i] - self.sums[i] * self.sums[i] * (1.0 / n as f64))
    }

    #[inline]
    fn add(&mut self, (x, y): (f64, f64), sign: f64) {
        let (x, y) = (x - self.reference[0], y - self.reference[1]);
        self.sums[0] += sign * x;
        self.sums[1] += sign * y;
        self.squares[0] += sign * x * x;
        self.squares[1] += sign * y * y;
        self.products += sign * x * y;
    }
}

/// The sums of the last `n`. By value, as what is lent to a call cannot stay in registers.
#[cold]
fn renewed(n: usize, pair: &impl Fn(usize) -> (f64, f64)) -> Pairs {
    let newest = pair(0);
    let mean = |of: fn((f64, f64)) -> f64| {
        of(newest) + (0..n).rev().map(|k| of(pair(k)) - of(newest)).sum::<f64>() / n as f64
    };
    let mut pairs = Pairs { age: 1, reference: [mean(|p| p.0), mean(|p| p.1)], ..Pairs::zeroed() };
    (0..n).rev().for_each(|k| pairs.add(pair(k), 1.0));
    pairs.peak = pairs.squares[0].max(pairs.squares[1]);
    pairs
}
