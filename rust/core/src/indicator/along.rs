//! One indicator over many bars that follow each other: the same steps as bar by bar, in a loop of its own kind.

use std::ops::Range;

use crate::bar::Bar;
use crate::time::{Day, Nanos};

use super::Indicator;
use super::input::{Column, Field, Input, Pasts, Table, Tick, hl2, hlc3, hlcc4, ohlc4};
use super::parts::strange;

/// Bars as columns of one length. What the indicator does not read may be any of them.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub open: &'a [f64],
    pub high: &'a [f64],
    pub low: &'a [f64],
    pub close: &'a [f64],
    pub volume: &'a [f64],
    /// The number of each bar's session; all are of one without.
    pub session: Option<&'a [i64]>,
    /// Whether each bar lies in regular hours; all do without.
    pub regular: Option<&'a [bool]>,
    /// Nanoseconds from the session's regular open to the start of each bar; zero without.
    pub since_open: Option<&'a [Nanos]>,
    /// When each bar starts, in nanoseconds since 1970 UTC; zero without.
    pub ts: Option<&'a [Nanos]>,
    /// What another series says; nothing without.
    pub other: Option<&'a [f64]>,
}

impl<'a> Columns<'a> {
    /// These rows of it.
    #[inline(always)]
    pub(super) fn rows(&self, rows: Range<usize>) -> Self {
        let Self { open, high, low, close, volume, session, regular, since_open, ts, other } = *self;
        Self {
            open: &open[rows.clone()],
            high: &high[rows.clone()],
            low: &low[rows.clone()],
            close: &close[rows.clone()],
            volume: &volume[rows.clone()],
            session: session.map(|s| &s[rows.clone()]),
            regular: regular.map(|r| &r[rows.clone()]),
            since_open: since_open.map(|s| &s[rows.clone()]),
            ts: ts.map(|t| &t[rows.clone()]),
            other: other.map(|o| &o[rows]),
        }
    }

    /// The column of a field, if it is one of them.
    pub(super) fn column(&self, field: Field) -> Option<&'a [f64]> {
        match field {
            Field::Open => Some(self.open),
            Field::High => Some(self.high),
            Field::Low => Some(self.low),
            Field::Close => Some(self.close),
            Field::Volume => Some(self.volume),
            _ => None,
        }
    }

    /// Adds the values of a field that is made of others.
    pub(super) fn make(&self, field: Field, into: &mut Vec<f64>) {
        let bars = self.high.iter().zip(self.low).zip(self.open.iter().zip(self.close));
        match field {
            Field::Hl2 => into.extend(bars.map(|((h, l), _)| hl2(*h, *l))),
            Field::Hlc3 => into.extend(bars.map(|((h, l), (_, c))| hlc3(*h, *l, *c))),
            Field::Ohlc4 => into.extend(bars.map(|((h, l), (o, c))| ohlc4(*o, *h, *l, *c))),
            Field::Hlcc4 => into.extend(bars.map(|((h, l), (_, c))| hlcc4(*h, *l, *c))),
            _ => into.extend_from_slice(self.column(field).unwrap_or(self.close)),
        }
    }

    /// The columns of numbers, each once.
    pub(super) fn distinct(&self) -> Vec<&'a [f64]> {
        let mut distinct: Vec<&[f64]> = Vec::new();
        for column in [self.open, self.high, self.low, self.close, self.volume].into_iter().chain(self.other)
        {
            if distinct.iter().all(|there| there.as_ptr() != column.as_ptr()) {
                distinct.push(column);
            }
        }
        distinct
    }

    pub(super) fn tick(&self, row: usize) -> Tick {
        let ohlc = [self.open[row], self.high[row], self.low[row], self.close[row]];
        let ts = self.ts.map_or(0, |t| t[row]);
        Tick {
            bar: Bar::new(ts, ohlc, self.volume[row], f64::NAN, f64::NAN),
            session: self.session.map_or(0, |s| s[row] as Day),
            regular: self.regular.is_none_or(|r| r[row]),
            since_open: self.since_open.map_or(0, |s| s[row]),
            other: self.other.map_or(f64::NAN, |o| o[row]),
        }
    }
}

/// Bars that follow each other, and what came before them.
#[derive(Debug)]
pub(super) struct Stretch<'a> {
    pub(super) columns: Columns<'a>,
    /// What the indicator reads of each bar.
    pub(super) source: &'a [f64],
    /// What it looks back on.
    pub(super) table: Table<'a>,
    /// How many values it was given before.
    pub(super) seen: usize,
    /// What was worked out ahead, if it was.
    pub(super) ahead: Option<&'a [&'a [f64]; Input::MAX_AHEAD]>,
}

/// Bars that are [settled](Input::settled), as an indicator's own loop takes them.
#[derive(Debug)]
pub struct Settled<'a> {
    pub bars: Columns<'a>,
    pub source: &'a [f64],
    /// What was worked out ahead, a column for each of its list.
    pub ahead: [&'a [f64]; Input::MAX_AHEAD],
    pasts: [Column<'a>; Input::MAX_PAST],
}

impl<'a> Settled<'a> {
    /// The past of the `index`-th of the indicator's [`lookbacks`](super::Indicator::lookbacks), and these bars.
    pub fn past(&self, index: usize) -> Column<'a> {
        self.pasts[index]
    }
}

