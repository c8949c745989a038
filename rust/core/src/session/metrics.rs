//! The session's figures of one symbol, regular and extended hours apart.

use bytemuck::Zeroable;

use crate::bar::Bar;

/// Bars added up.
#[derive(Debug, Clone, Copy)]
pub struct Total {
    /// Meaningless while there are none.
    sum: Bar,
    pub count: u64,
}

impl Default for Total {
    fn default() -> Self {
        Self { sum: Bar::zeroed(), count: 0 }
    }
}

impl Total {
    /// One bar for all; none if there was none.
    pub fn bar(&self) -> Option<&Bar> {
        (self.count > 0).then_some(&self.sum)
    }

    #[inline]
    pub(super) fn fold(&mut self, bar: &Bar) {
        if self.count > 0 {
            self.sum.fold(bar);
        } else {
            self.sum = *bar;
        }
        self.count += 1;
    }

    fn fold_all<'a>(&mut self, bars: impl Iterator<Item = &'a Bar>) {
        let mut total = *self;
        bars.for_each(|bar| total.fold(bar));
        *self = total;
    }
}

/// The session so far. What most bars change comes last, and the base bars behind it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Metrics {
    pub extended: Total,
    /// Last price of the last regular session that had one, NaN if none.
    pub previous_close: f64,
    pub regular: Total,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { regular: Total::default(), extended: Total::default(), previous_close: f64::NAN }
    }
}

impl Metrics {
    #[inline]
    pub(super) fn fold(&mut self, bar: &Bar, regular: bool) {
        if regular {
            self.regular.fold(bar);
        } else {
            self.extended.fold(bar);
        }
    }

    /// The same with several bars, one after the other.
    pub(super) fn fold_all<'a>(&mut self, bars: impl Iterator<Item = &'a Bar>, regular: bool) {
        if regular { self.regular.fold_all(bars) } else { self.extended.fold_all(bars) }
    }

    /// The metrics at the start of the next session.
    pub(super) fn next_session(&self) -> Self {
        Self {
            previous_close: self.regular.bar().map_or(self.previous_close, |b| b.close),
            ..Self::default()
        }
    }

    /// Open against the previous close, in percent; NaN without one.
    pub fn gap_percent(&self) -> f64 {
        self.regular.bar().map_or(f64::NAN, |b| (b.open / self.previous_close - 1.0) * 100.0)
    }
}
