//! Feeds: bars that are played step by step.

use crate::bar::{Columns, Refusal};
use crate::derive::Grid;
use crate::error::Result;
use crate::indicator::plan::BATCH;
use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::behind::settle_together;
use super::event::EventKind;
use super::feed::{Feed, FeedBuilder, FeedRow};
use super::report::Outcome;
use super::shared::Shared;
use super::store::Session;
use super::track::Track;

/// Why a run came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A step left events.
    Events,
    /// Enough rows for one go; there are more.
    More,
    /// The clock stands at the time asked for.
    Until,
}

impl Session {
    /// Plays a feed: all bars that end at one time, then the clock, then the next. Stops after the first step that left
    /// events, after about `most` rows, or when the next bar ends after `until`; the clock then stands at `until`. Up to the
    /// next that somebody may want to hear of, many steps are taken at once.
    pub fn run(&mut self, feed: &mut Feed, until: Nanos, most: usize) -> Result<Progress> {
        let watched = !self.events.mask.is_empty();
        let limit = feed.remaining().saturating_sub(most);
        loop {
            // A bar in progress that ends before the next base bar does closes at its own time, not at that bar's.
            let next = feed.next_end().min(until);
            if watched && self.due < next {
                self.advance(self.due.max(self.clock))?;
                if !self.events.is_empty() {
                    return Ok(Progress::Events);
                }
                continue;
            }
            if feed.next_end() > until {
                break;
            }
            let heard = if watched { self.next_heard() } else { Nanos::MAX };
            let end = if heard > next { feed.stretch(most).min(heard).clamp(next, until) } else { next };
            if heard > next {
                self.play_stretch(feed, end);
            } else {
                feed.play(end, |symbol, rows| self.play_rows(symbol, rows));
                self.settle();
            }
            self.advance(end.max(self.clock))?;
            if !self.events.is_empty() {
                return Ok(Progress::Events);
            }
            if feed.remaining() <= limit {
                return Ok(Progress::More);
            }
        }
        self.advance(until.max(self.clock))?;
        Ok(if self.events.is_empty() { Progress::Until } else { Progress::Events })
    }

    /// When the next bar may close that somebody wants to hear of: until then nothing is told. Not known where more than the
    /// longer intervals' closed bars is wanted.
    fn next_heard(&self) -> Nanos {
        let mask = &self.events.mask;
        let wants = |grid: &Grid| mask.wants(EventKind::BarClosed, grid.interval());
        if !mask.has_only_closed() {
            return Nanos::MIN;
        }
        let mut grids: Vec<(usize, Grid)> = Vec::new();
        for track in self.tracks.iter().flatten() {
            if wants(&track.grid) {
                return Nanos::MIN;
            }
            for grid in track.derived.iter().map(|derived| derived.grid).filter(wants) {
                if !grids.contains(&(track.calendar, grid)) {
                    grids.push((track.calendar, grid));
                }
            }
        }
        let ends = grids.iter().map(|(calendar, grid)| grid.next_end(&self.calendars[*calendar], self.clock));
        ends.min().unwrap_or(Nanos::MAX)
    }

    /// One bar each of many symbols: their indicators go together, later.
    fn play_rows(&mut self, symbol: SymbolId, rows: &[FeedRow]) {
        let (tracks, mut shared) = self.parts();
        let track = tracks.get_mut(symbol as usize).and_then(Option::as_deref_mut);
        if play(track, rows, &mut shared) {
            self.behind.push(symbol);
        }
    }

