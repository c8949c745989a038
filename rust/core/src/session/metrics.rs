//! The session's figures of one symbol, regular and extended hours apart.

use crate::bar::Bar;

/// Bars added up. The bar is meaningless while the count is 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Total {
    pub bar: Option<Bar>,
    pub count: u64,
}

impl Total {
    #[inline]
    pub(super) fn fold(&mut self, bar: &Bar) {
        match &mut self.bar {
            Some(total) => total.fold(bar),
            None => self.bar = Some(*bar),
        }
        self.count += 1;
    }

    fn fold_all<'a>(&mut self, bars: impl Iterator<Item = &'a Bar>) {
        let mut total = *self;
        bars.for_each(|bar| total.fold(bar));
        *self = total;
    }
}

/// The session so far.
#[derive(Debug, Clone, Copy)]
pub struct Metrics {
    pub regular: Total,
    pub extended: Total,
    /// Last price of the last regular session that had one, NaN if none.
    pub previous_close: f64,
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
        Self { previous_close: self.regular.bar.map_or(self.previous_close, |b| b.close), ..Self::default() }
    }

    /// Open against the previous close, in percent; NaN without one.
    pub fn gap_percent(&self) -> f64 {
        self.regular.bar.map_or(f64::NAN, |b| (b.open / self.previous_close - 1.0) * 100.0)
    }
}
