//! What readers ask: always copies, never a view into a slot.

use std::sync::Arc;

use crate::bar::Bar;
use crate::digest::Digest;
use crate::error::{Error, Result, nearest};
use crate::interval::Interval;
use crate::series::{PastSession, Place, Series, Stack};
use crate::symbol::SymbolId;
use crate::time::{Day, Nanos};

use super::column::Figure;
use super::coverage::Coverage;
use super::derived::Derived;
use super::metrics::Metrics;
use super::pairs;
use super::report::Counts;
use super::store::Session;
use super::track::Track;

/// One symbol of a session.
#[derive(Debug, Clone, Copy)]
pub struct SymbolView<'a> {
    session: &'a Session,
    track: &'a Track,
}

/// One indicator of one symbol.
#[derive(Debug, Clone, Copy)]
pub struct IndicatorView<'a> {
    symbol: SymbolView<'a>,
    series: &'a Series,
    stack: &'a Stack,
    index: usize,
}

impl Session {
    /// A symbol by its ticker in any case, if it is there.
    #[inline]
    pub fn find_symbol(&self, text: &str) -> Option<SymbolView<'_>> {
        let track = self.track(self.symbols.get(text)?)?;
        Some(SymbolView { session: self, track })
    }

    /// A symbol by its number, if it is there.
    #[inline]
    pub(super) fn view(&self, id: SymbolId) -> Option<SymbolView<'_>> {
        self.track(id).map(|track| SymbolView { session: self, track })
    }

    /// A symbol by its ticker in any case, or an error that names the nearest one.
    pub fn symbol(&self, text: &str) -> Result<SymbolView<'_>> {
        let id = self.symbols.require(text)?;
        let track =
            self.track(id).ok_or_else(|| Error::UnknownSymbol { got: text.to_owned(), nearest: None })?;
        Ok(SymbolView { session: self, track })
    }
}

