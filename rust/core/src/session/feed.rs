//! A stretch of base bars in the order in which a backtest plays them.

use std::ops::Range;

use crate::bar::{Bar, Columns};
use crate::symbol::SymbolId;
use crate::time::Nanos;

/// A bar, and when it can be seen: at its end.
#[derive(Debug, Clone, Copy)]
pub struct FeedRow {
    pub end: Nanos,
    pub symbol: SymbolId,
    pub bar: Bar,
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeedOrder {
    pub(super) end: Nanos,
    pub(super) rank: u32,
    pub(super) row: u32,
}

/// Bars by end, then symbol name, then as they were given, with a place up to which they were played.
#[derive(Debug)]
pub struct Feed {
    rows: Vec<FeedRow>,
    next: usize,
}

impl Feed {
    pub(super) fn new(order: Vec<FeedOrder>, columns: &Columns<'_>, symbols: usize) -> Self {
        let rows = sorted(order, symbols)
            .iter()
            .map(|o| FeedRow {
                end: o.end,
                symbol: columns.symbol[o.row as usize],
                bar: columns.bar(o.row as usize),
            })
            .collect();
        Self { rows, next: 0 }
    }

    pub fn rows(&self) -> &[FeedRow] {
        &self.rows
    }

    /// How many rows are still to come.
    pub fn remaining(&self) -> usize {
        self.rows.len() - self.next
    }

    /// When the next step ends.
    #[inline]
    pub(super) fn next_end(&self) -> Option<Nanos> {
        self.rows.get(self.next).map(|row| row.end)
    }

    /// The rows of the next step, unless they end after `until`.
    #[inline]
    pub(super) fn next_step(&mut self, until: Nanos) -> Option<Range<usize>> {
        let start = self.next;
        let end = self.next_end().filter(|&end| end <= until)?;
        while self.rows.get(self.next).is_some_and(|r| r.end == end) {
            self.next += 1;
        }
        Some(start..self.next)
    }
}

/// A stable sort by (end, rank). Bars lie on a grid, so two counting passes do nearly all of it.
fn sorted(order: Vec<FeedOrder>, symbols: usize) -> Vec<FeedOrder> {
    if order.is_sorted_by_key(|o| (o.end, o.rank)) {
        return order;
    }
    let first = order.iter().map(|o| o.end).min().unwrap_or(0);
    let last = order.iter().map(|o| o.end).max().unwrap_or(0);
    // As fine a grid as there are rows: a day of minutes has one step a bucket.
    let step = ((last - first) / order.len().max(1) as i64).max(1);
    let order = counting_pass(&order, symbols, |o| o.rank as usize);
    let mut order =
        counting_pass(&order, ((last - first) / step) as usize + 1, |o| ((o.end - first) / step) as usize);
    if !order.is_sorted_by_key(|o| (o.end, o.rank)) {
        order.sort_by_key(|o| (o.end, o.rank));
    }
    order
}

fn counting_pass(order: &[FeedOrder], keys: usize, key: impl Fn(&FeedOrder) -> usize) -> Vec<FeedOrder> {
    let mut starts = vec![0_usize; keys + 1];
    for o in order {
        starts[key(o) + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut sorted = order.to_vec();
    for o in order {
        let place = &mut starts[key(o)];
        sorted[*place] = *o;
        *place += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_is_by_time_then_rank_then_as_given() {
        let mut state = 7_u64;
        for (rows, ends, symbols) in
            [(0, 1, 1), (1, 1, 1), (1_000, 390, 7), (1_000, 3, 50), (500, 1_000_000, 3)]
        {
            let order: Vec<FeedOrder> = (0..rows)
                .map(|row| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (end, rank) = ((state >> 40) % ends, (state >> 20) % symbols);
                    FeedOrder { end: end as i64 * 60, rank: rank as u32, row }
                })
                .collect();
            let mut expected = order.clone();
            expected.sort_by_key(|o| (o.end, o.rank, o.row));
            let rows = |order: &[FeedOrder]| order.iter().map(|o| o.row).collect::<Vec<_>>();
            assert_eq!(rows(&sorted(order, symbols as usize)), rows(&expected));
        }
    }
}
