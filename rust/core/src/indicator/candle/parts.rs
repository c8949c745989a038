//! What patterns are made of: TA-Lib's measures of bodies, shadows and ranges, and what it calls long or short.

use crate::indicator::{Input, Past};

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

pub(super) const BODY_LONG: Setting = setting(Measure::Body, 10, 1.0);
pub(super) const BODY_SHORT: Setting = setting(Measure::Body, 10, 1.0);
pub(super) const BODY_DOJI: Setting = setting(Measure::Range, 10, 0.1);
pub(super) const SHADOW_LONG: Setting = setting(Measure::Body, 0, 1.0);
pub(super) const SHADOW_VERY_SHORT: Setting = setting(Measure::Range, 10, 0.1);
pub(super) const NEAR: Setting = setting(Measure::Range, 5, 0.2);
pub(super) const FAR: Setting = setting(Measure::Range, 5, 0.6);
/// How many bars back any pattern looks.
pub(super) const BACK: usize = 14;

/// The last candles; each is named by how many bars back it is.
#[derive(Debug)]
pub(super) struct Candles<'a> {
    opens: Past<'a>,
    highs: Past<'a>,
    lows: Past<'a>,
    closes: Past<'a>,
}

impl<'a> Candles<'a> {
    #[inline]
    pub(super) fn new(input: &Input<'a>) -> Self {
        let [opens, highs, lows, closes] = [0, 1, 2, 3].map(|i| input.past(i));
        Self { opens, highs, lows, closes }
    }

    pub(super) fn open(&self, k: usize) -> f64 {
        self.opens.lag(k)
    }

    pub(super) fn high(&self, k: usize) -> f64 {
        self.highs.lag(k)
    }

    pub(super) fn low(&self, k: usize) -> f64 {
        self.lows.lag(k)
    }

    pub(super) fn close(&self, k: usize) -> f64 {
        self.closes.lag(k)
    }

    pub(super) fn top(&self, k: usize) -> f64 {
        self.open(k).max(self.close(k))
    }

    pub(super) fn bottom(&self, k: usize) -> f64 {
        self.open(k).min(self.close(k))
    }

    pub(super) fn body(&self, k: usize) -> f64 {
        (self.close(k) - self.open(k)).abs()
    }

    pub(super) fn upper(&self, k: usize) -> f64 {
        self.high(k) - self.top(k)
    }

    pub(super) fn lower(&self, k: usize) -> f64 {
        self.bottom(k) - self.low(k)
    }

    /// An unchanged price is white.
    pub(super) fn is_white(&self, k: usize) -> bool {
        self.close(k) >= self.open(k)
    }

    /// 1 for white, −1 for black.
    pub(super) fn colour(&self, k: usize) -> f64 {
        if self.is_white(k) { 1.0 } else { -1.0 }
    }

    /// What a setting means for a candle.
    pub(super) fn average(&self, setting: Setting, k: usize) -> f64 {
        let measure = |k: usize| match setting.measure {
            Measure::Body => self.body(k),
            Measure::Range => self.high(k) - self.low(k),
        };
        if setting.bars == 0 {
            return setting.factor * measure(k);
        }
        let total: f64 = (1..=setting.bars).rev().map(|back| measure(k + back)).sum();
        setting.factor * total / setting.bars as f64
    }

    /// ±100 where a body covers the one before, of the other colour; ±80 where one end is equal.
    pub(super) fn engulfs(&self, k: usize) -> f64 {
        let (open, close) = (self.open(k), self.close(k));
        let (last_open, last_close) = (self.open(k + 1), self.close(k + 1));
        let covers = |low: f64, high: f64, last_low: f64, last_high: f64| {
            (high >= last_high && low < last_low) || (high > last_high && low <= last_low)
        };
        let up = self.is_white(k) && !self.is_white(k + 1) && covers(open, close, last_close, last_open);
        let down = !self.is_white(k) && self.is_white(k + 1) && covers(close, open, last_open, last_close);
        if !up && !down {
            return 0.0;
        }
        let whole = open != last_close && close != last_open;
        self.colour(k) * if whole { 100.0 } else { 80.0 }
    }
}
