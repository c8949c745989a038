//! Sum of a window of terms.

use bytemuck::{Pod, Zeroable};

use super::{RENEW_WATCHED_AFTER, picked, rarely};
use crate::indicator::input::Column;

/// The sum of the last `n` terms, each of which can be worked out again when it leaves.
///
/// A step costs one addition; rounding errors would add up for ever, so the sum is taken anew from the window every `n` bars
/// or so, and at once when it has shrunk far below what it has carried since: where nothing has moved it is zero.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Total {
    age: u64,
    sum: f64,
    /// The largest since it was taken: rounding errors are in proportion to it.
    peak: f64,
}

/// At this shrinkage the errors that the sum has gathered are still below 1e-9 of it.
const RENEW_BELOW: f64 = 1e-3;

impl Total {
    /// Takes the newest term; `term` gives that of so many bars back, `seen` counts them. Gives the sum of the last `n`,
    /// NaN before there are `n`.
    #[inline(always)]
    pub fn next(&mut self, n: usize, seen: usize, term: impl Fn(usize) -> f64) -> f64 {
        if seen < n {
            return f64::NAN;
        }
        self.age += 1;
        self.sum += term(0) - term(n);
        let size = self.sum.abs();
        self.peak = if size > self.peak { size } else { self.peak };
        if (seen == n) | (self.age as usize > n.max(RENEW_WATCHED_AFTER)) | (size < RENEW_BELOW * self.peak) {
            rarely();
            self.sum = (0..n).rev().map(&term).sum();
            (self.age, self.peak) = (1, self.sum.abs());
        }
        self.sum
    }

    /// The same of all terms of a column, of which `seen` have come before.
    #[inline(never)]
    pub fn along(&mut self, n: usize, seen: usize, column: Column<'_>, into: &mut Vec<f64>) {
        let (rows, longest) = (column.rows(), n.max(RENEW_WATCHED_AFTER));
        let mut row = (n - 1).saturating_sub(seen).min(rows);
        into.extend(std::iter::repeat_n(f64::NAN, row));
        while row < rows {
            if seen + row + 1 != n {
                let count = (longest - self.age as usize).min(rows - row);
                let (start, mut sum) = (into.len(), self.sum);
                into.extend(column.steps(n, row..row + count).map(|(new, old)| {
                    sum += new - old;
                    sum
                }));
                let done = self.lasts(&into[start..]);
                into.truncate(start + done);
                (self.age, row) = (self.age + done as u64, row + done);
            }
            if row < rows {
                self.sum = column.last(n, row).iter().sum();
                (self.age, self.peak) = (1, self.sum.abs());
                into.push(self.sum);
                row += 1;
            }
        }
    }

    /// Takes sums that follow this one; gives how many come before the first that has shrunk too far.
    fn lasts(&mut self, sums: &[f64]) -> usize {
        // Mostly none has: then the largest and the smallest say so.
        let largest =
            picked(self.peak, sums, |largest, sum| if sum.abs() > largest { sum.abs() } else { largest });
        let smallest = picked(
            f64::INFINITY,
            sums,
            |smallest, sum| if sum.abs() < smallest { sum.abs() } else { smallest },
        );
        if smallest >= RENEW_BELOW * largest {
            self.sum = sums.last().copied().unwrap_or(self.sum);
            self.peak = largest;
            return sums.len();
        }
        for (done, &sum) in sums.iter().enumerate() {
            let size = sum.abs();
            self.peak = if size > self.peak { size } else { self.peak };
            if size < RENEW_BELOW * self.peak {
                return done;
            }
            self.sum = sum;
        }
        sums.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_the_sum_of_its_window() {
        let value = |i: i64| 0.01 * ((i * 7919) % 1000) as f64 + if i % 997 < 3 { 1e7 } else { 0.0 };
        for n in [1, 2, 20, 100, 300] {
            let mut total = Total::zeroed();
            for i in 0..50_000_i64 {
                let got =
                    total.next(n, i as usize + 1, |k| if k as i64 > i { 0.0 } else { value(i - k as i64) });
                assert_eq!(got.is_nan(), i + 1 < n as i64);
                if i + 1 >= n as i64 && i % 7 == 0 {
                    let exact: f64 = (i + 1 - n as i64..=i).map(value).sum();
                    assert!((got - exact).abs() <= 1e-9 * exact, "{got} against {exact} at {i}");
                }
            }
        }
    }

    #[test]
    fn it_is_zero_where_nothing_moves() {
        let mut total = Total::zeroed();
        for i in 0..200_usize {
            let term =
                |k: usize| if (90..100).contains(&i.wrapping_sub(k)) { 0.1 + k as f64 * 0.0 } else { 0.0 };
            let got = total.next(20, i + 1, term);
            assert!(!(120..150).contains(&i) || got == 0.0, "{got} at {i}");
        }
    }
}
