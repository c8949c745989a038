//! Mean and variance of a window, safe from rounding.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::extent::{largest, smallest};
use super::finite::Finite;
use super::{RENEW_WATCHED_AFTER, rarely};
use crate::indicator::input::Column;
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

    /// Takes all values of a column before which `n` have come; `then` is given the means and the variances of some rows. Whether
    /// all the values are finite numbers.
    #[inline(always)]
    pub fn along(
        &mut self,
        n: usize,
        column: Column<'_>,
        mut then: impl FnMut(Range<usize>, &[f64], &[f64]),
    ) -> bool {
        let (share, mut row, mut finite) = (1.0 / n as f64, 0, Finite::default());
        let (mut means, mut variances) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
        let (mut sums, mut squares) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
        while row < column.rows() {
            let left = n.max(RENEW_WATCHED_AFTER).saturating_sub(self.age as usize);
            let count = left.min(column.rows() - row).min(AT_ONCE);
            let (sums, squares) = (&mut sums[..count], &mut squares[..count]);
            for ((sum, square), (new, old)) in
                sums.iter_mut().zip(&mut *squares).zip(column.steps(n, row..row + count))
            {
                let (new, old) = (new - self.reference, old - self.reference);
                (*sum, *square) = (new - old, new * new - old * old);
            }
            let (mut sum, mut square) = (self.sum, self.squares);
            for (of_sum, of_square) in sums.iter_mut().zip(&mut *squares) {
                sum += *of_sum;
                square += *of_square;
                (*of_sum, *of_square) = (sum, square);
            }
            let done = self.last_of(share, sums, squares);
            finite.look(column.rows_of(row..row + count));
            for ((mean, variance), (sum, square)) in
                means.iter_mut().zip(&mut variances).zip(sums.iter().zip(&*squares)).take(done)
            {
                (*mean, *variance) = self.both(share, *sum, *square);
            }
            self.age += done as u64;
            let rows = row..row + done;
            row = rows.end;
            then(rows, &means[..done], &variances[..done]);
            // Due, or shrunk too far.
            if done < count || left == 0 {
                self.renew(n, column.past(row));
                finite.look(column.rows_of(row..row + 1));
                let (mean, variance) = self.mean_and_variance(n);
                then(row..row + 1, &[mean], &[variance]);
                row += 1;
            }
        }
        finite.is_all()
    }

    /// How many sums come before those between which the spread has shrunk too far; they are taken.
    #[inline(always)]
    fn last_of(&mut self, share: f64, sums: &[f64], squares: &[f64]) -> usize {
        // Mostly none has: then the largest and the smallest say so.
        let both = || sums.iter().zip(squares);
        let mut spreads = [0.0; AT_ONCE];
        for (into, (sum, square)) in spreads.iter_mut().zip(both()) {
            // Squares that are too large for a number leave none.
            let spread = spread(share, *sum, *square);
            *into = if spread.is_nan() { f64::NEG_INFINITY } else { spread };
        }
        let largest = largest(squares, self.peak);
        let kept = smallest(&spreads[..sums.len()], f64::INFINITY) >= RENEW_BELOW * largest;
        let mut done = if kept { sums.len() } else { 0 };
        if kept {
            self.peak = largest;
        } else {
            for (sum, square) in both() {
                self.peak = if *square > self.peak { *square } else { self.peak };
                let good = spread(share, *sum, *square) >= RENEW_BELOW * self.peak;
                if !good {
                    break;
                }
                done += 1;
            }
        }
        if let Some((sum, square)) = both().take(done).next_back() {
            (self.sum, self.squares) = (*sum, *square);
        }
        done
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
        self.both(1.0 / n as f64, self.sum, self.squares)
    }

    #[inline(always)]
    fn both(&self, share: f64, sum: f64, squares: f64) -> (f64, f64) {
        let spread = spread(share, sum, squares);
        (sum.mul_add(share, self.reference), if spread > 0.0 { spread * share } else { 0.0 })
    }

    /// `n` times the variance.
    #[inline]
    fn spread(&self, n: usize) -> f64 {
        spread(1.0 / n as f64, self.sum, self.squares)
    }

    #[inline]
    fn renew(&mut self, n: usize, past: Past<'_>) {
        [self.reference, self.sum, self.squares] = renewed(n, past);
        self.peak = self.spread(n);
        self.age = 1;
    }
}

/// So many rows are gone over at once.
const AT_ONCE: usize = 32;

/// So many times the variance as there are values, of which each is this share.
#[inline(always)]
fn spread(share: f64, sum: f64, squares: f64) -> f64 {
    (-sum * share).mul_add(sum, squares)
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
