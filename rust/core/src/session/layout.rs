//! What a symbol is to have: the same for many symbols, so it is worked out once and shared.

use std::sync::Arc;

use crate::derive::{Align, Grid};
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::series::{Kind, Program, Series, Stack};

use super::programs::{IndicatorRequest, Programs};

/// An interval, and for how many earlier sessions its bars are kept.
#[derive(Debug, Clone, Copy)]
pub struct IntervalRequest {
    pub interval: Interval,
    pub keep_sessions: usize,
}

/// The series of a symbol: base first, then derived, shortest first.
#[derive(Debug, Clone)]
pub struct Layout {
    pub(super) series: Vec<SeriesLayout>,
}

#[derive(Debug, Clone)]
pub(super) struct SeriesLayout {
    pub(super) grid: Grid,
    keep_sessions: usize,
    programs: Vec<Arc<Program>>,
}

impl Layout {
    /// The layout of a base interval, longer intervals and indicators over any of them.
    pub fn new(
        base: IntervalRequest,
        derived: &[IntervalRequest],
        indicators: &[IndicatorRequest],
        align: Align,
    ) -> Result<Self> {
        let mut requests = derived.to_vec();
        requests.sort_by_key(|r| r.interval);
        if base.interval.nanos() > crate::time::DAY_NS {
            let (interval, base) = (base.interval.to_string(), base.interval.to_string());
            return Err(Error::NotDerivable { interval, base, reason: "a base interval is at most 1d" });
        }
        for request in &requests {
            request.interval.check_derivable_from(base.interval)?;
        }
        requests.insert(0, base);
        if let Some(twice) = requests.windows(2).find(|w| w[0].interval == w[1].interval) {
            let (interval, base) = (twice[0].interval.to_string(), base.interval.to_string());
            return Err(Error::NotDerivable { interval, base, reason: "it is there already" });
        }
        if let Some(lost) = indicators.iter().find(|i| requests.iter().all(|r| r.interval != i.interval)) {
            return Err(Error::NoSeries {
                symbol: lost.definition.key(lost.interval),
                interval: lost.interval.to_string(),
                available: requests.iter().map(|r| r.interval.to_string()).collect::<Vec<_>>().join(", "),
            });
        }
        let mut programs = Programs::default();
        let series = requests
            .iter()
            .map(|request| SeriesLayout {
                grid: Grid::new(request.interval, align),
                keep_sessions: request.keep_sessions,
                programs: programs.of(indicators, request.interval),
            })
            .collect();
        Ok(Self { series })
    }
}

impl Layout {
    /// Whether there are indicators that compare two symbols.
    pub(super) fn has_pairs(&self) -> bool {
        self.series.iter().flat_map(|s| &s.programs).any(|program| program.kind == Kind::Pair)
    }
}

impl IntervalRequest {
    /// A series without indicators.
    pub(super) fn series(&self, capacity: usize) -> Series {
        Series::new(self.interval, capacity, self.keep_sessions, Vec::new())
    }
}

impl SeriesLayout {
    pub(super) fn build(&self, capacity: usize) -> Series {
        let stacks = self.programs.iter().map(|program| Stack::new(Arc::clone(program))).collect();
        Series::new(self.grid.interval(), capacity, self.keep_sessions, stacks)
    }
}
