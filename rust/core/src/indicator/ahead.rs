//! What an indicator needs of many bars, worked out for a stretch of them before it goes through them one by one.
//!
//! A window's sum waits for the one before it, but not for the rest of the indicator; and what is left of that then goes through
//! several bars with one instruction. The values are the same, bit for bit, as those of one bar at a time.

use std::ops::Range;

use super::along::Columns;
use super::input::Field;
use super::parts::{change, money_flows, pressure, strange, true_range};

/// A column that an indicator takes of [`Input::ahead`](super::Input::ahead): for each bar what a window ended with, so many bars `ago`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    pub of: Term,
    pub over: Over,
    pub ago: usize,
}

/// What each bar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    Field(Field),
    /// The source times the volume.
    Notional,
    /// How far the close is from the open.
    Body,
    /// How far the low is from the high.
    Range,
    /// [`money_flow`](super::parts::money_flow).
    MoneyFlow,
    /// [`true_range`], from the second bar on.
    TrueRange,
    /// [`pressure`], from the second bar on.
    Pressure,
    /// How far the high is from the low before, from the second bar on.
    Rise,
    /// How far the low is from the high before, from the second bar on.
    Fall,
    /// How far the source is from the one before, from the second bar on.
    Move,
    /// How much of itself the source has changed by, 0 where it was 0; from the second bar on.
    Return,
    /// What the other series says.
    Other,
    /// Its [`Term::Return`].
    OtherReturn,
    /// What the so many-th window of the same list says, from its first value on: of those before this one.
    Ahead(usize),
    /// Twice what one of those says less what another says, which takes more terms: see [`Term::Ahead`].
    Lead(usize, usize),
}

/// What is made of the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The terms themselves.
    Each,
    /// The highest of the last so many.
    Highest(usize),
    Lowest(usize),
    /// How many bars ago that was, the newest of equals.
    HighestAge(usize),
    LowestAge(usize),
    /// What [`Rolling`](super::parts::Rolling) gives.
    Mean(usize),
    /// What [`Total`](super::parts::Total) gives.
    Total(usize),
    /// What [`Weighted`](super::parts::Weighted) gives.
    Weighted(usize),
    /// What [`Strength`](super::parts::Strength) gives.
    Strength(usize),
    /// What [`Pairs`](super::parts::Pairs) gives of the terms and the other series' of the same kind, which come second.
    Correlation(usize),
    /// The same, of which they come first.
    Slope(usize),
}

impl Ahead {
    pub fn new(of: Term, over: Over) -> Self {
        Self { of, over, ago: 0 }
    }

    /// The highest or lowest of the last values of a field.
    pub fn extreme(field: Field, bars: usize, highest: bool) -> Self {
        Self::new(Term::Field(field), if highest { Over::Highest(bars) } else { Over::Lowest(bars) })
    }

    #[must_use]
    pub fn ago(self, ago: usize) -> Self {
        Self { ago, ..self }
    }
}

impl Over {
    /// How many terms it takes.
    pub(super) fn bars(self) -> usize {
        match self {
            Self::Each => 1,
            Self::Highest(n)
            | Self::Lowest(n)
            | Self::HighestAge(n)
            | Self::LowestAge(n)
            | Self::Mean(n)
            | Self::Total(n)
            | Self::Weighted(n)
            | Self::Correlation(n)
            | Self::Slope(n) => n,
            // So many moves.
            Self::Strength(n) => n + 1,
        }
    }
}

impl Term {
    /// What the other series has in its place.
    pub(super) fn of_other(self) -> Self {
        if self == Self::Return { Self::OtherReturn } else { Self::Other }
    }

    /// How many bars it has no value at.
    pub(super) fn skipped(self) -> usize {
        usize::from(matches!(
            self,
            Self::TrueRange
                | Self::Pressure
                | Self::Rise
                | Self::Fall
                | Self::Move
                | Self::Return
                | Self::OtherReturn
        ))
    }

    /// What it looks at in passing at rows at which it has a value, whether they are finite numbers; so nothing needs to go through
    /// these again for that.
    pub(super) fn looks(self) -> &'static [Field] {
        use Field::{Close, High, Low, Open, Source, Volume};
        match self {
            Self::Notional => &[Source, Volume],
            Self::Body => &[Open, Close],
            Self::Range => &[High, Low],
            Self::TrueRange => &[High, Low, Close],
            Self::MoneyFlow => &[High, Low, Close, Volume],
            Self::Move | Self::Return => &[Source],
            // True ranges, which go with pressures, rises and falls, look at the same.
            _ => &[],
        }
    }

    /// Adds its values at some rows; `source` ends with these. Whether all that it [looks at](Self::looks) are finite numbers.
    pub(super) fn make(
        self,
        bars: &Columns<'_>,
        source: &[f64],
        rows: Range<usize>,
        into: &mut Vec<f64>,
    ) -> bool {
        use Field::{Close, High, Low, Open, Volume};
        let skipped = (rows.start..rows.end.min(self.skipped())).len();
        into.extend(std::iter::repeat_n(0.0, skipped));
        let (rows, count) = (rows.start + skipped..rows.end, rows.len() - skipped);
        if count == 0 {
            return true;
        }
        let before = rows.start.saturating_sub(1)..rows.end - 1;
        let values = |field: Field, rows: &Range<usize>| {
            bars.column(field).unwrap_or_default()[rows.clone()].iter().copied()
        };
        let (here, last) = (|field| values(field, &rows), |field| values(field, &before));
        let source = |ago: usize| source[source.len() - count - ago..source.len() - ago].iter().copied();
        let other = |rows: &Range<usize>| bars.other.unwrap_or_default()[rows.clone()].iter().copied();
        // A difference of what is no finite number is none, nor is a product.
        let mut looked = 0;
        let mut look = |x: f64| {
            looked |= strange(x);
            x
        };
        match self {
            Self::Field(field) => bars.rows(rows).make(field, into),
            Self::Notional => into.extend(source(0).zip(here(Volume)).map(|(x, v)| look(x * v))),
            Self::Body => into.extend(here(Close).zip(here(Open)).map(|(c, o)| look(c - o).abs())),
            Self::Range => into.extend(here(High).zip(here(Low)).map(|(h, l)| look(h - l))),
            Self::MoneyFlow => {
                let before = into.len();
                into.resize(before + count, 0.0);
                return money_flows(bars, rows, &mut into[before..]);
            }
            Self::TrueRange => {
                let bars = here(High).zip(here(Low)).zip(last(Close));
                into.extend(bars.map(|((h, l), c)| {
                    look(h - l);
                    true_range(h, l, look(c))
                }));
                here(Close).next_back().map(look);
            }
            Self::Pressure => {
                let bars = here(Low).zip(here(Close)).zip(last(Close));
                into.extend(bars.map(|((l, c), last)| pressure(l, c, last)));
            }
            Self::Rise => into.extend(here(High).zip(last(Low)).map(|(h, l)| (h - l).abs())),
            Self::Fall => into.extend(here(Low).zip(last(High)).map(|(l, h)| (l - h).abs())),
            Self::Move => into.extend(source(0).zip(source(1)).map(|(x, last)| look(x - last).abs())),
            Self::Return => into.extend(source(0).zip(source(1)).map(|(x, last)| {
                look(x - last);
                change(x, last)
            })),
            Self::Other => into.extend(other(&rows)),
            Self::OtherReturn => {
                into.extend(other(&rows).zip(other(&before)).map(|(x, last)| change(x, last)));
            }
            Self::Ahead(_) | Self::Lead(..) => {}
        }
        looked == 0
    }
}
