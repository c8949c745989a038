//! A stretch of base bars in the order in which a backtest plays them.
//!
//! Bars lie symbol by symbol, each symbol's in order of time: a lane. Played step by step, the lanes whose next bar ends
//! first go one bar each, in order of name; played in stretches, one lane goes after the other, which keeps the state of
//! a symbol at hand. The state at the end of a stretch is the same either way, since no symbol depends on another.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::bar::{Bar, Columns};
use crate::symbol::SymbolId;
use crate::time::Nanos;

/// A bar, and when it can be seen: at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct FeedRow {
    pub end: Nanos,
    pub bar: Bar,
}

impl AsRef<Bar> for FeedRow {
    #[inline]
    fn as_ref(&self) -> &Bar {
        &self.bar
    }
}

/// The bars of one symbol that are still to come.
#[derive(Debug, Clone, Copy)]
struct Lane {
    /// End of the next bar, `Nanos::MAX` if there is none.
    next_end: Nanos,
    next: u32,
    end: u32,
    symbol: SymbolId,
}

/// Bars by symbol and time, with a place in each lane up to which they were played.
#[derive(Debug)]
pub struct Feed {
    rows: Vec<FeedRow>,
    lanes: Vec<Lane>,
    remaining: usize,
    next_end: Nanos,
}

/// Puts together the rows of a feed.
#[derive(Debug)]
pub(super) struct FeedBuilder {
    /// End of each row's bar, `Nanos::MIN` for rows that are left out.
    ends: Vec<Nanos>,
    /// Rows of each symbol, by rank, and the end of the newest.
    counts: Vec<(u32, Nanos)>,
    /// Whether each symbol's rows are in order.
    in_order: bool,
}

impl FeedBuilder {
    pub(super) fn new(rows: usize, symbols: usize) -> Self {
        Self { ends: Vec::with_capacity(rows), counts: vec![(0, Nanos::MIN); symbols], in_order: true }
    }

    /// The next row belongs to the symbol of this rank and ends then.
    #[inline]
    pub(super) fn keep(&mut self, rank: u32, end: Nanos) {
        self.ends.push(end);
        let (count, newest) = &mut self.counts[rank as usize];
        self.in_order &= end >= *newest;
        (*count, *newest) = (*count + 1, end);
    }

    /// The next row is left out.
    pub(super) fn skip(&mut self) {
        self.ends.push(Nanos::MIN);
    }

    /// The feed; `rank` is each symbol's place in name order, by id.
    pub(super) fn build(self, columns: &Columns<'_>, rank: &[u32]) -> Feed {
        let mut by_rank = vec![0; rank.len()];
        for (symbol, &rank) in rank.iter().enumerate() {
            by_rank[rank as usize] = symbol as SymbolId;
        }
        let mut places = Vec::with_capacity(self.counts.len());
        let mut total = 0_u32;
        for (count, _) in &self.counts {
            places.push(total);
            total += count;
        }
        // Read in the order given and written lane by lane: to read lane by lane would be to wait for each column.
        let mut rows: Vec<FeedRow> = bytemuck::zeroed_vec(total as usize);
        for (row, &end) in self.ends.iter().enumerate() {
            if end != Nanos::MIN {
                let place = &mut places[rank[columns.symbol[row] as usize] as usize];
                rows[*place as usize] = FeedRow { end, bar: columns.bar(row) };
                *place += 1;
            }
        }
        let mut lanes = Vec::new();
        let counted = self.counts.iter().zip(places).zip(by_rank).filter(|(((count, _), _), _)| *count > 0);
        for ((&(count, _), end), symbol) in counted {
            let lane = &mut rows[(end - count) as usize..end as usize];
            // Stable, so that of two rows for one bar the later still comes later.
            if !self.in_order {
                lane.sort_by_key(|row| row.end);
            }
            lanes.push(Lane { next_end: lane[0].end, next: end - count, end, symbol });
        }
        let mut feed = Feed { remaining: rows.len(), rows, lanes, next_end: Nanos::MAX };
        feed.find_next_end();
        feed
    }
}

impl Feed {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows are still to come.
    pub fn remaining(&self) -> usize {
        self.remaining
    }

    /// How many symbols it has bars of.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// End of the next bar of any symbol; `Nanos::MAX` if there is none.
    #[inline]
    pub(super) fn next_end(&self) -> Nanos {
        self.next_end
    }

    fn find_next_end(&mut self) {
        self.next_end = self.lanes.iter().map(|lane| lane.next_end).min().unwrap_or(Nanos::MAX);
    }

    /// Takes in the bars of another feed; `rank` is each symbol's place in name order, by id.
    pub(super) fn merge(&mut self, other: Self, rank: &[u32]) {
        let offset = self.rows.len() as u32;
        self.rows.extend(other.rows);
        self.remaining += other.remaining;
        let moved = other.lanes.into_iter().map(|lane| Lane {
            next: lane.next + offset,
            end: lane.end + offset,
            ..lane
        });
        self.lanes.extend(moved);
        self.lanes.sort_by_key(|lane| rank[lane.symbol as usize]);
        self.find_next_end();
    }