/// The loop for one kind of indicator, compiled for it alone: its state stays in registers. Whether all that it
/// [looks at](Indicator::LOOKS) are finite numbers.
pub(super) fn run<I: Indicator>(
    kernel: &I,
    stretch: &Stretch<'_>,
    words: &mut [f64],
    own: &mut [f64],
    outputs: &mut [&mut [f64]],
) -> bool {
    let rows = stretch.columns.close.len();
    // Columns that are known to be as long as the bars', whether they are there or not.
    let source = &stretch.source[..rows];
    let Some(ahead) = stretch.ahead else {
        let pasts = |row| Pasts::Columns(&stretch.table, row);
        return each::<I, false>(kernel, stretch, words, own, outputs, 0..rows, pasts);
    };
    let ahead = ahead.map(|column| column.get(..rows).unwrap_or(source));
    let pasts = |row| Pasts::Worked(&stretch.table, row, &ahead);
    // An event of the session comes when it comes.
    let settled = if I::WAITS { rows } else { kernel.warm().saturating_sub(stretch.seen).min(rows) };
    let mut finite = true;
    if settled > 0 {
        finite = each::<I, false>(kernel, stretch, words, own, outputs, 0..settled, pasts);
    }
    if I::ALONG {
        let mut room = Default::default();
        let rest = rows_of(outputs, &(settled..rows), &mut room);
        let state = bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(words));
        let bars = stretch.columns.rows(settled..rows);
        let (source, ahead) = (&source[settled..], ahead.map(|column| &column[settled..]));
        let pasts = stretch.table.pasts.map(|past| past.from(settled));
        finite &= kernel.along(state, &Settled { bars, source, ahead, pasts }, rest);
    } else if settled < rows {
        finite &= each::<I, true>(kernel, stretch, words, own, outputs, settled..rows, pasts);
    }
    finite
}

/// These rows of the outputs.
#[inline(always)]
fn rows_of<'r, 'o>(
    outputs: &'o mut [&mut [f64]],
    rows: &Range<usize>,
    room: &'r mut [&'o mut [f64]; MOST_OUTPUTS],
) -> &'r mut [&'o mut [f64]] {
    let count = outputs.len();
    room.iter_mut().zip(outputs).for_each(|(part, column)| *part = &mut column[rows.clone()]);
    &mut room[..count]
}

#[inline(always)]
fn each<'a, I: Indicator, const SETTLED: bool>(
    kernel: &I,
    stretch: &Stretch<'_>,
    words: &mut [f64],
    own: &mut [f64],
    outputs: &mut [&mut [f64]],
    range: Range<usize>,
    pasts: impl Fn(usize) -> Pasts<'a>,
) -> bool {
    // All of a length that the compiler knows to be that of the loop: no step looks whether it is within.
    let count = range.len();
    let Columns { open, high, low, close, volume, session, regular, since_open, ts, other } =
        stretch.columns.rows(range.clone());
    let (open, high, low) = (&open[..count], &high[..count], &low[..count]);
    let (close, volume) = (&close[..count], &volume[..count]);
    let source = &stretch.source[range.clone()][..count];
    let mut room = Default::default();
    let columns = rows_of(outputs, &range, &mut room);
    let columns = &mut columns[..I::SPEC.outputs.len()];
    assert!(columns.iter().all(|column| column.len() == count), "a column for each output");
    let words: &mut I::State = bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(words));
    let mut state = *words;
    let mut row = [f64::NAN; MOST_OUTPUTS];
    let row = &mut row[..I::SPEC.outputs.len()];
    let mut zeros = 0;
    for i in 0..count {
        // What cannot fail is left out where the indicator does not read it.
        let start = ts.and_then(|t| t.get(i)).map_or(0, |&t| t);
        let tick = Tick {
            bar: Bar::new(start, [open[i], high[i], low[i], close[i]], volume[i], f64::NAN, f64::NAN),
            session: session.and_then(|s| s.get(i)).map_or(0, |&s| s as Day),
            regular: regular.and_then(|r| r.get(i)).is_none_or(|&r| r),
            since_open: since_open.and_then(|s| s.get(i)).map_or(0, |&s| s),
            other: other.and_then(|o| o.get(i)).map_or(f64::NAN, |&o| o),
        };
        let (seen, pasts) = (stretch.seen + range.start + i + 1, pasts(range.start + i));
        let input = Input { tick: &tick, bar: &tick.bar, x: source[i], seen, settled: SETTLED, pasts };
        for field in I::LOOKS {
            let x = if *field == Field::Source { input.x } else { field.of(input.bar) };
            zeros |= strange(x);
        }
        kernel.update(&mut state, own, &input, row);
        for (column, value) in columns.iter_mut().zip(&*row) {
            column[i] = *value;
        }
    }
    *words = state;
    zeros == 0
}

/// More than any indicator has.
pub(super) const MOST_OUTPUTS: usize = 16;
