//! Trades and quotes into a session: base bars come of the trades, and everything else of the bars.

use crate::bar::Refusal;
use crate::calendar::Calendar;
use crate::derive::Bucket;
use crate::error::Result;
use crate::symbol::SymbolId;
use crate::time::Nanos;
use crate::trade::{Action, Effects, Quote, Trade, TradeRow};

use super::derived::Context;
use super::report::{RefusedRow, TradeOutcome, TradeReport};
use super::store::Session;
use super::track::Track;

impl Session {
    /// Applies trades in the order given. Bars in progress that they end are closed; those that they change are revised.
    pub fn apply_trades(&mut self, rows: &[TradeRow]) -> TradeReport {
        let mut report = TradeReport::default();
        let mut touched: Vec<SymbolId> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let (effects, window) = (self.tape.effects(row), self.tape.window);
            let outcome = self
                .with_track(row.symbol, |track, context| track.trade(row, effects, window, context.calendar));
            let outcome = outcome.unwrap_or(TradeOutcome::Refused(Refusal::NotRegistered));
            report.counts.count(outcome);
            if let TradeOutcome::Refused(refusal) = outcome {
                let (symbol, ts) = (row.symbol, row.trade.ts);
                report.refused.push(RefusedRow { row: index, symbol, ts, refusal });
            } else if touched.last() != Some(&row.symbol) {
                touched.push(row.symbol);
            }
        }
        let rank = self.rank();
        touched.sort_unstable_by_key(|&symbol| rank[symbol as usize]);
        touched.dedup();
        let window = self.tape.window;
        for symbol in touched {
            self.with_track(symbol, |track, context| {
                track.bars_from_trades(context);
                track.forget_trades(window, context);
            });
        }
        self.settle();
        self.settle_pairs();
        report
    }

    /// Takes trades of symbols whose bars come by themselves: only the newest that sets a price is kept.
    pub fn note_trades(&mut self, rows: &[TradeRow]) -> TradeReport {
        let mut report = TradeReport::default();
        for (index, row) in rows.iter().enumerate() {
            let effects = self.tape.effects(row);
            let outcome = self.with_track(row.symbol, |track, _| track.note(row, effects));
            let outcome = outcome.unwrap_or(TradeOutcome::Refused(Refusal::NotRegistered));
            report.counts.count(outcome);
            if let TradeOutcome::Refused(refusal) = outcome {
                let (symbol, ts) = (row.symbol, row.trade.ts);
                report.refused.push(RefusedRow { row: index, symbol, ts, refusal });
            }
        }
        report
    }

    /// Takes a quote of a symbol; false if an older one than it has.
    pub fn apply_quote(&mut self, symbol: SymbolId, quote: Quote) -> Option<bool> {
        self.with_track(symbol, |track, _| {
            let late = track.quote.is_some_and(|last| quote.ts < last.ts);
            if !late {
                track.quote = Some(quote.over(track.quote.as_ref()));
            }
            !late
        })
    }

    /// The last quote of a symbol.
    pub fn quote(&self, symbol: &str) -> Result<Option<Quote>> {
        Ok(self.symbol(symbol)?.track().quote)
    }

    /// What was traded of a symbol and is in no bar, since no trade of its bucket sets a price.
    pub fn unpriced_volume(&self, symbol: &str) -> Result<f64> {
        Ok(self.symbol(symbol)?.track().book.as_ref().map_or(0.0, |book| book.unpriced()))
    }

    /// The last trade of a symbol that may set a price.
    pub fn last_trade(&self, symbol: &str) -> Result<Option<Trade>> {
        let track = self.symbol(symbol)?.track();
        Ok(track.book.as_ref().and_then(|book| book.last()).or(track.noted))
    }
}

