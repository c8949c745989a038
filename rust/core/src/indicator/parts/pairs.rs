//! How two series go together over a window.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::RENEW_AFTER;
use super::extreme::{Extreme, Highest, Lowest};
use crate::indicator::input::Column;

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

/// What two series have come to over a window: `n` times their variances, and `n` times how they vary together.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    spreads: [f64; 2],
    across: f64,
}

impl Compared {
    /// The correlation, 0 where either does not change.
    #[inline(always)]
    pub fn correlation(self) -> f64 {
        let [one, other] = self.spreads;
        let both = (one > 0.0) & (other > 0.0);
        if both { (self.across / (one * other).sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// The slope of the second on the first by least squares, 0 where the first does not change.
    #[inline(always)]
    pub fn slope(self) -> f64 {
        if self.spreads[0] > 0.0 { self.across / self.spreads[0] } else { 0.0 }
    }
}

impl Pairs {
    /// Takes the newest pair; `pair` gives that of so many bars back, `seen` counts them. None before there are `n`.
    #[inline]
    pub fn next(&mut self, n: usize, seen: usize, pair: impl Fn(usize) -> (f64, f64)) -> Option<Compared> {
        if seen < n {
            return None;
        }
        if seen == n || self.age as usize >= n.max(RENEW_AFTER) {
            *self = renewed(n, &pair);
        } else {
            self.step(pair(0), pair(n));
            if self.has_shrunk(n) {
                *self = renewed(n, &pair);
            }
        }
        Some(self.compared(n))
    }

    /// The same of all values of two columns, of which `seen` have come before; `of` says what is wanted of each.
    #[inline(always)]
    pub fn along(
        &mut self,
        n: usize,
        seen: usize,
        columns: [Column<'_>; 2],
        room: &mut [Vec<f64>; 5],
        into: &mut Vec<f64>,
        of: impl Fn(Compared) -> f64,
    ) {
        let [ours, theirs] = columns;
        let (rows, longest) = (ours.rows(), n.max(RENEW_AFTER));
        let start = into.len();
        into.resize(start + rows, f64::NAN);
        let into = &mut into[start..];
        let mut row = (n - 1).saturating_sub(seen).min(rows);
        while row < rows {
            if seen + row + 1 != n && (self.age as usize) < longest {
                let part = row..row + (longest - self.age as usize).min(rows - row);
                if self.steps(n, columns, part.clone(), room) {
                    let [_, _, one, other, across] = room;
                    let compared = one.iter().zip(&*other).zip(&*across);
                    for (((one, other), across), into) in compared.zip(&mut into[part.clone()]) {
                        *into = of(Compared { spreads: [*one, *other], across: *across });
                    }
                    row = part.end;
                    continue;
                }
                for ((x, old_x), (y, old_y)) in ours.steps(n, part.clone()).zip(theirs.steps(n, part)) {
                    self.step((*x, *y), (*old_x, *old_y));
                    if self.has_shrunk(n) {
                        break;
                    }
                    into[row] = of(self.compared(n));
                    row += 1;
                }
                if row == rows {
                    break;
                }
            }
            let (ours, theirs) = (ours.past(row), theirs.past(row));
            *self = renewed(n, &|k| (ours.lag(k), theirs.lag(k)));
            into[row] = of(self.compared(n));
            row += 1;
        }
    }

    /// Takes the pairs of some rows, and leaves spreads and what is across in the last three columns; nothing, if a spread
    /// shrinks too far at one of them.
    #[inline(never)]
    fn steps(
        &mut self,
        n: usize,
        columns: [Column<'_>; 2],
        rows: Range<usize>,
        room: &mut [Vec<f64>; 5],
    ) -> bool {
        let [ours, theirs] = columns;
        let (share, [ref_x, ref_y]) = (1.0 / n as f64, self.reference);
        let [sums_x, sums_y, squares_x, squares_y, products] = room;
        let pairs = || {
            let steps = ours.steps(n, rows.clone()).zip(theirs.steps(n, rows.clone()));
            steps.map(|((x, old_x), (y, old_y))| ([x - ref_x, y - ref_y], [old_x - ref_x, old_y - ref_y]))
        };
        refill(sums_x, pairs().map(|([x, _], [old, _])| x - old));
        refill(sums_y, pairs().map(|([_, y], [_, old])| y - old));
        refill(squares_x, pairs().map(|([x, _], [old, _])| x * x - old * old));
        refill(squares_y, pairs().map(|([_, y], [_, old])| y * y - old * old));
        refill(products, pairs().map(|([x, y], [old_x, old_y])| x * y - old_x * old_y));
        let mut now = *self;
        let sums = sums_x.iter_mut().zip(&mut *sums_y);
        for ((x, y), ((xx, yy), xy)) in
            sums.zip(squares_x.iter_mut().zip(&mut *squares_y).zip(&mut *products))
        {
            now.sums = [now.sums[0] + *x, now.sums[1] + *y];
            now.squares = [now.squares[0] + *xx, now.squares[1] + *yy];
            now.products += *xy;
            (*x, *y, *xx, *yy, *xy) =
                (now.sums[0], now.sums[1], now.squares[0], now.squares[1], now.products);
        }
        let larger = |most: f64, square: f64| Highest::pick(square, most);
        now.peak = picked(picked(self.peak, squares_x, larger), squares_y, larger);
        for ((xx, xy), (x, y)) in squares_x.iter_mut().zip(products).zip(sums_x.iter().zip(&*sums_y)) {
            *xx -= x * x * share;
            *xy -= x * y * share;
        }
        squares_y.iter_mut().zip(&*sums_y).for_each(|(yy, y)| *yy -= y * y * share);
        let smaller = |least: f64, spread: f64| Lowest::pick(spread, least);
        let least = picked(picked(f64::INFINITY, squares_x, smaller), squares_y, smaller);
        if least <= RENEW_BELOW * now.peak {
            return false;
        }
        *self = Self { age: self.age + rows.len() as u64, ..now };
        true
    }

    #[inline(always)]
    fn compared(&self, n: usize) -> Compared {
        let share = 1.0 / n as f64;
        Compared {
            spreads: [0, 1].map(|i| self.squares[i] - self.sums[i] * self.sums[i] * share),
            across: self.products - self.sums[0] * self.sums[1] * share,
        }
    }

    /// Takes a pair, and lets go of the one that leaves the window.
    #[inline(always)]
    fn step(&mut self, new: (f64, f64), old: (f64, f64)) {
        let (x, y) = (new.0 - self.reference[0], new.1 - self.reference[1]);
        let (old_x, old_y) = (old.0 - self.reference[0], old.1 - self.reference[1]);
        self.sums[0] += x - old_x;
        self.sums[1] += y - old_y;
        self.squares[0] += x * x - old_x * old_x;
        self.squares[1] += y * y - old_y * old_y;
        self.products += x * y - old_x * old_y;
        self.age += 1;
    }

    /// Whether either spread is far below what the sums have carried.
    #[inline(always)]
    fn has_shrunk(&mut self, n: usize) -> bool {
        let [one, other] = self.squares;
        self.peak = Highest::pick(Highest::pick(one, other), self.peak);
        let [one, other] = self.compared(n).spreads;
        let bound = RENEW_BELOW * self.peak;
        (one <= bound) | (other <= bound)
    }
}

#[inline(always)]
fn refill(into: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    into.clear();
    into.extend(values);
}

/// What one of two gives, of all values and the first: many at once, so in no order.
#[inline(always)]
fn picked(first: f64, values: &[f64], pick: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [first; 16];
    let chunks = values.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane = pick(*lane, *x));
    }
    lanes.iter().chain(rest).fold(first, |picked, x| pick(picked, *x))
}

/// The sums of the last `n`. By value, as what is lent to a call cannot stay in registers.
#[cold]
fn renewed(n: usize, pair: &impl Fn(usize) -> (f64, f64)) -> Pairs {
    let newest = pair(0);
    let mean = |of: fn((f64, f64)) -> f64| {
        of(newest) + (0..n).rev().map(|k| of(pair(k)) - of(newest)).sum::<f64>() / n as f64
    };
    let mut pairs = Pairs { age: 1, reference: [mean(|p| p.0), mean(|p| p.1)], ..Pairs::zeroed() };
    for (x, y) in (0..n).rev().map(pair) {
        let (x, y) = (x - pairs.reference[0], y - pairs.reference[1]);
        pairs.sums = [pairs.sums[0] + x, pairs.sums[1] + y];
        pairs.squares = [pairs.squares[0] + x * x, pairs.squares[1] + y * y];
        pairs.products += x * y;
    }
    pairs.peak = pairs.squares[0].max(pairs.squares[1]);
    pairs
}
