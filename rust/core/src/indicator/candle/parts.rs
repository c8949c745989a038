//! What patterns are made of: TA-Lib's measures of bodies, shadows and ranges, and what it calls long or short.

use bytemuck::{Pod, Zeroable};

use crate::indicator::parts::Total;
use crate::indicator::{Ahead, Field, Input, Over, Past, Term};

/// What a candle is measured by.
#[derive(Debug, Clone, Copy)]
enum Measure {
    Body,
    Range,
}

/// Long or short against the mean of so many bars before; of none, against the bar itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    measure: Measure,
    bars: usize,
    factor: f64,
}

const fn setting(measure: Measure, bars: usize, factor: f64) -> Setting {
    Setting { measure, bars, factor }
}

pub(super) const BODY_LONG: Setting = setting(Measure::Body, LONGEST, 1.0);
pub(super) const BODY_SHORT: Setting = setting(Measure::Body, LONGEST, 1.0);
pub(super) const BODY_DOJI: Setting = setting(Measure::Range, LONGEST, 0.1);
pub(super) const SHADOW_LONG: Setting = setting(Measure::Body, 0, 1.0);
pub(super) const SHADOW_VERY_SHORT: Setting = setting(Measure::Range, LONGEST, 0.1);
pub(super) const NEAR: Setting = setting(Measure::Range, 5, 0.2);
pub(super) const FAR: Setting = setting(Measure::Range, 5, 0.6);
/// How many bars back any pattern, or mean, looks.
pub(super) const BACK: usize = 14;
/// How many bars the longest mean takes.
const LONGEST: usize = 10;
/// For how many candles a mean is kept.
const KEPT: usize = 3;
/// What it reads of each.
pub(super) const FIELDS: [Field; 4] = [Field::Open, Field::High, Field::Low, Field::Close];

/// Means of the bars before a candle: of bodies over 10, of ranges over 10 and over 5.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Averages {
    bodies: Average,
    ranges: Average,
    few_ranges: Average,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mean {
    Bodies,
    Ranges,
    FewRanges,
}

/// Which of them a pattern asks for, and how many candles it looks at, at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    asked: [bool; 3],
    candles: usize,
}

impl Means {
    /// Those of a pattern that needs so many bars to have a value: behind the longest mean come its candles.
    pub(super) const fn of(means: &[Mean], first: usize) -> Self {
        let (mut asked, mut i) = ([false; 3], 0);
        while i < means.len() {
            asked[means[i] as usize] = true;
            i += 1;
        }
        Self { asked, candles: if means.is_empty() { first } else { first - LONGEST } }
    }

    /// The terms they are of, and how many bars each takes.
    const OF: [(Term, usize); 3] = [(Term::Body, LONGEST), (Term::Range, LONGEST), (Term::Range, 5)];

    /// The fields of the last candles, and those of the means that are asked for, each as it was for them.
    pub(super) fn ahead(self) -> Vec<Ahead> {
        let field =
            |field| (0..self.candles).map(move |ago| Ahead::new(Term::Field(field), Over::Each).ago(ago));
        let asked = Self::OF.into_iter().zip(self.asked).filter(|(_, asked)| *asked);
        let mean =
            |((of, n), _)| (0..self.kept()).map(move |ago| Ahead::new(of, Over::Total(n)).ago(1 + ago));
        FIELDS.into_iter().flat_map(field).chain(asked.flat_map(mean)).collect()
    }

    /// What is looked at with the candles: what the terms of the means [look at](Term::looks) is not.
    pub(super) const fn looks(self) -> &'static [Field] {
        let [bodies, ranges, few_ranges] = self.asked;
        match (bodies, ranges | few_ranges) {
            (true, true) => &[],
            (true, false) => &[Field::High, Field::Low],
            (false, true) => &[Field::Open, Field::Close],
            (false, false) => &FIELDS,
        }
    }

    /// For how many of the candles each mean is wanted, at most.
    #[inline(always)]
    const fn kept(self) -> usize {
        if self.candles < KEPT { self.candles } else { KEPT }
    }

    /// Which of these columns are of a mean that is asked for.
    #[inline(always)]
    const fn place(self, mean: Mean) -> usize {
        let (mut place, mut i) = (FIELDS.len() * self.candles, 0);
        while i < mean as usize {
            place += if self.asked[i] { self.kept() } else { 0 };
            i += 1;
        }
        place
    }
}

/// A mean as it was for the last candles, the newest first.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Average {
    total: Total,
    last: [f64; KEPT],
}

impl Average {
    #[inline(always)]
    fn next(&mut self, mean: Mean, means: Means, input: &Input<'_>, measure: impl Fn(usize) -> f64) {
        let ((_, n), place) = (Means::OF[mean as usize], means.place(mean));
        if let Some(total) = input.ahead(place) {
            let ago = |ago| if ago < means.kept() { input.ahead(place + ago) } else { None };
            self.last =
                [total, ago(1).unwrap_or(total), ago(2).unwrap_or(total)].map(|total| total / n as f64);
        } else {
            let total = self.total.next(n, input.seen - 1, |k| measure(k + 1));
            self.last = [total / n as f64, self.last[0], self.last[1]];
        }
    }
}