    /// Many bars of one symbol after those of another.
    fn play_stretch(&mut self, feed: &mut Feed, end: Nanos) {
        let mut turns: Vec<(SymbolId, &[FeedRow])> = Vec::with_capacity(feed.lanes());
        feed.play(end, |symbol, rows| turns.push((symbol, rows)));
        turns.sort_by_key(|(symbol, _)| *symbol);
        let bars = turns.iter().map(|(_, rows)| rows.len()).sum();
        // A feed that was extended may have several lanes of a symbol: they are one thread's.
        let symbols: Vec<_> = turns.chunk_by(|one, next| one.0 == next.0).collect();
        let count = symbols.len().div_ceil(self.parts_of(bars)).max(1);
        let parts = symbols.chunks(count).map(|part| (part[0][0].0, part)).collect();
        self.in_parts(parts, |symbols, walk, shared| {
            let mut open: Vec<&mut Track> = Vec::with_capacity(BATCH);
            for symbols in symbols.chunks(BATCH) {
                for turns in symbols {
                    let mut track = walk.to(turns[0].0);
                    for (_, rows) in *turns {
                        play(track.as_deref_mut(), rows, shared);
                    }
                    open.extend(track);
                }
                settle_together(&mut open, true, shared);
                open.clear();
            }
        });
    }

    /// Puts more bars into a feed that is being played, all of which end after the clock.
    pub fn extend(&mut self, feed: &mut Feed, columns: &Columns<'_>) {
        let more = self.feed(columns);
        feed.merge(more, self.rank());
    }

    /// A feed of these columns for [`Self::run`]. Rows in no session are counted and left out; rows whose symbol is not
    /// registered are left out.
    pub fn feed(&mut self, columns: &Columns<'_>) -> Feed {
        let rank = self.names.rank(&self.symbols);
        let mut builder = FeedBuilder::new(columns.len(), rank.len());
        let mut hint = 0;
        // Most rows begin when the row before does, or where that ends: then there is nothing to look up.
        let mut last: Option<Last> = None;
        for (&symbol, &ts) in columns.symbol.iter().zip(columns.ts) {
            let Some(Some(track)) = self.tracks.get_mut(symbol as usize) else {
                builder.skip();
                continue;
            };
            let (index, grid) = (track.calendar, *track.grid());
            let alike = last.as_ref().filter(|last| (last.calendar, last.grid) == (index, grid));
            if let Some(end) = alike.and_then(|last| last.end_of(ts)) {
                builder.keep(rank[symbol as usize], end);
                last = last.map(|last| Last { ts, end, ..last });
                continue;
            }
            let calendar = &self.calendars[index];
            if let Some(segment) = calendar.segment_at(ts, hint) {
                hint = segment;
                let end = grid.bucket(calendar, segment, ts).end;
                let close = calendar.segment(segment).close;
                last = Some(Last { ts, end, close, calendar: index, grid });
                builder.keep(rank[symbol as usize], end);
            } else {
                track.counts.count(Outcome::OutsideSession);
                builder.skip();
            }
        }
        builder.build(columns, rank)
    }
}

/// A row of a feed that is being made.
#[derive(Debug, Clone, Copy)]
struct Last {
    ts: Nanos,
    end: Nanos,
    /// Of its segment.
    close: Nanos,
    calendar: usize,
    grid: Grid,
}

impl Last {
    /// The end of a bar that begins with this one or where it ends, within the segment.
    #[inline]
    fn end_of(&self, ts: Nanos) -> Option<Nanos> {
        if ts == self.ts {
            return Some(self.end);
        }
        let follows = ts == self.end && ts < self.close && self.grid.interval().is_intraday();
        follows.then(|| (ts + self.grid.step()).min(self.close))
    }
}

/// Plays bars of a symbol, whose indicators are to be brought up to date then; whether it is there.
fn play(track: Option<&mut Track>, rows: &[FeedRow], shared: &mut Shared<'_>) -> bool {
    let Some(track) = track else {
        shared.refusals[Refusal::NotRegistered as usize] += rows.len() as u64;
        return false;
    };
    let mut refused = [0; Refusal::ALL.len()];
    let mut context = shared.context(track.calendar);
    track.apply_all(rows, &mut context, |_, outcome| {
        if let Outcome::Refused(refusal) = outcome {
            refused[refusal as usize] += 1;
        }
    });
    shared.note(track);
    shared.refusals.iter_mut().zip(refused).for_each(|(total, count)| *total += count);
    true
}
