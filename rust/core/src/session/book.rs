//! The trades of one symbol: those of the last minutes are kept, so that bars can be made of them, and made again when
//! one is cancelled, corrected or comes late.

use std::collections::VecDeque;

use crate::bar::Bar;
use crate::derive::Bucket;
use crate::time::Nanos;
use crate::trade::{Effects, Trade};

use super::report::TradeOutcome;

/// A trade, and where it counts.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Its own time, but for a closing auction, which counts at the very end of the session.
    at: Nanos,
    trade: Trade,
    effects: Effects,
}

/// Kept trades by time; of two at one time the first to arrive stands first.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    kept: VecDeque<Kept>,
    /// Buckets that changed since their bars were made.
    changed: Vec<Bucket>,
    /// Of the last trade, tried first for the next.
    bucket: Option<Bucket>,
    /// The newest time of a trade.
    newest: Option<Nanos>,
    /// Buckets that start before are not complete any more.
    complete_from: Option<Nanos>,
    /// The last trade that set a price among those that were let go of.
    before: Option<Trade>,
    /// What was traded in ended buckets that have no bar, since no trade in them sets a price: by start, and all before.
    unpriced: Vec<(Nanos, f64)>,
    unpriced_before: f64,
}

impl Book {
    /// The bucket of the last trade, if it holds a time.
    #[inline]
    pub(super) fn bucket_of(&self, at: Nanos) -> Option<Bucket> {
        self.bucket.filter(|bucket| (bucket.start..bucket.end).contains(&at))
    }

    /// Puts a trade in its place.
    #[inline]
    pub(super) fn add(&mut self, at: Nanos, trade: &Trade, effects: Effects, bucket: Bucket) -> TradeOutcome {
        if self.complete_from.is_some_and(|from| bucket.start < from) {
            return TradeOutcome::TooOld;
        }
        let kept = Kept { at, trade: *trade, effects };
        if self.kept.back().is_some_and(|last| last.at >= at) {
            let after = self.kept.partition_point(|k| k.at <= at);
            let alike = self.kept.range(..after).rev().take_while(|k| k.at == at);
            if trade.id != 0 && alike.into_iter().any(|k| k.trade.id == trade.id) {
                return TradeOutcome::Identical;
            }
            self.kept.insert(after, kept);
        } else {
            self.kept.push_back(kept);
        }
        self.newest = self.newest.max(Some(trade.ts));
        self.bucket = Some(bucket);
        self.touch(bucket);
        TradeOutcome::Added
    }

    /// The place of a trade that counts from some time on, or why there is none.
    fn find(&self, wanted: &Trade, whole: bool, from: Nanos) -> Result<usize, TradeOutcome> {
        let place = self.kept.iter().rposition(|k| match wanted.id {
            0 if whole => (k.trade.ts, k.trade.price, k.trade.size) == (wanted.ts, wanted.price, wanted.size),
            0 => k.trade.ts == wanted.ts,
            id => k.trade.id == id,
        });
        match place {
            None => Err(TradeOutcome::Unknown),
            Some(place) if self.kept[place].at < from => Err(TradeOutcome::TooOld),
            Some(place) => Ok(place),
        }
    }

    /// Takes a trade out that counts from some time on; gives where it counted.
    pub(super) fn cancel(&mut self, wanted: &Trade, from: Nanos) -> Result<Nanos, TradeOutcome> {
        let place = self.find(wanted, true, from)?;
        let at = self.kept[place].at;
        self.kept.remove(place);
        Ok(at)
    }

    /// Gives a trade that counts from some time on other values; its time stays. Gives where it counts.
    pub(super) fn correct(
        &mut self,
        by: &Trade,
        effects: Effects,
        from: Nanos,
    ) -> Result<Nanos, TradeOutcome> {
        let place = self.find(by, false, from)?;
        let kept = &mut self.kept[place];
        kept.trade = Trade { ts: kept.trade.ts, id: kept.trade.id, ..*by };
        kept.effects = effects;
        Ok(kept.at)
    }

    /// The bar of this bucket must be made again.
    #[inline]
    pub(super) fn touch(&mut self, bucket: Bucket) {
        if !self.changed.iter().rev().any(|b| b.start == bucket.start) {
            self.changed.push(bucket);
        }
    }

