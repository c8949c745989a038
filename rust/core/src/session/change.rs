//! What a symbol has, changed while the session runs.

use crate::bar::Bar;
use crate::error::Result;
use crate::interval::Interval;

use super::layout::IntervalRequest;
use super::programs::IndicatorRequest;
use super::store::Session;

impl Session {
    /// Adds indicators to a symbol; those whose key it has already are left as they are. They are warmed up with the
    /// bars given for their interval or, without such, with the earlier sessions' bars that are kept, and then with the
    /// session's. Gives how many were added.
    pub fn add_indicators(
        &mut self,
        symbol: &str,
        requests: &[IndicatorRequest],
        history: &[(Interval, Vec<Bar>)],
    ) -> Result<usize> {
        let view = self.symbol(symbol)?;
        for request in requests {
            view.series(request.interval)?;
            if let Some(against) = request.definition.other() {
                self.symbol(against)?;
            }
        }
        let new: Vec<IndicatorRequest> = requests
            .iter()
            .filter(|r| view.find_indicator(&r.definition.key(r.interval)).is_none())
            .cloned()
            .collect();
        let id = view.id();
        self.versions[id as usize] += 1;
        let Some(Some(track)) = self.tracks.get_mut(id as usize) else { return Ok(0) };
        let added = track.add_indicators(&new, history, &self.calendars[track.calendar], &mut self.programs);
        if track.custom {
            self.untold.push(id);
        }
        if new.iter().any(|request| request.definition.kernel().is_pair()) {
            self.find_pairs([id]);
        }
        Ok(added)
    }

    /// Adds an interval to a symbol, from the base bars that it holds; false if it is there already.
    pub fn add_interval(&mut self, symbol: &str, request: IntervalRequest) -> Result<bool> {
        let view = self.symbol(symbol)?;
        request.interval.check_derivable_from(view.base_interval())?;
        if view.intervals().any(|interval| interval == request.interval) {
            return Ok(false);
        }
        let (id, align) = (view.id(), self.settings.align);
        self.versions[id as usize] += 1;
        if let Some((track, mut shared)) = self.open(id) {
            track.add_interval(request, align, &mut shared.context(track.calendar));
        }
        Ok(true)
    }

    /// Puts bars of earlier sessions in the place of those that are kept of an interval, and keeps that many sessions
    /// from now on. Indicators are as they were.
    pub fn put_history(&mut self, symbol: &str, interval: Interval, bars: &[Bar], keep: usize) -> Result<()> {
        let view = self.symbol(symbol)?;
        view.series(interval)?;
        let id = view.id();
        self.versions[id as usize] += 1;
        let Some(Some(track)) = self.tracks.get_mut(id as usize) else { return Ok(()) };
        track.put_history(interval, bars, keep, &self.calendars[track.calendar]);
        Ok(())
    }

    /// Takes indicators of a symbol away, and longer intervals with all that is over them; what it does not have is
    /// passed over.
    pub fn reduce(&mut self, symbol: &str, keys: &[String], intervals: &[Interval]) -> Result<()> {
        let track = self.track_mut(symbol)?;
        track.reduce(keys, intervals);
        let id = track.id;
        self.pairs_changed(id);
        Ok(())
    }

    /// Gives a symbol the bars, indicators and metrics that it has in another session of the same calendars. Its id, its
    /// trades and its quote stay.
    pub fn adopt(&mut self, symbol: &str, other: &mut Self) -> Result<()> {
        let (clock, number) = (self.clock, other.symbols.require(symbol)?);
        let track = self.track_mut(symbol)?;
        let Some(mut built) = other.tracks[number as usize].take() else { return Ok(()) };
        built.id = track.id;
        built.calendar = track.calendar;
        built.counts = track.counts;
        built.book = track.book.take();
        built.quote = track.quote;
        built.noted = track.noted;
        built.shape = track.shape + 1;
        *track = *built;
        let id = track.id;
        // Its bars in progress end when they end.
        self.due = self.due.min(clock);
        self.untold.push(id);
        self.pairs_changed(id);
        Ok(())
    }

    /// Takes all indicators of a symbol away.
    pub fn remove_indicators(&mut self, symbol: &str) -> Result<()> {
        let track = self.track_mut(symbol)?;
        track.remove_indicators();
        let id = track.id;
        self.pairs_changed(id);
        Ok(())
    }
}