impl Track {
    fn note(&mut self, row: &TradeRow, effects: Effects) -> TradeOutcome {
        let trade = &row.trade;
        if let Err(refusal) = check(trade) {
            return TradeOutcome::Refused(refusal);
        }
        if row.action == Action::New {
            if effects.has(Effects::PRICE) && self.noted.is_none_or(|last| last.ts <= trade.ts) {
                self.noted = Some(*trade);
            }
            return TradeOutcome::Added;
        }
        let same = |last: &Trade| if trade.id == 0 { last.ts == trade.ts } else { last.id == trade.id };
        let Some(last) = self.noted.filter(same) else { return TradeOutcome::Unknown };
        if row.action == Action::Cancel {
            self.noted = None;
            return TradeOutcome::Cancelled;
        }
        self.noted = Some(Trade { ts: last.ts, id: last.id, ..*trade });
        TradeOutcome::Corrected
    }

    fn trade(&mut self, row: &TradeRow, effects: Effects, window: i64, calendar: &Calendar) -> TradeOutcome {
        let trade = &row.trade;
        if let Err(refusal) = check(trade) {
            return TradeOutcome::Refused(refusal);
        }
        // Bars of sessions that have ended do not change.
        let begun = self.session.map_or(Nanos::MIN, |session| calendar.sessions()[session].first_open);
        let book = self.book.get_or_insert_default();
        if row.action == Action::New {
            // A closing auction is printed after the close.
            let at = if effects.has(Effects::CLOSING) {
                closing_time(calendar, trade.ts, window)
            } else {
                trade.ts
            };
            if let Some(bucket) = book.bucket_of(at).filter(|bucket| bucket.start >= begun) {
                return book.add(at, trade, effects, bucket);
            }
            let Some(segment) = calendar.segment_at(at, self.segment) else {
                return TradeOutcome::OutsideSession;
            };
            if at < begun {
                return TradeOutcome::TooOld;
            }
            let bucket = self.grid.bucket(calendar, segment, at);
            return book.add(at, trade, effects, bucket);
        }
        let (at, outcome) = match row.action {
            Action::Cancel => (book.cancel(trade, begun), TradeOutcome::Cancelled),
            _ => (book.correct(trade, effects, begun), TradeOutcome::Corrected),
        };
        let at = match at {
            Ok(at) => at,
            Err(why) => return why,
        };
        if let Some(segment) = calendar.segment_at(at, self.segment) {
            book.touch(self.grid.bucket(calendar, segment, at));
        }
        outcome
    }

    /// Makes the bars that trades have changed and that have ended.
    pub(super) fn bars_from_trades(&mut self, context: &mut Context<'_>) {
        let Some(mut book) = self.book.take() else { return };
        for bucket in book.take_ended(context.clock) {
            match book.ended_bar(bucket) {
                Some(bar) => {
                    self.apply(&bar, context);
                }
                None => self.withdraw(bucket.start, context),
            }
        }
        if let Some(due) = book.due() {
            *context.due = due.min(*context.due);
        }
        self.book = Some(book);
    }

    /// Lets go of trades that are too old to change.
    fn forget_trades(&mut self, window: i64, context: &Context<'_>) {
        let Some(book) = &mut self.book else { return };
        let limit = book.watermark(context.clock).saturating_sub(window);
        let calendar = context.calendar;
        let start = calendar.segment_at(limit, self.segment).map(|s| self.grid.bucket(calendar, s, limit));
        book.forget_before(start.map_or(limit, |Bucket { start, .. }| start));
    }
}

fn check(trade: &Trade) -> std::result::Result<(), Refusal> {
    if !trade.price.is_finite() {
        return Err(Refusal::PriceNotFinite);
    }
    if !trade.size.is_finite() || trade.size < 0.0 {
        return Err(Refusal::SizeNotPositive);
    }
    Ok(())
}

/// Where a closing auction counts: at the end of the regular segment that closed at most a window before.
fn closing_time(calendar: &Calendar, ts: Nanos, window: i64) -> Nanos {
    let session = calendar.session_begun(ts).map(|index| &calendar.sessions()[index]);
    let close = session.map(|s| s.close).filter(|&close| close <= ts && ts - close < window);
    close.map_or(ts, |close| close - 1)
}