/// Whether all of these hold. All are looked at: which candle comes next cannot be guessed, and a wrong guess costs more.
#[inline(always)]
pub(super) fn all<const N: usize>(conditions: [bool; N]) -> bool {
    conditions.into_iter().fold(true, |all, condition| all & condition)
}

/// The last candles; each is named by how many bars back it is.
#[derive(Debug)]
pub(super) struct Candles<'a> {
    averages: &'a Averages,
    means: Means,
    input: Input<'a>,
    pasts: [Past<'a>; FIELDS.len()],
}

impl<'a> Candles<'a> {
    /// Takes a bar.
    #[inline(always)]
    pub(super) fn new(averages: &'a mut Averages, input: &Input<'a>, means: Means) -> Self {
        let pasts = input.pasts();
        let [opens, highs, lows, closes] = pasts;
        let range = |k: usize| highs.lag(k) - lows.lag(k);
        let [bodies, ranges, few_ranges] = means.asked;
        if bodies {
            averages.bodies.next(Mean::Bodies, means, input, |k| (closes.lag(k) - opens.lag(k)).abs());
        }
        if ranges {
            averages.ranges.next(Mean::Ranges, means, input, range);
        }
        if few_ranges {
            averages.few_ranges.next(Mean::FewRanges, means, input, range);
        }
        Self { averages, means, input: *input, pasts }
    }

    #[inline(always)]
    fn field(&self, field: usize, k: usize) -> f64 {
        debug_assert!(k < self.means.candles);
        self.input.ahead(field * self.means.candles + k).unwrap_or_else(|| self.pasts[field].lag(k))
    }

    #[inline(always)]
    pub(super) fn open(&self, k: usize) -> f64 {
        self.field(0, k)
    }

    #[inline(always)]
    pub(super) fn high(&self, k: usize) -> f64 {
        self.field(1, k)
    }

    #[inline(always)]
    pub(super) fn low(&self, k: usize) -> f64 {
        self.field(2, k)
    }

    #[inline(always)]
    pub(super) fn close(&self, k: usize) -> f64 {
        self.field(3, k)
    }

    #[inline(always)]
    pub(super) fn top(&self, k: usize) -> f64 {
        if self.is_white(k) { self.close(k) } else { self.open(k) }
    }

    #[inline(always)]
    pub(super) fn bottom(&self, k: usize) -> f64 {
        if self.is_white(k) { self.open(k) } else { self.close(k) }
    }

    #[inline(always)]
    pub(super) fn body(&self, k: usize) -> f64 {
        (self.close(k) - self.open(k)).abs()
    }

    #[inline(always)]
    pub(super) fn upper(&self, k: usize) -> f64 {
        self.high(k) - self.top(k)
    }

    #[inline(always)]
    pub(super) fn lower(&self, k: usize) -> f64 {
        self.bottom(k) - self.low(k)
    }

    /// An unchanged price is white.
    #[inline(always)]
    pub(super) fn is_white(&self, k: usize) -> bool {
        self.close(k) >= self.open(k)
    }

    /// 1 for white, −1 for black.
    #[inline(always)]
    pub(super) fn colour(&self, k: usize) -> f64 {
        if self.is_white(k) { 1.0 } else { -1.0 }
    }

    /// What a setting means for a candle.
    #[inline(always)]
    pub(super) fn average(&self, setting: Setting, k: usize) -> f64 {
        let mean = match (setting.measure, setting.bars) {
            (Measure::Body, 0) => self.body(k),
            (Measure::Body, _) => self.averages.bodies.last[k],
            (Measure::Range, 5) => self.averages.few_ranges.last[k],
            (Measure::Range, _) => self.averages.ranges.last[k],
        };
        setting.factor * mean
    }

    /// ±100 where a body covers the one before, of the other colour; ±80 where one end is equal.
    #[inline(always)]
    pub(super) fn engulfs(&self, k: usize) -> f64 {
        let (open, close) = (self.open(k), self.close(k));
        let (last_open, last_close) = (self.open(k + 1), self.close(k + 1));
        let covers = |low: f64, high: f64, last_low: f64, last_high: f64| {
            ((high >= last_high) & (low < last_low)) | ((high > last_high) & (low <= last_low))
        };
        let (white, last_white) = (self.is_white(k), self.is_white(k + 1));
        let up = white & !last_white & covers(open, close, last_close, last_open);
        let down = !white & last_white & covers(close, open, last_open, last_close);
        let size = if (open != last_close) & (close != last_open) { 100.0 } else { 80.0 };
        if up | down { self.colour(k) * size } else { 0.0 }
    }
}
