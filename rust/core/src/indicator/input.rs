//! What an indicator is given at each step.

use std::ops::Range;

use crate::bar::Bar;
use crate::calendar::Calendar;
use crate::time::{Day, Nanos};

use super::parts::{Extreme, Window};
use super::ring::{Past, Span};

/// A value that a bar has. Those that stand in it come first, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Open,
    High,
    Low,
    Close,
    Volume,
    Hl2,
    Hlc3,
    Ohlc4,
    Hlcc4,
    /// Whatever the indicator was told to read: the close unless its [`Spec`](super::Spec) says otherwise.
    Source,
}

impl Field {
    /// Those that an indicator may be told to read, by name.
    pub const NAMED: [(&'static str, Self); 9] = [
        ("open", Self::Open),
        ("high", Self::High),
        ("low", Self::Low),
        ("close", Self::Close),
        ("volume", Self::Volume),
        ("hl2", Self::Hl2),
        ("hlc3", Self::Hlc3),
        ("ohlc4", Self::Ohlc4),
        ("hlcc4", Self::Hlcc4),
    ];

    /// The bar's value; the close for [`Field::Source`], which the plan resolves before it asks.
    #[inline]
    pub fn of(self, bar: &Bar) -> f64 {
        let words: &[f64; size_of::<Bar>() / size_of::<f64>()] = bytemuck::cast_ref(bar);
        if (self as usize) <= Self::Volume as usize { words[1 + self as usize] } else { self.made_of(bar) }
    }

    #[inline(never)]
    fn made_of(self, bar: &Bar) -> f64 {
        let Bar { open, high, low, close, .. } = *bar;
        match self {
            Self::Hl2 => hl2(high, low),
            Self::Hlc3 => hlc3(high, low, close),
            Self::Ohlc4 => ohlc4(open, high, low, close),
            Self::Hlcc4 => hlcc4(high, low, close),
            _ => close,
        }
    }
}

#[inline]
pub(super) fn hl2(high: f64, low: f64) -> f64 {
    0.5 * (high + low)
}

#[inline]
pub(super) fn hlc3(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) / 3.0
}

#[inline]
pub(super) fn ohlc4(open: f64, high: f64, low: f64, close: f64) -> f64 {
    (open + high + low + close) / 4.0
}

#[inline]
pub(super) fn hlcc4(high: f64, low: f64, close: f64) -> f64 {
    (high + low + 2.0 * close) / 4.0
}

/// How far back an indicator reads a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookback {
    pub field: Field,
    pub bars: usize,
}

/// A bar with its place in the session.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    pub bar: Bar,
    /// The session's date.
    pub session: Day,
    /// Whether the bar lies in the regular session.
    pub regular: bool,
    /// From the session's regular open to the start of the bar; less than zero before.
    pub since_open: Nanos,
    /// What another series says at the time, for those that compare two.
    pub other: f64,
}

impl Tick {
    /// A bar of a session; one that begins in no segment counts as of the regular open.
    #[inline]
    pub fn new(bar: Bar, session: Day, calendar: &Calendar, segment: Option<usize>) -> Self {
        let (regular, since_open) = match segment {
            Some(segment) => (calendar.segment(segment).regular, bar.ts - calendar.regular_open(segment)),
            None => (true, 0),
        };
        Self { bar, session, regular, since_open, other: f64::NAN }
    }
}

/// One step of an indicator.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub tick: &'a Tick,
    pub bar: &'a Bar,
    /// The value of the source.
    pub x: f64,
    /// How many bars this indicator has been given, with this one.
    pub seen: usize,
    /// Whether these are known to be more than [`warm`](super::Indicator::warm): then all averages have had their start, and
    /// nothing needs to look.
    pub settled: bool,
    pub(super) pasts: Pasts<'a>,
}

/// Where the past is: in rings, or in the columns of which this is a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pasts<'a> {
    Rings(&'a [f64], &'a [Span; Input::MAX_PAST]),
    Columns(&'a Table<'a>, usize),
    /// The same, with what the indicator's [`ahead`](super::Indicator::ahead) lists.
    Worked(&'a Table<'a>, usize, &'a [&'a [f64]; Input::MAX_AHEAD]),
}

