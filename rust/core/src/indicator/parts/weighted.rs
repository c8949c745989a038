//! Linearly weighted sum of a window.

use bytemuck::{Pod, Zeroable};

use super::{RENEW_AFTER, rarely};
use crate::indicator::input::Column;
use crate::indicator::ring::Past;

/// Sums of differences from a reference within the window, plain and weighted 1 (oldest) to `n` (newest).
///
/// A step costs two additions; rounding errors would add up for ever, so both sums are taken anew from the window
/// every `n` bars or so, which depends on the number of bars alone.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Weighted {
    age: u64,
    reference: f64,
    sum: f64,
    by_age: f64,
}

impl Weighted {
    /// Takes the newest value, which `past` ends with; `seen` counts the values so far. Gives the weighted mean of the
    /// last `n`, NaN before there are `n`.
    #[inline(always)]
    pub fn mean(&mut self, n: usize, seen: usize, past: Past<'_>) -> f64 {
        if seen < n {
            return f64::NAN;
        }
        let count = n as f64;
        if seen == n || self.age as usize >= n.max(RENEW_AFTER) {
            [self.reference, self.sum, self.by_age] = renewed(n, past);
            self.age = 1;
        } else {
            let (new, old) = (past.lag(0), past.lag(n));
            self.by_age += count.mul_add(new - self.reference, -self.sum);
            self.sum += new - old;
            self.age += 1;
        }
        self.by_age.mul_add(2.0 / (count * (count + 1.0)), self.reference)
    }

    /// The same of all values of a column, of which `seen` have come before.
    #[inline(never)]
    pub fn along(&mut self, n: usize, seen: usize, column: Column<'_>, into: &mut [f64]) {
        let (rows, length) = (column.rows(), n as f64);
        let share = 2.0 / (length * (length + 1.0));
        let mut row = (n - 1).saturating_sub(seen).min(rows);
        into[..row].fill(f64::NAN);
        while row < rows {
            if seen + row + 1 == n || self.age as usize >= n.max(RENEW_AFTER) {
                [self.reference, self.sum, self.by_age] = renewed(n, column.past(row));
                into[row] = self.by_age.mul_add(share, self.reference);
                (self.age, row) = (1, row + 1);
                continue;
            }
            let count = (n.max(RENEW_AFTER) - self.age as usize).min(rows - row);
            let (part, reference) = (row..row + count, self.reference);
            let (mut sum, mut by_age) = (self.sum, self.by_age);
            for (into, (new, old)) in into[part.clone()].iter_mut().zip(column.steps(n, part)) {
                by_age += length.mul_add(new - reference, -sum);
                sum += new - old;
                *into = by_age.mul_add(share, reference);
            }
            (self.sum, self.by_age) = (sum, by_age);
            (self.age, row) = (self.age + count as u64, row + count);
        }
    }
}

/// The newest value, and the sums of the differences of the last `n` from it.
#[inline(always)]
fn renewed(n: usize, past: Past<'_>) -> [f64; 3] {
    rarely();
    let reference = past.lag(0);
    let (mut sum, mut by_age) = (0.0, 0.0);
    for (i, x) in past.last(n).enumerate() {
        sum += x - reference;
        by_age += (i + 1) as f64 * (x - reference);
    }
    [reference, sum, by_age]
}
