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
    /// The largest squares since they were taken: rounding errors are in proportion to them.
    peaks: [f64; 2],
}

/// At this shrinkage the errors that the sums have gathered are still below 1e-9 of a spread.
const RENEW_BELOW: f64 = 1e-3;

/// As many rows are gone over at once as may have to be gone over again, one by one.
const PART: usize = 64;

/// Columns to work in: sums, squares and products.
type Room = [[f64; PART]; 5];

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
    #[inline(always)]
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
        into: &mut [f64],
        of: impl Fn(Compared) -> f64,
    ) {
        let [ours, theirs] = columns;
        let (rows, longest) = (ours.rows(), n.max(RENEW_AFTER));
        let mut room = [[0.0; PART]; 5];
        let mut row = (n - 1).saturating_sub(seen).min(rows);
        into[..row].fill(f64::NAN);
        while row < rows {
            if seen + row + 1 != n && (self.age as usize) < longest {
                let part = row..row + (longest - self.age as usize).min(rows - row).min(PART);
                if self.steps(n, columns, part.clone(), &mut room) {
                    let [_, _, one, other, across] = &room;
                    let compared = one.iter().zip(other).zip(across);
                    for (((one, other), across), into) in compared.zip(&mut into[part.clone()]) {
                        *into = of(Compared { spreads: [*one, *other], across: *across });
                    }
                    row = part.end;
                    continue;
                }
                for ((x, old_x), (y, old_y)) in ours.steps(n, part.clone()).zip(theirs.steps(n, part.clone()))
                {
                    self.step((*x, *y), (*old_x, *old_y));
                    if self.has_shrunk(n) {
                        break;
                    }
                    into[row] = of(self.compared(n));
                    row += 1;
                }
                if row == part.end {
                    continue;
                }
            }
            let (ours, theirs) = (ours.past(row), theirs.past(row));
            *self = renewed(n, &|k| (ours.lag(k), theirs.lag(k)));
            into[row] = of(self.compared(n));
            row += 1;
        }
    }

    /// Takes the pairs of at most [`PART`] rows, and leaves spreads and what is across in the last three columns; nothing, if a
    /// spread may have shrunk too far at one of them.
    #[inline(never)]
    fn steps(&mut self, n: usize, columns: [Column<'_>; 2], rows: Range<usize>, room: &mut Room) -> bool {
        let [ours, theirs] = columns;
        let (share, count) = (1.0 / n as f64, rows.len().min(PART));
        let [sums_x, sums_y, squares_x, squares_y, products] =
            room.each_mut().map(|column| &mut column[..count]);
        let terms = ours.steps(n, rows.clone()).zip(theirs.steps(n, rows));
        let into = sums_x.iter_mut().zip(&mut *sums_y);
        let into = into.zip(squares_x.iter_mut().zip(&mut *squares_y).zip(&mut *products));
        for (((x, old_x), (y, old_y)), ((dx, dy), ((dxx, dyy), dxy))) in terms.zip(into) {
            ([*dx, *dy], [*dxx, *dyy], *dxy) = self.change((*x, *y), (*old_x, *old_y));
        }
        let mut now = *self;
        let into = sums_x.iter_mut().zip(&mut *sums_y);
        let into = into.zip(squares_x.iter_mut().zip(&mut *squares_y).zip(&mut *products));
        for ((x, y), ((xx, yy), xy)) in into {
            now.add([*x, *y], [*xx, *yy], *xy);
            ([*x, *y], [*xx, *yy], *xy) = (now.sums, now.squares, now.products);
        }
        now.peaks =
            [picked::<Highest>(self.peaks[0], squares_x), picked::<Highest>(self.peaks[1], squares_y)];
        let into = squares_x.iter_mut().zip(&mut *squares_y).zip(products);
        for (((xx, yy), xy), (x, y)) in into.zip(sums_x.iter().zip(&*sums_y)) {
            ([*xx, *yy], *xy) = spread(share, [*x, *y], [*xx, *yy], *xy);
        }
        let least = [picked::<Lowest>(f64::INFINITY, squares_x), picked::<Lowest>(f64::INFINITY, squares_y)];
        let good = least[0] >= RENEW_BELOW * now.peaks[0] && least[1] >= RENEW_BELOW * now.peaks[1];
        if good {
            *self = Self { age: self.age + count as u64, ..now };
        }
        good
    }

    #[inline(always)]
    fn compared(&self, n: usize) -> Compared {
        let (spreads, across) = spread(1.0 / n as f64, self.sums, self.squares, self.products);
        Compared { spreads, across }
    }

    /// Takes a pair, and lets go of the one that leaves the window.
    #[inline(always)]
    fn step(&mut self, new: (f64, f64), old: (f64, f64)) {
        let (sums, squares, products) = self.change(new, old);
        self.add(sums, squares, products);
        self.age += 1;
    }

    /// What a pair that comes and one that leaves add to the sums.
    #[inline(always)]
    fn change(&self, new: (f64, f64), old: (f64, f64)) -> ([f64; 2], [f64; 2], f64) {
        let (x, y) = (new.0 - self.reference[0], new.1 - self.reference[1]);
        let (old_x, old_y) = (old.0 - self.reference[0], old.1 - self.reference[1]);
        let squares = [x.mul_add(x, -(old_x * old_x)), y.mul_add(y, -(old_y * old_y))];
        ([x - old_x, y - old_y], squares, x.mul_add(y, -(old_x * old_y)))
    }

    #[inline(always)]
    fn add(&mut self, sums: [f64; 2], squares: [f64; 2], products: f64) {
        self.sums = [self.sums[0] + sums[0], self.sums[1] + sums[1]];
        self.squares = [self.squares[0] + squares[0], self.squares[1] + squares[1]];
        self.products += products;
    }

    /// Whether either spread is far below what its sums have carried.
    #[inline(always)]
    fn has_shrunk(&mut self, n: usize) -> bool {
        self.peaks = [0, 1].map(|i| Highest::pick(self.squares[i], self.peaks[i]));
        let [one, other] = self.compared(n).spreads;
        (one < RENEW_BELOW * self.peaks[0]) | (other < RENEW_BELOW * self.peaks[1])
    }
}

