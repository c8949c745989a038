//! Mean of a window of prices.

use bytemuck::{Pod, Zeroable};

use super::{RENEW_AFTER, rarely};
use crate::indicator::input::Column;
use crate::indicator::ring::Past;

/// The sum of differences from a reference within the window. A step costs one addition; rounding errors would add up for
/// ever, so it is taken anew from the window every `n` bars or so, which depends on the number of bars alone.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Rolling {
    age: u64,
    reference: f64,
    sum: f64,
}

impl Rolling {
    /// Takes the newest value, which `past` ends with; `seen` counts the values so far. Gives the mean of the last `n`,
    /// NaN before there are `n`.
    #[inline(always)]
    pub fn mean(&mut self, n: usize, seen: usize, past: Past<'_>) -> f64 {
        if seen < n {
            return f64::NAN;
        }
        if seen == n || self.is_due(n) {
            (self.reference, self.sum) = renewed(n, past);
            self.age = 1;
        } else {
            self.slide(past.lag(0), past.lag(n));
        }
        self.value(n)
    }

    /// Lets `new` come and `old` leave; gives the mean, and whether it is right: not where the sum is to be taken anew.
    #[inline(always)]
    pub fn step(&mut self, n: usize, new: f64, old: f64) -> (f64, bool) {
        let due = self.is_due(n);
        self.slide(new, old);
        (self.value(n), !due)
    }

    #[inline(always)]
    fn is_due(&self, n: usize) -> bool {
        self.age >= n.max(RENEW_AFTER) as u64
    }

    #[inline(always)]
    fn slide(&mut self, new: f64, old: f64) {
        self.sum += new - old;
        self.age += 1;
    }

    #[inline(always)]
    fn value(&self, n: usize) -> f64 {
        self.sum.mul_add(1.0 / n as f64, self.reference)
    }

    /// The same of all values of a column, of which `seen` have come before.
    #[inline(never)]
    pub fn along(&mut self, n: usize, seen: usize, column: Column<'_>, into: &mut [f64]) {
        let (rows, share) = (column.rows(), 1.0 / n as f64);
        let mut row = (n - 1).saturating_sub(seen).min(rows);
        into[..row].fill(f64::NAN);
        while row < rows {
            if seen + row + 1 == n || self.age as usize >= n.max(RENEW_AFTER) {
                (self.reference, self.sum) = renewed(n, column.past(row));
                into[row] = self.sum.mul_add(share, self.reference);
                (self.age, row) = (1, row + 1);
                continue;
            }
            let count = (n.max(RENEW_AFTER) - self.age as usize).min(rows - row);
            let (part, reference, mut sum) = (row..row + count, self.reference, self.sum);
            for (into, (new, old)) in into[part.clone()].iter_mut().zip(column.steps(n, part)) {
                sum += new - old;
                *into = sum.mul_add(share, reference);
            }
            (self.sum, self.age, row) = (sum, self.age + count as u64, row + count);
        }
    }
}

/// The newest value, and the sum of the differences of the last `n` from it: so the mean of equal values is that value.
#[inline(always)]
fn renewed(n: usize, past: Past<'_>) -> (f64, f64) {
    rarely();
    let reference = past.lag(0);
    (reference, past.last(n).map(|x| x - reference).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_the_mean_of_its_window() {
        let value = |i: i64| 1e6 + 0.01 * ((i * 7919) % 1000) as f64 + if i % 997 < 3 { 1e7 } else { 0.0 };
        for n in [1, 2, 20, 100, 300] {
            let mut ring = vec![0.0; Past::words(n)];
            let mut rolling = Rolling::zeroed();
            for i in 0..50_000_i64 {
                let seen = i as usize + 1;
                let got = rolling.mean(n, seen, Past::put(&mut ring, seen, value(i)));
                assert_eq!(got.is_nan(), seen < n);
                if seen >= n && i % 7 == 0 {
                    let exact = (i + 1 - n as i64..=i).map(|k| value(k) - 1e6).sum::<f64>() / n as f64 + 1e6;
                    assert!((got / exact - 1.0).abs() < 1e-13, "{got} against {exact} at {i}");
                }
            }
        }
    }
}