impl<'a> SymbolView<'a> {
    pub fn name(&self) -> &'a Arc<str> {
        self.session.symbols.name(self.track.id)
    }

    pub(super) fn id(&self) -> SymbolId {
        self.track.id
    }

    pub(super) fn calendar(&self) -> usize {
        self.track.calendar
    }

    pub fn metrics(&self) -> &'a Metrics {
        &self.track.metrics
    }

    pub fn counts(&self) -> Counts {
        self.track.counts
    }

    /// The date of the current session, if one has begun.
    pub fn date(&self) -> Option<Day> {
        self.track.date()
    }

    pub fn base_interval(&self) -> Interval {
        self.track.base.interval()
    }

    /// Base and derived intervals, shortest first.
    pub fn intervals(&self) -> impl Iterator<Item = Interval> + 'a {
        self.all_series().map(Series::interval)
    }

    fn all_series(&self) -> impl Iterator<Item = &'a Series> + use<'a> {
        std::iter::once(&self.track.base).chain(self.track.derived.iter().map(|d| &d.series))
    }

    fn derived(&self, interval: Interval) -> Option<&'a Derived> {
        self.track.derived.iter().find(|d| d.series.interval() == interval)
    }

    pub fn series(&self, interval: Interval) -> Result<&'a Series> {
        self.all_series().find(|s| s.interval() == interval).ok_or_else(|| Error::NoSeries {
            symbol: self.name().to_string(),
            interval: interval.to_string(),
            available: self.intervals().map(|i| i.to_string()).collect::<Vec<_>>().join(", "),
        })
    }

    pub(super) fn track(&self) -> &'a Track {
        self.track
    }

    /// The bar in progress. Base bars have one only if they are made of trades, longer ones are made of base bars.
    pub fn forming(&self, interval: Interval) -> Result<Option<Bar>> {
        self.series(interval)?;
        if interval == self.base_interval() {
            return Ok(self.track.book.as_ref().and_then(|book| book.forming(self.session.clock)));
        }
        Ok(self.derived(interval).and_then(|d| d.forming).map(|f| f.bar))
    }

    /// The newest closed bar, of this session or, if it has none yet, of the last that had.
    #[inline]
    pub fn latest(&self, interval: Interval) -> Result<Option<Bar>> {
        let series = self.series(interval)?;
        Ok(series.newest().or_else(|| series.past().next_back().and_then(|p| p.bars.last())).copied())
    }

    /// Earlier sessions' bars, oldest first.
    pub fn past(&self, interval: Interval) -> Result<impl Iterator<Item = &'a PastSession> + use<'a>> {
        Ok(self.series(interval)?.past())
    }

    /// A figure of the session, NaN where there is none.
    #[inline]
    pub fn figure(&self, figure: Figure) -> f64 {
        match figure {
            Figure::Age => self.age_seconds(),
            Figure::Quality => {
                let calendar = &self.session.calendars[self.track.calendar];
                self.track.quality(calendar, self.session.clock).unwrap_or(f64::NAN)
            }
            Figure::RelativeVolume => self.relative_volume(),
            _ => self.metrics().figure(figure),
        }
    }

    /// Seconds of market time since the end of the newest base bar of the session, NaN before its first.
    fn age_seconds(&self) -> f64 {
        if self.track.base.newest().is_none() {
            return f64::NAN;
        }
        (self.track.watermark(self.session.now) - self.track.newest_end()) as f64 / 1e9
    }

    /// Volume of the regular session so far against the mean, over the earlier sessions that are kept, of what had been
    /// traded at the same time after the open; NaN without such, or if it is 0.
    fn relative_volume(&self) -> f64 {
        let calendar = &self.session.calendars[self.track.calendar];
        let Some(session) = self.track.session else { return f64::NAN };
        let elapsed = self.track.watermark(self.session.clock) - calendar.sessions()[session].open;
        let (mut total, mut count) = (0.0, 0.0);
        for past in self.track.base.past() {
            let open = calendar.sessions()[past.session].open;
            let regular = past.bars.iter().skip_while(|b| b.ts < open);
            // Bars that follow the regular close are of no later time of day than it.
            let close = calendar.sessions()[past.session].close;
            let so_far = regular.take_while(|b| b.ts < close && b.ts - open < elapsed);
            total += so_far.map(|b| b.volume).sum::<f64>();
            count += 1.0;
        }
        let volume = self.metrics().regular.bar().map_or(0.0, |b| b.volume);
        let mean = total / count;
        if mean > 0.0 { volume / mean } else { f64::NAN }
    }

    /// Expected and present bars of this session so far; none before one has begun.
    pub fn coverage(&self, interval: Interval) -> Result<Option<Coverage>> {
        self.coverage_until(interval, Nanos::MAX)
    }

    /// The same of those bars that ended by some time.
    pub fn coverage_until(&self, interval: Interval, until: Nanos) -> Result<Option<Coverage>> {
        let grid = self.grid(interval)?;
        let calendar = &self.session.calendars[self.track.calendar];
        let until = until.min(self.track.watermark(self.session.clock));
        Ok(self.track.coverage(calendar, grid, until))
    }

    /// Expected and present bars of earlier sessions that are kept.
    pub fn past_coverage(&self, interval: Interval) -> Result<Vec<Coverage>> {
        let grid = self.grid(interval)?;
        Ok(self.track.past_coverage(&self.session.calendars[self.track.calendar], grid))
    }

    fn grid(&self, interval: Interval) -> Result<&'a crate::derive::Grid> {
        self.series(interval)?;
        Ok(self.derived(interval).map_or(self.track.grid(), |d| &d.grid))
    }

    /// All indicators, by interval, in the order they were asked for.
    pub fn indicators(&self) -> impl Iterator<Item = IndicatorView<'a>> + use<'a> {
        let symbol = *self;
        self.all_series().flat_map(move |series| {
            series.stacks().iter().flat_map(move |stack| {
                stack.program().shown.iter().map(move |&index| IndicatorView { symbol, series, stack, index })
            })
        })
    }

    /// An indicator by its key.
    #[inline]
    pub fn find_indicator(&self, key: &str) -> Option<IndicatorView<'a>> {
        for series in self.all_series() {
            for stack in series.stacks() {
                if let Some(index) = stack.program().position(key) {
                    return Some(IndicatorView { symbol: *self, series, stack, index });
                }
            }
        }
        None
    }

    /// An indicator by its key, or an error that names the nearest one.
    pub fn indicator(&self, key: &str) -> Result<IndicatorView<'a>> {
        self.find_indicator(key).ok_or_else(|| {
            let keys: Vec<&str> = self.indicators().map(|i| i.key()).collect();
            let nearest = nearest(key, keys).map(str::to_owned);
            Error::NoIndicator { symbol: self.name().to_string(), key: key.to_owned(), nearest }
        })
    }

    /// A number that two symbols share only if their bars, derived bars, indicators, metrics and presence are the
    /// same, bit for bit.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        for series in self.all_series() {
            bars_into(&mut digest, series.bars());
            series.past().for_each(|past| bars_into(&mut digest, past.bars.iter()));
            for stack in series.stacks() {
                digest.bytes(&stack.program().plan.save(stack.block()));
            }
        }
        for derived in &self.track.derived {
            bars_into(&mut digest, derived.forming.iter().map(|f| &f.bar));
        }
        let metrics = &self.track.metrics;
        for total in [&metrics.regular, &metrics.extended] {
            bars_into(&mut digest, total.bar().into_iter());
            digest.bytes(&total.count.to_le_bytes());
        }
        digest.bytes(&metrics.previous_close.to_bits().to_le_bytes());
        self.track.presence().words().for_each(|word| digest.bytes(&word.to_ne_bytes()));
        digest.value()
    }

    fn place(&self) -> Place<'a> {
        self.track.place(&self.session.calendars[self.track.calendar])
    }
}

