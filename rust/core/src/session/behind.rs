//! Indicators that are behind their bars are brought up to date at the end of each change: many symbols that have one new
//! bar each go through each indicator together.

use std::sync::Arc;

use crate::indicator::Tick;
use crate::indicator::plan::{BATCH, Block};
use crate::series::{Place, Program, Series};
use crate::symbol::SymbolId;

use super::event::EventKind;
use super::store::Session;

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

/// Room for the blocks of a change.
#[derive(Debug, Default)]
pub(super) struct Lots(Vec<Lot>);

impl Session {
    /// Brings all indicators up to date, and tells of those that have their first value.
    pub(super) fn settle(&mut self) {
        self.settle_in(&mut Lots::default());
    }

    /// The same, in the room of an earlier call.
    pub(super) fn settle_in(&mut self, lots: &mut Lots) {
        let mut behind = std::mem::take(&mut self.behind);
        if let [symbol] = *behind {
            if let Some((track, mut context)) = self.open(symbol) {
                track.settle(&mut context);
            }
        } else {
            behind.chunks(BATCH).for_each(|symbols| self.settle_together(symbols, lots));
        }
        behind.clear();
        self.behind = behind;
    }

    fn settle_together(&mut self, symbols: &[SymbolId], lots: &mut Lots) {
        for &symbol in symbols {
            let Some((track, mut context)) = self.open(symbol) else { continue };
            let date = track.date().unwrap_or_default();
            let segment = track.segment;
            let place = Place { calendar: context.calendar, date, segment };
            for (index, series) in track.series_mut().enumerate() {
                // A symbol may come twice.
                let waits = series.is_behind() && !series.is_lent();
                if waits && !lots.borrow(symbol, index, series, place) {
                    context.settle(symbol, series, date, segment);
                }
            }
        }
        let told = !self.is_loading() && self.events.mask.has(EventKind::IndicatorValid);
        for lot in &mut lots.0 {
            lot.program.plan.update_across(&mut lot.blocks, &lot.ticks);
            lot.ticks.clear();
            for (block, owner) in lot.blocks.drain(..).zip(lot.owners.drain(..)) {
                let Some(Some(track)) = self.tracks.get_mut(owner.symbol as usize) else { continue };
                let Some(series) = track.series_mut().nth(owner.series) else { continue };
                if series.take_back(owner.stack, block) && told {
                    let (series_index, symbol) = (owner.series, owner.symbol);
                    let Some((track, mut context)) = self.open(symbol) else { continue };
                    if let Some(series) = track.series().nth(series_index) {
                        context.tell_valid(symbol, series, 1);
                    }
                }
            }
        }
    }
}

impl Lots {
    /// Takes the blocks out of a series that has one new bar; whether it has, and they could be had.
    fn borrow(&mut self, symbol: SymbolId, index: usize, series: &mut Series, place: Place<'_>) -> bool {
        // Where each has its own program, nothing is to be gained.
        let Some(tick) = series.next_tick(place).filter(|_| self.0.len() < MOST_LOTS) else { return false };
        for (stack, (program, block)) in series.lend().enumerate() {
            let found = self.0.iter().position(|lot| Arc::ptr_eq(&lot.program, program));
            let lot = found.unwrap_or_else(|| {
                let program = Arc::clone(program);
                self.0.push(Lot { program, blocks: Vec::new(), ticks: Vec::new(), owners: Vec::new() });
                self.0.len() - 1
            });
            self.0[lot].blocks.push(block);
            self.0[lot].ticks.push(tick);
            self.0[lot].owners.push(Owner { symbol, series: index, stack });
        }
        true
    }
}