    /// The changed buckets that ended by the later of the clock and the newest trade, in order of time.
    pub(super) fn take_ended(&mut self, clock: Nanos) -> Vec<Bucket> {
        let watermark = self.watermark(clock);
        let ended: Vec<Bucket> = self.changed.extract_if(.., |b| b.end <= watermark).collect();
        let mut ended = ended;
        ended.sort_by_key(|b| b.start);
        ended
    }

    pub(super) fn watermark(&self, clock: Nanos) -> Nanos {
        self.newest.map_or(clock, |newest| newest.max(clock))
    }

    /// When the first of the bars in progress ends.
    pub(super) fn due(&self) -> Option<Nanos> {
        self.changed.iter().map(|b| b.end).min()
    }

    /// The bar of a bucket; none if no trade in it sets a price.
    pub(super) fn bar(&self, bucket: Bucket) -> Option<Bar> {
        let from = self.kept.partition_point(|k| k.at < bucket.start);
        let mut bar: Option<Bar> = None;
        let mut opened = false;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut volume, mut notional, mut count) = (0.0, 0.0, 0.0);
        for Kept { trade, effects, .. } in self.kept.range(from..).take_while(|k| k.at < bucket.end) {
            let opens = effects.has(Effects::OPENING) && !opened;
            if opens || effects.has(Effects::PRICE) {
                let bar = bar
                    .get_or_insert_with(|| Bar::new(bucket.start, [trade.price; 4], 0.0, f64::NAN, f64::NAN));
                if opens {
                    bar.open = trade.price;
                    opened = true;
                }
                bar.close = trade.price;
            }
            if opens || effects.has(Effects::PRICE) || effects.has(Effects::RANGE) {
                low = low.min(trade.price);
                high = high.max(trade.price);
            }
            if effects.has(Effects::VOLUME) {
                volume += trade.size;
                notional += trade.size * trade.price;
                count += 1.0;
            }
        }
        bar.map(|bar| Bar { low, high, volume, notional, trade_count: count, ..bar })
    }

    /// The bar of an ended bucket; what was traded in one without is counted.
    pub(super) fn ended_bar(&mut self, bucket: Bucket) -> Option<Bar> {
        let bar = self.bar(bucket);
        self.unpriced.retain(|(start, _)| *start != bucket.start);
        if bar.is_none() {
            let from = self.kept.partition_point(|k| k.at < bucket.start);
            let within = self.kept.range(from..).take_while(|k| k.at < bucket.end);
            let counted = within.filter(|k| k.effects.has(Effects::VOLUME));
            let volume: f64 = counted.map(|k| k.trade.size).sum();
            if volume > 0.0 {
                self.unpriced.push((bucket.start, volume));
            }
        }
        bar
    }

    /// What was traded and is in no bar.
    pub(super) fn unpriced(&self) -> f64 {
        self.unpriced.iter().fold(self.unpriced_before, |sum, (_, volume)| sum + volume)
    }

    /// The bar in progress.
    pub(super) fn forming(&self, clock: Nanos) -> Option<Bar> {
        let watermark = self.watermark(clock);
        self.bar(*self.changed.iter().rev().find(|b| b.end > watermark)?)
    }

    /// The newest trade that sets a price.
    pub(super) fn last(&self) -> Option<Trade> {
        let kept = self.kept.iter().rev().find(|k| k.effects.has(Effects::PRICE));
        kept.map(|k| k.trade).or(self.before)
    }

    /// Lets go of trades that count before a time, which is the start of a bucket.
    pub(super) fn forget_before(&mut self, start: Nanos) {
        let settled = self.unpriced.extract_if(.., |(bucket, _)| *bucket < start);
        self.unpriced_before += settled.map(|(_, volume)| volume).sum::<f64>();
        let gone = self.kept.partition_point(|k| k.at < start);
        if gone > 0 {
            self.complete_from = self.complete_from.max(Some(start));
        }
        for kept in self.kept.drain(..gone) {
            if kept.effects.has(Effects::PRICE) {
                self.before = Some(kept.trade);
            }
        }
    }
}
