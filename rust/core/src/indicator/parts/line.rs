//! Straight line through a window.

use bytemuck::{Pod, Zeroable};

use crate::indicator::ring::Past;

/// A line by least squares on 0 (oldest) … n − 1 (newest).
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    pub intercept: f64,
    pub slope: f64,
    /// The squared correlation, 0 where the values are equal.
    pub r2: f64,
}

/// Sums of differences from a reference within the window: plain, by place, and of their squares; taken anew from the
/// window every `n` bars, so that rounding errors do not add up.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Line {
    age: u64,
    reference: f64,
    sum: f64,
    by_place: f64,
    squares: f64,
}

impl Line {
    /// Takes the newest value, which `past` ends with; `seen` counts the values so far. Gives the line through the last
    /// `n`, at least two; none before there are `n`.
    #[inline]
    pub fn fit(&mut self, n: usize, seen: usize, past: Past<'_>) -> Option<Fit> {
        if seen < n {
            return None;
        }
        let count = n as f64;
        if seen == n || self.age as usize >= n {
            *self = renewed(n, past);
        } else {
            let (new, old) = (past.lag(0) - self.reference, past.lag(n) - self.reference);
            // Every value moves one place down, the oldest goes, the newest comes at n − 1.
            self.by_place += (count - 1.0) * new - (self.sum - old);
            self.sum += new - old;
            self.squares += new * new - old * old;
            self.age += 1;
        }
        // The places' mean and their sum of squared distances from it.
        let middle = (count - 1.0) / 2.0;
        let spread = count * (count * count - 1.0) / 12.0;
        let across = self.by_place - middle * self.sum;
        let slope = across / spread;
        let own = self.squares - self.sum * self.sum / count;
        let r2 = if own > 0.0 { (across * across / (spread * own)).min(1.0) } else { 0.0 };
        Some(Fit { intercept: self.reference + self.sum / count - slope * middle, slope, r2 })
    }
}

/// The sums of the last `n`. By value, as what is lent to a call cannot stay in registers.
#[cold]
fn renewed(n: usize, past: Past<'_>) -> Line {
    let mut line = Line { age: 1, reference: past.lag(0), sum: 0.0, by_place: 0.0, squares: 0.0 };
    for (place, x) in past.last(n).enumerate() {
        let x = x - line.reference;
        line.sum += x;
        line.by_place += place as f64 * x;
        line.squares += x * x;
    }
    line
}
