//! Indicators that are behind their bars are brought up to date at the end of each change: many symbols that have one new
//! bar each go through each indicator together.

use crate::indicator::plan::BATCH;
use crate::series::Place;
use crate::symbol::SymbolId;

use super::event::EventKind;
use super::lots::{Lots, Owner};
use super::store::Session;

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
        lots.step(|Owner { symbol, series: index, stack }, block| {
            let Some((track, mut context)) = self.open(symbol) else { return };
            if let Some(series) = track.series_mut().nth(index)
                && series.take_back(stack, block)
                && told
            {
                context.tell_valid(symbol, series, 1);
            }
        });
    }
}
