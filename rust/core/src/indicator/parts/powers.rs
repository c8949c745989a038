//! Central moments of a window.

use bytemuck::{Pod, Zeroable};

use crate::indicator::ring::Past;

/// Sums of the first four powers of differences from a reference within the window; taken anew from the window every `n`
/// bars, and when the spread has shrunk far below what the sums have carried.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Powers {
    age: u64,
    reference: f64,
    sums: [f64; 4],
    /// The largest sum of squares since the sums were taken.
    peak: f64,
}

/// Fourth powers lose four times the digits that the spread has lost.
const RENEW_BELOW: f64 = 0.25;
/// Up to this length the window is summed anew at every bar: as cheap, and without any rounding of the past.
const SMALL: usize = 16;

impl Powers {
    /// Takes the newest value, which `past` ends with; `seen` counts the values so far. Gives the second, third and fourth
    /// central moment of the last `n` (population); none before there are `n`.
    #[inline]
    pub fn next(&mut self, n: usize, seen: usize, past: Past<'_>) -> Option<[f64; 3]> {
        if seen < n {
            return None;
        }
        if seen == n || n <= SMALL || self.age as usize >= n {
            *self = renewed(n, past);
        } else {
            self.add(past.lag(0), 1.0);
            self.add(past.lag(n), -1.0);
            self.age += 1;
            self.peak = self.peak.max(self.sums[1]);
            if self.sums[1] - self.sums[0] * self.sums[0] / n as f64 <= RENEW_BELOW * self.peak {
                *self = renewed(n, past);
            }
        }
        let [a, b, c, d] = self.sums.map(|sum| sum / n as f64);
        let m2 = (b - a * a).max(0.0);
        let m3 = c - 3.0 * a * b + 2.0 * a.powi(3);
        let m4 = d - 4.0 * a * c + 6.0 * a * a * b - 3.0 * a.powi(4);
        Some([m2, m3, m4.max(0.0)])
    }

    #[inline]
    fn add(&mut self, x: f64, sign: f64) {
        let x = x - self.reference;
        let square = x * x;
        for (sum, power) in self.sums.iter_mut().zip([x, square, square * x, square * square]) {
            *sum += sign * power;
        }
    }
}

/// The sums of the last `n`. By value, as what is lent to a call cannot stay in registers.
#[cold]
fn renewed(n: usize, past: Past<'_>) -> Powers {
    let newest = past.lag(0);
    let reference = newest + past.last(n).map(|x| x - newest).sum::<f64>() / n as f64;
    let mut powers = Powers { age: 1, reference, sums: [0.0; 4], peak: 0.0 };
    past.last(n).for_each(|x| powers.add(x, 1.0));
    powers.peak = powers.sums[1];
    powers
}
