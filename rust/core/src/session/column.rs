//! What a cut may be of, and where that stands in a symbol.

use crate::bar::Bar;
use crate::interval::Interval;
use crate::time::Nanos;

use super::metrics::Metrics;
use super::track::Track;

/// A field of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Open,
    High,
    Low,
    Close,
    Volume,
    Vwap,
    TradeCount,
}

/// A figure of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    DayOpen,
    DayHigh,
    DayLow,
    Last,
    DayVolume,
    SessionVwap,
    PreviousClose,
    GapPercent,
    ChangePercent,
    BarCount,
    /// Seconds since the end of the newest base bar.
    Age,
    /// Present base bars in percent of the expected ones.
    Quality,
    /// Volume of the session so far against the same time of day in the earlier sessions that are kept.
    RelativeVolume,
}

/// What is wanted of each symbol.
#[derive(Debug, Clone)]
pub enum Column {
    /// Of the newest closed bar, of the session or, if it has none yet, of history; without an interval, of the base.
    Bar {
        field: Field,
        interval: Option<Interval>,
    },
    /// Of the bar in progress; for base bars that come whole, of the session's newest.
    Forming {
        field: Field,
        interval: Option<Interval>,
    },
    /// An output of the indicator of that key.
    Indicator {
        key: String,
        output: usize,
    },
    Figure(Figure),
}

/// Where a column stands in a symbol.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Absent,
    Bar { series: u16, field: Field },
    Forming { series: u16, field: Field },
    Output { series: u16, stack: u16, output: u32 },
    Figure(Figure),
}

impl Figure {
    /// Whether it changes with the clock alone.
    fn is_timed(self) -> bool {
        matches!(self, Self::Age | Self::Quality | Self::RelativeVolume)
    }
}

impl Column {
    /// The figure, if it is one that changes with the clock alone.
    pub(super) fn timed(&self) -> Option<Figure> {
        match self {
            Self::Figure(figure) => Some(*figure).filter(|f| f.is_timed()),
            _ => None,
        }
    }
}

impl Place {
    /// Where a symbol of this shape has a column.
    pub(super) fn find(track: &Track, column: &Column) -> Self {
        let series = std::iter::once(&track.base).chain(track.derived.iter().map(|d| &d.series));
        let at = |interval: &Option<Interval>| match interval {
            None => Some(0),
            Some(interval) => std::iter::once(&track.base)
                .chain(track.derived.iter().map(|d| &d.series))
                .position(|s| s.interval() == *interval),
        };
        match column {
            Column::Bar { field, interval } => {
                at(interval).map_or(Self::Absent, |i| Self::Bar { series: i as u16, field: *field })
            }
            Column::Forming { field, interval } => {
                at(interval).map_or(Self::Absent, |i| Self::Forming { series: i as u16, field: *field })
            }
            Column::Indicator { key, output } => {
                let found = series.enumerate().find_map(|(i, s)| {
                    s.stacks().iter().enumerate().find_map(|(j, stack)| {
                        let index = stack.program().position(key)?;
                        let range = stack.program().plan.output_range(index);
                        let output = (range.start + output) as u32;
                        Some(Self::Output { series: i as u16, stack: j as u16, output })
                    })
                });
                found.unwrap_or(Self::Absent)
            }
            Column::Figure(figure) => Self::Figure(*figure),
        }
    }

    /// The value there; of one that changes with the clock alone, NaN.
    #[inline]
    pub(super) fn read(self, track: &Track, clock: Nanos) -> f64 {
        let series = |index: u16| match index {
            0 => &track.base,
            _ => &track.derived[index as usize - 1].series,
        };
        match self {
            Self::Absent => f64::NAN,
            Self::Bar { series: index, field } => {
                let series = series(index);
                let bar = series.newest().or_else(|| series.past().next_back().and_then(|p| p.bars.last()));
                bar.map_or(f64::NAN, |bar| of(bar, field))
            }
            Self::Forming { series: 0, field } => match &track.book {
                Some(book) => book.forming(clock).map_or(f64::NAN, |bar| of(&bar, field)),
                None => track.base.newest().map_or(f64::NAN, |bar| of(bar, field)),
            },
            Self::Forming { series: index, field } => {
                track.derived[index as usize - 1].forming.as_ref().map_or(f64::NAN, |f| of(&f.bar, field))
            }
            Self::Output { series: index, stack, output } => {
                let stack = &series(index).stacks()[stack as usize];
                stack.program().plan.outputs(stack.block())[output as usize]
            }
            Self::Figure(figure) => track.metrics.figure(figure),
        }
    }
}

#[inline]
fn of(bar: &Bar, field: Field) -> f64 {
    match field {
        Field::Open => bar.open,
        Field::High => bar.high,
        Field::Low => bar.low,
        Field::Close => bar.close,
        Field::Volume => bar.volume,
        Field::Vwap => bar.vwap(),
        Field::TradeCount => bar.trade_count,
    }
}

impl Metrics {
    /// A figure that they have, NaN for the others.
    #[inline]
    pub(super) fn figure(&self, figure: Figure) -> f64 {
        let day = |of: fn(&Bar) -> f64| self.regular.bar().map_or(f64::NAN, of);
        match figure {
            Figure::DayOpen => day(|b| b.open),
            Figure::DayHigh => day(|b| b.high),
            Figure::DayLow => day(|b| b.low),
            Figure::Last => day(|b| b.close),
            Figure::DayVolume => self.regular.bar().map_or(0.0, |b| b.volume),
            Figure::SessionVwap => day(Bar::vwap),
            Figure::PreviousClose => self.previous_close,
            Figure::GapPercent => self.gap_percent(),
            Figure::ChangePercent => (day(|b| b.close) / self.previous_close - 1.0) * 100.0,
            Figure::BarCount => self.regular.count as f64,
            Figure::Age | Figure::Quality | Figure::RelativeVolume => f64::NAN,
        }
    }
}
