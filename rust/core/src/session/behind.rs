//! Indicators that are behind their bars are brought up to date at the end of each change: many symbols that have one new
//! bar each go through each indicator together.

use std::sync::Arc;

use crate::calendar::Calendar;
use crate::indicator::Tick;
use crate::indicator::plan::{BATCH, Block};
use crate::series::Program;
use crate::symbol::SymbolId;

use super::store::Session;
use super::track::Track;

/// Programs whose blocks are put together.
const MOST_LOTS: usize = 16;

/// Where a block belongs.
#[derive(Debug, Clone, Copy)]
struct Owner {
    symbol: SymbolId,
    series: usize,
    stack: usize,
}

/// Blocks of one program, each with its new bar.
#[derive(Debug)]
struct Lot {
    program: Arc<Program>,
    blocks: Vec<Block>,
    ticks: Vec<Tick>,
    owners: Vec<Owner>,
}

impl Session {
    /// Brings all indicators up to date, and tells of those that have their first value.
    pub(super) fn settle(&mut self) {
        let mut behind = std::mem::take(&mut self.behind);
        if behind.len() > 1 {
            let mut lots = Vec::new();
            for symbols in behind.chunks(BATCH) {
                self.settle_together(symbols, &mut lots);
            }
        }
        for symbol in behind.drain(..) {
            if let Some((track, mut context)) = self.open(symbol) {
                track.settle(&mut context);
            }
        }
        self.behind = behind;
    }

    /// Lets the new bars of these symbols through, as far as it is one bar for a series.
    fn settle_together(&mut self, symbols: &[SymbolId], lots: &mut Vec<Lot>) {
        for &symbol in symbols {
            let Some((track, context)) = self.open(symbol) else { continue };
            lend(track, context.calendar, lots);
        }
        for lot in lots.iter_mut() {
            lot.program.plan.update_across(&mut lot.blocks, &lot.ticks);
            lot.ticks.clear();
            for (block, owner) in lot.blocks.drain(..).zip(lot.owners.drain(..)) {
                let Some((track, mut context)) = self.open(owner.symbol) else { continue };
                let id = track.id;
                if let Some(series) = track.series_mut().nth(owner.series)
                    && series.take_back(owner.stack, block)
                {
                    context.tell_valid(id, series, 1);
                }
            }
        }
    }
}

/// Takes the blocks out of the series of a track that have one new bar.
fn lend(track: &mut Track, calendar: &Calendar, lots: &mut Vec<Lot>) {
    let (symbol, place) = (track.id, track.place(calendar));
    for (index, series) in track.series_mut().enumerate() {
        // Where each has its own, nothing is to be gained.
        let Some(tick) = series.next_tick(place).filter(|_| lots.len() < MOST_LOTS) else { continue };
        for (stack, (program, block)) in series.lend().enumerate() {
            let found = lots.iter().position(|lot| Arc::ptr_eq(&lot.program, program));
            let lot = found.unwrap_or_else(|| {
                let program = Arc::clone(program);
                lots.push(Lot { program, blocks: Vec::new(), ticks: Vec::new(), owners: Vec::new() });
                lots.len() - 1
            });
            lots[lot].blocks.push(block);
            lots[lot].ticks.push(tick);
            lots[lot].owners.push(Owner { symbol, series: index, stack });
        }
    }
}
