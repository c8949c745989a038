//! Many bars at once: symbol by symbol in order of their numbers, whatever the order of the rows.

use std::ops::Range;

use crate::bar::{Bar, Columns, Refusal};
use crate::indicator::plan::BATCH;
use crate::symbol::SymbolId;

use super::behind::settle_together;
use super::fetch::ahead;
use super::report::{Outcome, RefusedRow, Report};
use super::shared::{Shared, Walk};
use super::store::{Row, Session};
use super::track::Track;

impl Session {
    /// Applies base bars; those of one symbol in the order given.
    pub fn apply(&mut self, rows: &[Row]) -> Report {
        if let [row] = rows {
            return self.apply_one(row);
        }
        self.apply_each(0..rows.len(), |row| rows[row].symbol, |row| rows[row].bar)
    }

    /// The same with some rows of columns.
    pub fn apply_columns(&mut self, columns: &Columns<'_>, rows: Range<usize>) -> Report {
        self.apply_each(rows, |row| columns.symbol[row], |row| columns.bar(row))
    }

    fn apply_one(&mut self, row: &Row) -> Report {
        let mut report = Report::default();
        let outcome = self.apply_row(row.symbol, &row.bar);
        report.counts.count(outcome);
        if let Outcome::Refused(refusal) = outcome {
            report.refused.push(RefusedRow { row: 0, symbol: row.symbol, ts: row.bar.ts, refusal });
        }
        self.settle();
        self.settle_pairs();
        report
    }

    fn apply_each(
        &mut self,
        rows: Range<usize>,
        symbol: impl Fn(usize) -> SymbolId + Sync,
        bar: impl Fn(usize) -> Bar + Sync,
    ) -> Report {
        let (start, count) = (rows.start, rows.len());
        match in_order(rows, &symbol) {
            None => self.apply_batch(count, |place| start + place, symbol, bar),
            Some(order) => self.apply_batch(count, |place| order[place] as usize, symbol, bar),
        }
    }

    /// Applies rows that are given in the order of their symbols: `row` says where they stand.
    fn apply_batch(
        &mut self,
        count: usize,
        row: impl Fn(usize) -> usize + Sync + Copy,
        symbol: impl Fn(usize) -> SymbolId + Sync,
        bar: impl Fn(usize) -> Bar + Sync,
    ) -> Report {
        let batch = Batch { symbol: |place| symbol(row(place)), row, bar: |place| bar(row(place)) };
        let parts = batch.parts(count, self.parts_of(count));
        let mut report = Report::default();
        for part in self.in_parts(parts, |places, walk, shared| batch.apply(places, walk, shared)) {
            report.counts.add(&part.counts);
            report.refused.extend(part.refused);
        }
        report.refused.sort_by_key(|refused| refused.row);
        self.settle_pairs();
        report
    }
}

/// Rows by their place in the order of symbols.
struct Batch<S, R, B> {
    symbol: S,
    row: R,
    bar: B,
}

impl<S: Fn(usize) -> SymbolId, R: Fn(usize) -> usize, B: Fn(usize) -> Bar> Batch<S, R, B> {
    /// Cut into about equal parts, none within a symbol; each with its first symbol.
    fn parts(&self, rows: usize, count: usize) -> Vec<(SymbolId, Range<usize>)> {
        let mut parts = Vec::with_capacity(count);
        let mut start = 0;
        for part in 1..=count {
            if start < rows {
                let end = self.end_of_symbol((rows * part / count).max(start + 1), rows);
                parts.push(((self.symbol)(start), start..end));
                start = end;
            }
        }
        parts
    }

    /// The first place from this on at which another symbol begins than that of the place before.
    fn end_of_symbol(&self, place: usize, rows: usize) -> usize {
        let last = (self.symbol)(place - 1);
        (place..rows).find(|&place| (self.symbol)(place) != last).unwrap_or(rows)
    }

    fn apply(&self, places: Range<usize>, walk: &mut Walk<'_>, shared: &mut Shared<'_>) -> Report {
        let mut report = Report::default();
        // So many symbols at once stay in the cache until their indicators are settled.
        let mut open: Vec<&mut Track> = Vec::with_capacity(BATCH);
        let mut turns: Vec<Range<usize>> = Vec::with_capacity(BATCH);
        let mut bars: Vec<Bar> = Vec::new();
        let mut next = places.start;
        while next < places.end {
            while open.len() < BATCH && next < places.end {
                let turn = next..self.end_of_symbol(next + 1, places.end);
                next = turn.end;
                if let Some(track) = walk.to((self.symbol)(turn.start)) {
                    open.push(track);
                    turns.push(turn);
                } else {
                    turn.for_each(|place| self.refuse(place, Refusal::NotRegistered, &mut report));
                }
            }
            let several = turns.iter().any(|turn| turn.len() > 1);
            for (index, turn) in turns.drain(..).enumerate() {
                ahead(&open, index);
                let track = &mut *open[index];
                let mut context = shared.context(track.calendar);
                let mut tell = |place, outcome| match outcome {
                    Outcome::Refused(refusal) => self.refuse(place, refusal, &mut report),
                    outcome => report.counts.count(outcome),
                };
                if turn.len() == 1 {
                    tell(turn.start, track.apply(&(self.bar)(turn.start), &mut context));
                } else {
                    bars.clear();
                    bars.extend(turn.clone().map(&self.bar));
                    let followed =
                        track.apply_all(&bars, &mut context, |i, outcome| tell(turn.start + i, outcome));
                    report.counts.appended += followed as u64;
                }
                shared.note(track);
                track.base.fetch_blocks();
            }
            settle_together(&mut open, several, shared);
            open.clear();
        }
        for refused in &report.refused {
            shared.refusals[refused.refusal as usize] += 1;
        }
        report
    }

    #[cold]
    fn refuse(&self, place: usize, refusal: Refusal, report: &mut Report) {
        report.counts.count(Outcome::Refused(refusal));
        let (row, symbol, ts) = ((self.row)(place), (self.symbol)(place), (self.bar)(place).ts);
        report.refused.push(RefusedRow { row, symbol, ts, refusal });
    }
}

/// The rows by symbol, each symbol's as they stand; none if they stand so.
fn in_order(rows: Range<usize>, symbol: impl Fn(usize) -> SymbolId) -> Option<Vec<u32>> {
    if rows.clone().is_sorted_by_key(&symbol) {
        return None;
    }
    let mut order: Vec<u32> = rows.map(|row| row as u32).collect();
    order.sort_by_key(|&row| symbol(row as usize));
    Some(order)
}
