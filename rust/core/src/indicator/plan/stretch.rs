//! Many bars of one block: indicator by indicator, not bar by bar.

use std::cell::RefCell;

use super::{Block, Plan, Read};
use crate::indicator::along::{Columns, MOST_OUTPUTS, Stretch};
use crate::indicator::input::{self, Column, Tick};
use crate::indicator::ring::Past;

/// Fewer bars are taken one by one: to set out columns costs as much as some steps.
const WORTHWHILE: usize = 4;
/// So are those for each of which more values of the past than this would have to be copied.
const COPIED: usize = 16;

/// Bars as columns.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) numbers: [Vec<f64>; 6],
    session: Vec<i64>,
    regular: Vec<bool>,
    since_open: Vec<i64>,
    ts: Vec<i64>,
}

impl Table {
    pub(super) fn fill(&mut self, ticks: &[Tick]) {
        let count = ticks.len();
        let Self { numbers, session, regular, since_open, ts } = self;
        numbers.iter_mut().for_each(|column| column.resize(count, 0.0));
        session.resize(count, 0);
        regular.resize(count, true);
        since_open.resize(count, 0);
        ts.resize(count, 0);
        let [open, high, low, close, volume, other] = numbers.each_mut().map(|column| &mut column[..count]);
        let (session, regular) = (&mut session[..count], &mut regular[..count]);
        let (since_open, ts) = (&mut since_open[..count], &mut ts[..count]);
        for (i, tick) in ticks.iter().enumerate() {
            let bar = &tick.bar;
            (open[i], high[i], low[i], close[i]) = (bar.open, bar.high, bar.low, bar.close);
            (volume[i], other[i], ts[i]) = (bar.volume, tick.other, bar.ts);
            (session[i], regular[i], since_open[i]) =
                (i64::from(tick.session), tick.regular, tick.since_open);
        }
    }

    pub(super) fn columns(&self) -> Columns<'_> {
        let [open, high, low, close, volume, other] = &self.numbers;
        Columns {
            open,
            high,
            low,
            close,
            volume,
            session: Some(&self.session),
            regular: Some(&self.regular),
            since_open: Some(&self.since_open),
            ts: Some(&self.ts),
            other: Some(other),
        }
    }
}

/// Room to work in, kept from call to call: what is allocated anew each time costs more than the steps.
#[derive(Debug, Default)]
struct Room {
    table: Table,
    made: Vec<f64>,
    /// The rings as columns, one behind the other: what each held, then what comes.
    pasts: Vec<f64>,
    outputs: Vec<f64>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Plan {
    /// Takes bars that follow each other: as [`Self::update`] with each, in less time.
    pub fn update_along(&self, block: &mut Block, ticks: &[Tick]) {
        let direct = self.items.iter().all(|item| matches!(item.reads, Read::Field(_)));
        let history: usize = self.rings.iter().map(|ring| ring.bars).sum();
        if ticks.len() < WORTHWHILE || history > COPIED * ticks.len() || !direct {
            ticks.iter().for_each(|tick| self.update(block, tick));
            return;
        }
        ROOM.with_borrow_mut(|room| self.update_in(room, block, ticks));
    }

    fn update_in(&self, room: &mut Room, block: &mut Block, ticks: &[Tick]) {
        let Room { table, made, pasts, outputs } = room;
        table.fill(ticks);
        let columns = table.columns();
        let parts = self.parts();
        let block = block.words_mut();
        let before = block[parts.seen].to_bits();
        pasts.clear();
        for ring in &self.rings {
            let Read::Field(field) = ring.of else { continue };
            let words = &mut block[parts.rings..][ring.span.range()];
            let past = Past::at(words, before as usize);
            past.through(ring.bars).iter().for_each(|piece| pasts.extend_from_slice(piece));
            let newer = columns.column(field).unwrap_or_else(|| {
                made.clear();
                columns.make(field, made);
                made
            });
            Past::put_all(words, before as usize, newer);
            pasts.extend_from_slice(newer);
        }
        for (index, item) in self.items.iter().enumerate() {
            let Read::Field(reads) = item.reads else { continue };
            let mut views = input::Table::default();
            let mut from = 0;
            for ring in self.rings.iter().filter(|ring| matches!(ring.of, Read::Field(_))) {
                let values = &pasts[from..from + ring.bars + ticks.len()];
                from += values.len();
                for (view, span) in views.pasts.iter_mut().zip(item.area.rings) {
                    if span == ring.span {
                        *view = Column { values, before: ring.bars };
                    }
                }
            }
            let source = columns.column(reads).unwrap_or_else(|| {
                made.clear();
                columns.make(reads, made);
                made
            });
            let out = item.area.out.clone();
            outputs.clear();
            outputs.resize(out.len() * ticks.len(), f64::NAN);
            let mut rows: [&mut [f64]; MOST_OUTPUTS] = Default::default();
            rows.iter_mut().zip(outputs.chunks_mut(ticks.len())).for_each(|(row, column)| *row = column);
            let stretch = Stretch { columns, source, table: views, seen: before as usize, ahead: None };
            let words = &mut block[parts.areas..][item.area.words.clone()];
            let (state, own) = words.split_at_mut(item.area.state_words);
            item.kernel.along(&stretch, state, own, &mut rows[..out.len()]);
            let first = &mut block[parts.firsts + index];
            if first.to_bits() == 0
                && let Some(place) = rows[0].iter().position(|value| !value.is_nan())
            {
                *first = f64::from_bits(before + 1 + place as u64);
            }
            for (out, row) in block[out].iter_mut().zip(&rows) {
                *out = row[ticks.len() - 1];
            }
        }
        block[parts.seen] = f64::from_bits(before + ticks.len() as u64);
    }
}
