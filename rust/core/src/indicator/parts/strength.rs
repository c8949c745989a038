//! Relative strength (Wilder 1978).

use bytemuck::{Pod, Zeroable};

use super::wilder::Wilder;
use crate::indicator::input::Column;

/// The Wilder averages of gains and losses, and how much of both the gains are.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Strength {
    previous: f64,
    gain: Wilder,
    loss: Wilder,
}

impl Strength {
    /// Takes a value, the `given`-th; from 0 to 100, 50 where nothing has moved, NaN before there are `n` moves. If it does not matter
    /// which, there have been.
    #[inline(always)]
    pub fn next(&mut self, given: Option<usize>, n: usize, factor: f64, x: f64) -> f64 {
        let change = x - self.previous;
        self.previous = x;
        if given == Some(1) {
            return f64::NAN;
        }
        let moves = given.map(|given| given - 1);
        let gain = self.gain.next(moves, n, factor, change.max(0.0));
        let loss = self.loss.next(moves, n, factor, (-change).max(0.0));
        let moved = gain + loss;
        if moved == 0.0 { 50.0 } else { 100.0 * gain / moved }
    }

    /// The same of all values of a column, of which `seen` have come before.
    #[inline(never)]
    pub fn along(&mut self, n: usize, seen: usize, column: Column<'_>, into: &mut [f64]) {
        let (factor, rows, mut state) = (Wilder::factor(n), column.rows(), *self);
        let started = (n + 1).saturating_sub(seen).min(rows);
        let (first, later) = into.split_at_mut(started);
        for (row, (into, x)) in first.iter_mut().zip(column.rows_of(0..started)).enumerate() {
            *into = state.next(Some(seen + row + 1), n, factor, *x);
        }
        for (into, x) in later.iter_mut().zip(column.rows_of(started..rows)) {
            *into = state.next(None, n, factor, *x);
        }
        *self = state;
    }
}