/// A column, and how many of its values come before the first row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Column<'a> {
    pub(super) values: &'a [f64],
    pub(super) before: usize,
}

impl<'a> Column<'a> {
    pub(super) fn rows(&self) -> usize {
        self.values.len() - self.before
    }

    /// The column from that row on.
    pub(super) fn from(self, row: usize) -> Self {
        Self { before: self.before + row, ..self }
    }

    /// The values of some rows.
    pub(super) fn rows_of(&self, rows: Range<usize>) -> &'a [f64] {
        &self.values[self.before + rows.start..self.before + rows.end]
    }

    /// The past at a row.
    pub(super) fn past(&self, row: usize) -> Past<'a> {
        Past::column(self.values, self.before + row)
    }

    /// The last `n` values at a row, oldest first.
    pub(super) fn last(&self, n: usize, row: usize) -> &'a [f64] {
        &self.values[self.before + row + 1 - n..=self.before + row]
    }

    /// Each value of some rows with the one `n` before it.
    #[inline(always)]
    pub(super) fn steps(
        &self,
        n: usize,
        rows: Range<usize>,
    ) -> impl ExactSizeIterator<Item = (&'a f64, &'a f64)> + Clone + use<'a> {
        let (start, count) = (self.before + rows.start, rows.len());
        self.values[start..][..count].iter().zip(&self.values[start - n..][..count])
    }
}

/// The columns in which the past of a stretch of bars stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Table<'a> {
    pub(super) pasts: [Column<'a>; Input::MAX_PAST],
}

impl<'a> Input<'a> {
    /// How many fields an indicator can look back on.
    pub const MAX_PAST: usize = 4;
    /// How many columns an indicator can have worked out ahead.
    pub const MAX_AHEAD: usize = 25;

    /// How many values a part of it has been given with this one, whose first came after so many bars; `None` where that does not
    /// matter any more, since it is [settled](Self::settled).
    #[inline(always)]
    pub fn given(&self, after: usize) -> Option<usize> {
        if self.settled { None } else { Some(self.seen - after) }
    }

    /// The past of the `index`-th of the indicator's [`lookbacks`](super::Indicator::lookbacks), this bar included.
    #[inline(always)]
    pub fn past(&self, index: usize) -> Past<'a> {
        match self.pasts {
            Pasts::Rings(rings, spans) => Past::at(&rings[spans[index].range()], self.seen),
            Pasts::Columns(table, row) | Pasts::Worked(table, row, _) => {
                let Column { values, before } = table.pasts[index];
                Past::column(values, before + row)
            }
        }
    }

    /// The `index`-th of the columns that the indicator's [`ahead`](super::Indicator::ahead) lists, where they were worked out.
    #[inline(always)]
    pub fn ahead(&self, index: usize) -> Option<f64> {
        if let Pasts::Worked(_, row, columns) = self.pasts { Some(columns[index][row]) } else { None }
    }

    /// The value of a past so many bars back, which is the `index`-th of the columns worked out ahead.
    #[inline(always)]
    pub fn back(&self, index: usize, past: usize, bars: usize) -> f64 {
        self.ahead(index).unwrap_or_else(|| self.past(past).lag(bars))
    }

    /// The extreme of a past, NaN before there are as many values: the `index`-th of the columns worked out ahead. The words
    /// are those of a [`Window`].
    #[inline(always)]
    pub fn extreme<E: Extreme>(&self, index: usize, past: usize, words: &mut [f64]) -> f64 {
        self.ahead(index).unwrap_or_else(|| Window::<E>::over(words).next(self.seen, self.past(past)))
    }

    /// The pasts of the first so many.
    #[inline(always)]
    pub fn pasts<const N: usize>(&self) -> [Past<'a>; N] {
        let mut pasts = [Past::column(&[], 0); N];
        let mut index = 0;
        while index < N {
            pasts[index] = self.past(index);
            index += 1;
        }
        pasts
    }
}
