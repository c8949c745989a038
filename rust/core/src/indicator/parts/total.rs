//! Sum of a window of terms.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::extent::extent;
use super::{RENEW_WATCHED_AFTER, rarely};
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
        let shrinks = self.shrinks(self.sum.abs());
        if (seen == n) | (self.age as usize > n.max(RENEW_WATCHED_AFTER)) | shrinks {
            rarely();
            self.sum = (0..n).rev().map(&term).sum();
            (self.age, self.peak) = (1, self.sum.abs());
        }
        self.sum
    }

    /// The same of all terms of a column, of which `seen` have come before.
    #[inline(never)]
    pub fn along(&mut self, n: usize, seen: usize, column: Column<'_>, into: &mut [f64]) {
        let start = (n - 1).saturating_sub(seen).min(column.rows());
        into[..start].fill(f64::NAN);
        self.take(start..column.rows(), n, seen, column, into);
    }

    /// The same of several at once, each with its terms and where its sums go, over as many of them: none waits for its own sum alone.
    #[inline(never)]
    pub fn along_all<const N: usize>(
        mut all: [(&mut Self, Column<'_>, &mut [f64]); N],
        n: usize,
        seen: usize,
    ) {
        let rows = all[0].1.rows();
        let mut row = (n - 1).saturating_sub(seen).min(rows);
        all.iter_mut().for_each(|(.., into)| into[..row].fill(f64::NAN));
        while row < rows {
            let left = all.iter().map(|(total, ..)| total.steps_left(n)).min().unwrap_or(0);
            let count = left.min(rows - row);
            let part = row..row + count.max(1);
            row = part.end;
            if seen + part.start + 1 == n || count == 0 {
                all.iter_mut()
                    .for_each(|(total, column, into)| total.take(part.clone(), n, seen, *column, into));
                continue;
            }
            let mut sums = all.each_mut().map(|(total, column, into)| {
                let at = column.before + part.start;
                let terms = (&column.values[at..][..count], &column.values[at - n..][..count]);
                (total.sum, terms, &mut into[part.clone()][..count])
            });
            for i in 0..count {
                for (sum, (new, old), into) in &mut sums {
                    *sum += new[i] - old[i];
                    into[i] = *sum;
                }
            }
            for (total, column, into) in &mut all {
                let done = total.follow(part.clone(), n, *column, into);
                total.take(done..row, n, seen, *column, into);
            }
        }
    }

    /// Takes the terms of some rows, the first of which has a sum.
    fn take(&mut self, rows: Range<usize>, n: usize, seen: usize, column: Column<'_>, into: &mut [f64]) {
        let mut row = rows.start;
        while row < rows.end {
            let count = self.steps_left(n).min(rows.end - row);
            if seen + row + 1 == n || count == 0 {
                into[row] = self.renew(n, row, column);
                row += 1;
                continue;
            }
            let (part, mut sum) = (row..row + count, self.sum);
            for (into, (new, old)) in into[part.clone()].iter_mut().zip(column.steps(n, part.clone())) {
                sum += new - old;
                *into = sum;
            }
            row = self.follow(part, n, column, into);
        }
    }

    /// Steps before the sum is due to be taken anew.
    fn steps_left(&self, n: usize) -> usize {
        n.max(RENEW_WATCHED_AFTER) - self.age as usize
    }

    /// Takes the sum anew at a row.
    fn renew(&mut self, n: usize, row: usize, column: Column<'_>) -> f64 {
        self.sum = column.last(n, row).iter().sum();
        (self.age, self.peak) = (1, self.sum.abs());
        self.sum
    }

    /// Takes the sums of some rows as its own, up to the first that has shrunk too far, which it takes anew; gives the row behind.
    #[inline(always)]
    fn follow(&mut self, rows: Range<usize>, n: usize, column: Column<'_>, into: &mut [f64]) -> usize {
        let done = self.last_of(&into[rows.clone()]);
        self.age += done as u64;
        let row = rows.start + done;
        if row == rows.end {
            return row;
        }
        into[row] = self.renew(n, row, column);
        row + 1
    }

    /// How many sums come before the first that has shrunk too far.
    fn last_of(&mut self, sums: &[f64]) -> usize {
        // Mostly none has: then the largest and the smallest say so, of all, or of those that come before.
        let mut done = if self.passes(sums) { sums.len() } else { 0 };
        for some in sums[done..].chunks(FEW) {
            let found =
                if self.passes(some) { None } else { some.iter().position(|sum| self.shrinks(sum.abs())) };
            done += found.unwrap_or(some.len());
            if found.is_some() {
                break;
            }
        }
        self.sum = sums[..done].last().copied().unwrap_or(self.sum);
        done
    }

    /// Whether none of them has shrunk too far; if so, they have come.
    #[inline(always)]
    fn passes(&mut self, sums: &[f64]) -> bool {
        let (largest, smallest) = extent(sums);
        let peak = if largest > self.peak { largest } else { self.peak };
        let passes = smallest >= RENEW_BELOW * peak;
        self.peak = if passes { peak } else { self.peak };
        passes
    }

    /// Whether a sum of that size has shrunk too far; it comes.
    #[inline(always)]
    fn shrinks(&mut self, size: f64) -> bool {
        self.peak = if size > self.peak { size } else { self.peak };
        size < RENEW_BELOW * self.peak
    }
}

/// So many sums are looked at together where some of more have shrunk.
const FEW: usize = 16;

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