/// What sums come to: `n` times the variances, and `n` times how they vary together.
#[inline(always)]
fn spread(share: f64, sums: [f64; 2], squares: [f64; 2], products: f64) -> ([f64; 2], f64) {
    let [x, y] = sums;
    (
        [(-x * share).mul_add(x, squares[0]), (-y * share).mul_add(y, squares[1])],
        (-x * share).mul_add(y, products),
    )
}

/// The extreme of all values and the first: many at once, so in no order.
#[inline(always)]
fn picked<E: Extreme>(first: f64, values: &[f64]) -> f64 {
    let mut lanes = [first; 16];
    let chunks = values.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane = E::pick(*x, *lane));
    }
    lanes.iter().chain(rest).fold(first, |picked, x| E::pick(*x, picked))
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
    pairs.peaks = pairs.squares;
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many bars take the sums anew.
    fn renewals(n: usize, bars: usize, pair: impl Fn(usize) -> (f64, f64)) -> usize {
        let mut pairs = Pairs::zeroed();
        let taken = |i: usize| {
            pairs.next(n, i + 1, |k| pair(i - k.min(i)));
            pairs.age == 1
        };
        (0..bars).map(taken).filter(|anew| *anew).count()
    }

    fn wave(i: usize) -> f64 {
        (i as f64 * 0.7).sin() + (i as f64 * 0.13).cos()
    }

    #[test]
    fn series_that_move_a_thousand_times_as_much_as_the_other_or_not_at_all_are_not_taken_anew_each_time() {
        for scale in [1.0, 1e-3, 0.0] {
            let anew = renewals(30, 10_000, |i| (100.0 + wave(i), 5.0 + scale * wave(i * i % 97)));
            assert!(anew <= 10_000 / RENEW_AFTER + 1, "{anew} times at {scale}");
        }
    }

    #[test]
    fn it_stays_the_comparison_of_its_window() {
        // Spikes that the sums must forget.
        let pair = |i: usize| {
            let spike = if i % 997 < 3 { 1e6 } else { 0.0 };
            (1e4 + wave(i) + spike, 0.01 * wave(i + 3) + 1e-3 * wave(i * i % 89) - spike)
        };
        for n in [2, 5, 30, 200] {
            let mut pairs = Pairs::zeroed();
            for i in 0..20_000 {
                let found =
                    pairs.next(n, i + 1, |k| pair(i - k.min(i))).map(|c| [c.correlation(), c.slope()]);
                assert_eq!(found.is_none(), i + 1 < n);
                let exact = renewed(n, &|k| pair(i - k.min(i))).compared(n);
                for (got, want) in found.iter().flatten().zip([exact.correlation(), exact.slope()]) {
                    assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-2), "{got} against {want} at {i}");
                }
            }
        }
    }
}