    /// Drops the bars of a symbol that are still to come.
    pub fn drop_symbol(&mut self, symbol: SymbolId) {
        self.lanes.retain(|lane| {
            let goes = lane.symbol == symbol;
            if goes {
                self.remaining -= (lane.end - lane.next) as usize;
            }
            !goes
        });
        if self.remaining < self.rows.len() / 2 {
            self.compact();
        }
        self.find_next_end();
    }

    /// Lets go of the rows that were played or dropped.
    fn compact(&mut self) {
        let mut rows = Vec::with_capacity(self.remaining);
        for lane in &mut self.lanes {
            let start = rows.len() as u32;
            rows.extend_from_slice(&self.rows[lane.next as usize..lane.end as usize]);
            (lane.next, lane.end) = (start, rows.len() as u32);
        }
        self.rows = rows;
    }

    /// Plays all bars that end by `until`, symbol by symbol in order of name.
    pub(super) fn play<'a>(&'a mut self, until: Nanos, mut visit: impl FnMut(SymbolId, &'a [FeedRow])) {
        let Self { rows, lanes, remaining, next_end } = self;
        *next_end = Nanos::MAX;
        for lane in lanes {
            if lane.next_end <= until {
                let rows = &rows[lane.next as usize..lane.end as usize];
                let count = rows.iter().take_while(|row| row.end <= until).count();
                visit(lane.symbol, &rows[..count]);
                lane.next += count as u32;
                lane.next_end = rows.get(count).map_or(Nanos::MAX, |row| row.end);
                *remaining -= count;
            }
            *next_end = lane.next_end.min(*next_end);
        }
    }

    /// The ends of bars within which about `rows` rows lie, from the next one on: how far to play in one go.
    pub(super) fn stretch(&self, rows: usize) -> Nanos {
        let steps = (rows / self.lanes().max(1)).max(1);
        let ahead = |lane: &Lane| {
            let range: Range<usize> = lane.next as usize..lane.end as usize;
            let place = (range.start + steps - 1).min(range.end.saturating_sub(1));
            self.rows.get(place).map_or(Nanos::MAX, |row| row.end)
        };
        // No lane goes further than that many bars.
        let live = self.lanes.iter().filter(|lane| lane.next < lane.end);
        live.map(ahead).min().unwrap_or(Nanos::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_let_go_of_and_the_rest_is_played() {
        let symbol: Vec<u32> = (0..300).map(|i| i % 3).collect();
        let ts: Vec<i64> = (0..300).collect();
        let row = vec![1.0; 300];
        let columns = Columns {
            symbol: &symbol,
            ts: &ts,
            open: &row,
            high: &row,
            low: &row,
            close: &row,
            volume: &row,
            vwap: None,
            trade_count: None,
        };
        let build = || {
            let mut builder = FeedBuilder::new(300, 3);
            (0..300).for_each(|i| builder.keep(i % 3, i64::from(i) + 1));
            builder.build(&columns, &[0, 1, 2])
        };
        let mut feed = build();
        feed.play(150, |_, _| {});
        for _ in 0..20 {
            feed.drop_symbol(2);
            let mut again = build();
            again.drop_symbol(0);
            again.drop_symbol(1);
            feed.merge(again, &[0, 1, 2]);
        }
        assert_eq!(feed.remaining(), 50 + 50 + 100);
        assert!(feed.len() <= 2 * 300, "{} rows are held for 200", feed.len());
        let mut played = [0; 3];
        feed.play(Nanos::MAX - 1, |symbol, rows| played[symbol as usize] += rows.len());
        assert_eq!(played, [50, 50, 100]);
    }

    #[test]
    fn bars_come_by_time_then_rank_then_as_given() {
        let mut state = 7_u64;
        for (count, ends, symbols) in
            [(0, 1, 1), (1, 1, 1), (1_000, 390, 7), (1_000, 3, 50), (500, 1_000_000, 3)]
        {
            let mut draw = |bound: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % bound
            };
            let symbol: Vec<u32> = (0..count).map(|_| draw(symbols) as u32).collect();
            let ts: Vec<i64> = (0..count).map(|_| draw(ends) as i64 * 60).collect();
            let row: Vec<f64> = (0..count).map(f64::from).collect();
            // Rank and id differ.
            let rank: Vec<u32> = (0..symbols as u32).rev().collect();
            let columns = Columns {
                symbol: &symbol,
                ts: &ts,
                open: &row,
                high: &row,
                low: &row,
                close: &row,
                volume: &row,
                vwap: None,
                trade_count: None,
            };
            let mut expected: Vec<(i64, u32, u32)> =
                (0..count).map(|i| (ts[i as usize] + 60, rank[symbol[i as usize] as usize], i)).collect();
            expected.sort_unstable();
            let mut builder = FeedBuilder::new(count as usize, symbols as usize);
            for i in 0..count as usize {
                builder.keep(rank[symbol[i] as usize], ts[i] + 60);
            }
            let mut feed = builder.build(&columns, &rank);
            let mut played = Vec::new();
            while feed.remaining() > 0 {
                let end = feed.next_end();
                feed.play(end, |symbol, rows| {
                    played.extend(rows.iter().map(|r| (r.end, rank[symbol as usize], r.bar.open as u32)));
                });
            }
            assert_eq!(played, expected);
            assert_eq!(feed.next_end(), Nanos::MAX);
        }
    }
}
