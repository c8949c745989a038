//! Indicators whose values come from outside: what happened to their bars, and the values that come back.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::series::{Entry, Program};
use crate::symbol::SymbolId;

use super::event::EventKind;
use super::store::Session;

/// What happened to the bars that such indicators of a symbol run over.
#[derive(Debug)]
pub struct CustomLog {
    pub symbol: SymbolId,
    pub interval: Interval,
    pub program: Arc<Program>,
    pub entries: Vec<Entry>,
}

impl Session {
    /// Whether there is something in the logs.
    pub fn has_custom_logs(&self) -> bool {
        !self.untold.is_empty()
    }

    /// What happened since this was last asked for, symbol by symbol in order of their ids, and whether any of it is news:
    /// first values that come of history are no events.
    pub fn take_custom_logs(&mut self) -> (Vec<CustomLog>, bool) {
        let mut ids = std::mem::take(&mut self.untold);
        ids.sort_unstable();
        ids.dedup();
        let mut logs = Vec::new();
        for symbol in ids {
            let Some(Some(track)) = self.tracks.get_mut(symbol as usize) else { continue };
            for series in track.series_mut() {
                let interval = series.interval();
                let taken = series.take_logs().into_iter();
                logs.extend(taken.map(|(program, entries)| CustomLog { symbol, interval, program, entries }));
            }
        }
        (logs, std::mem::take(&mut self.is_news))
    }

    /// Gives an indicator the values of the newest bar of its log, and tells of its first if they are news; one that is gone
    /// is passed over.
    pub fn put_custom(
        &mut self,
        symbol: &str,
        interval: Interval,
        key: &str,
        values: &[f64],
        is_news: bool,
    ) -> Result<()> {
        let wants = is_news && self.events.mask.wants(EventKind::IndicatorValid, interval);
        let there = self.symbol(symbol)?.find_indicator(key);
        // What is shown of a historical one is that of the session's start.
        let wants = wants && there.as_ref().is_some_and(|view| !view.is_historical());
        if let Some(outputs) =
            there.map(|view| view.values().len()).filter(|&outputs| outputs != values.len())
        {
            let reason = format!("{key} of {symbol} has {outputs} outputs, not {}", values.len());
            return Err(Error::Columns { reason });
        }
        let track = self.track_mut(symbol)?;
        let (id, mut newest, mut is_first) = (track.id, None, false);
        for series in track.series_mut().filter(|series| series.interval() == interval) {
            newest = series.newest().copied();
            is_first = series.put(key, values).is_some_and(|put| put.is_first);
        }
        if let Some(bar) = newest.filter(|_| wants && is_first) {
            self.events.indicator_valid(id, interval, &bar, key);
        }
        Ok(())
    }
}