fn bars_into<'b>(digest: &mut Digest, bars: impl Iterator<Item = &'b Bar>) {
    bars.for_each(|bar| digest.bytes(bytemuck::bytes_of(bar)));
    digest.bytes(&[0xff]);
}

impl<'a> IndicatorView<'a> {
    pub fn key(&self) -> &'a str {
        &self.stack.program().keys[self.index]
    }

    pub fn interval(&self) -> Interval {
        self.series.interval()
    }

    pub fn definition(&self) -> &'a crate::indicator::Definition {
        &self.stack.program().plan.definitions()[self.index]
    }

    /// Whether it is fixed during a session.
    pub fn is_historical(&self) -> bool {
        self.stack.program().historical
    }

    /// Every output, NaN where there is no value.
    #[inline]
    pub fn values(&self) -> &'a [f64] {
        let plan = &self.stack.program().plan;
        &plan.outputs(self.stack.block())[plan.output_range(self.index)]
    }

    /// Every output as it would be if the bar in progress closed now; the committed values when there is none.
    pub fn forming(&self) -> Result<Vec<f64>> {
        let Some(bar) = self.symbol.forming(self.interval())?.filter(|_| !self.is_historical()) else {
            return Ok(self.values().to_vec());
        };
        if let Some(against) = self.definition().other() {
            return Ok(self.forming_pair(&bar, against));
        }
        let plan = &self.stack.program().plan;
        let tick = self.symbol.place().tick(&bar);
        Ok(plan.peek(self.stack.block(), &tick)[plan.output_range(self.index)].to_vec())
    }

    /// As [`Self::trace`], of one that compares with a symbol.
    fn trace_pair(&self, against: &str) -> Vec<Vec<f64>> {
        let (definition, interval) = (self.definition(), self.interval());
        let other = self.symbol.session.find_symbol(against);
        let both = other.map_or_else(Vec::new, |other| {
            pairs::newest(self.symbol.track, other.track, interval, usize::MAX, None)
        });
        let mut until = 0;
        let row = |bar: &Bar| {
            until += both[until..].iter().take_while(|(there, _)| there.ts <= bar.ts).count();
            let from = until.saturating_sub(definition.first());
            pairs::values_of(definition, &both[from..until])
        };
        self.series.held().map(row).collect()
    }

    /// As [`Self::forming`], of one that compares with a symbol: the closed values unless that has a bar in progress too.
    fn forming_pair(&self, bar: &Bar, against: &str) -> Vec<f64> {
        let definition = self.definition();
        let other = self.symbol.session.find_symbol(against);
        let both =
            other.and_then(|other| Some((*bar, other.forming(self.interval()).ok().flatten()?, other)));
        let Some((bar, theirs, other)) = both.filter(|(bar, theirs, _)| bar.ts == theirs.ts) else {
            return self.values().to_vec();
        };
        let (need, forming) = (definition.first(), Some((bar, theirs)));
        pairs::values_of(
            definition,
            &pairs::newest(self.symbol.track, other.track, self.interval(), need, forming),
        )
    }

    /// Which output a name stands for; the first one without a name.
    pub fn output(&self, field: Option<&str>) -> Result<usize> {
        let outputs = self.definition().spec().outputs;
        let Some(field) = field else { return Ok(0) };
        outputs.iter().position(|&o| o == field).ok_or_else(|| Error::NoOutput {
            key: self.key().to_owned(),
            got: field.to_owned(),
            outputs: outputs.join(", "),
        })
    }

    /// Whether it has a value.
    pub fn is_valid(&self) -> bool {
        !self.values()[0].is_nan()
    }

    /// Whether it has seen enough bars that its start no longer matters: INDICATORS rule 8.
    pub fn is_warm(&self) -> bool {
        let definition = self.definition();
        self.is_valid() && (definition.other().is_some() || self.seen() >= definition.warm() as u64)
    }

    /// How many bars it has been given.
    pub fn seen(&self) -> u64 {
        self.stack.program().plan.seen(self.stack.block())
    }

    /// Open time of the newest bar that it has been given.
    pub fn last_bar(&self) -> Option<Nanos> {
        let past = || self.series.past().next_back().and_then(|p| p.bars.last()).map(|b| b.ts);
        if self.is_historical() { past() } else { self.series.newest().map(|b| b.ts).or_else(past) }
    }

    /// One row of outputs for each held bar of this session.
    pub fn trace(&self) -> Vec<Vec<f64>> {
        if self.is_historical() {
            return self.series.held().map(|_| self.values().to_vec()).collect();
        }
        if let Some(against) = self.definition().other() {
            return self.trace_pair(against);
        }
        let stacks = self.series.stacks();
        let stack = stacks.iter().position(|s| std::ptr::eq(s, self.stack)).unwrap_or_default();
        let range = self.stack.program().plan.output_range(self.index);
        self.series
            .trace(stack, self.symbol.place())
            .into_iter()
            .map(|row| row[range.clone()].to_vec())
            .collect()
    }
}
