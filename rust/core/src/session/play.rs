//! Feeds: bars that are played step by step.

use crate::bar::Columns;
use crate::error::Result;
use crate::time::Nanos;

use super::feed::{Feed, FeedBuilder};
use super::report::Outcome;
use super::store::Session;

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
    /// events, after about `most` rows, or when the next bar ends after `until`; the clock then stands at `until`. While
    /// nobody subscribed to events, many steps are taken at once.
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
            let end = if watched { next } else { feed.stretch(most).clamp(next, until) };
            feed.play(end, |symbol, rows| {
                for row in rows {
                    self.apply_row(symbol, &row.bar);
                }
                // Many bars of one symbol go together, or one bar each of many symbols.
                if !watched {
                    self.settle();
                }
            });
            self.settle();
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
        for (&symbol, &ts) in columns.symbol.iter().zip(columns.ts) {
            let Some(Some(track)) = self.tracks.get_mut(symbol as usize) else {
                builder.skip();
                continue;
            };
            let calendar = &self.calendars[track.calendar];
            if let Some(segment) = calendar.segment_at(ts, hint) {
                hint = segment;
                let end = track.grid().bucket(calendar, segment, ts).end;
                builder.keep(rank[symbol as usize], end);
            } else {
                track.counts.count(Outcome::OutsideSession);
                builder.skip();
            }
        }
        builder.build(columns, rank)
    }
}
