//! One indicator over whole columns: the same steps as bar by bar, in a loop of its own kind.

use crate::bar::Bar;
use crate::time::{Day, Nanos};

use super::Indicator;
use super::input::{Field, Input, Pasts, Tick};

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

/// The loop for one kind of indicator, compiled for it alone. The past stands in the columns: there is nothing to keep.
/// Stops before the rows in which there is no finite number, and gives the first.
pub(super) fn run<I: Indicator>(
    kernel: &I,
    reads: Field,
    columns: &Columns<'_>,
    outputs: &mut [&mut [f64]],
) -> Result<(), usize> {
    let Columns { open, high, low, close, volume, session, regular, since_open, ts, other } = *columns;
    let rows = close.len();
    let (open, high, low, volume) = (&open[..rows], &high[..rows], &low[..rows], &volume[..rows]);
    let mut made = Vec::new();
    if reads > Field::Volume {
        made.extend((0..rows).map(|row| reads.of(&columns.tick(row).bar)));
    }
    let column = |field: Field| match if field == Field::Source { reads } else { field } {
        Field::Open => open,
        Field::High => high,
        Field::Low => low,
        Field::Close => close,
        Field::Volume => volume,
        _ => &made,
    };
    let mut pasts: [&[f64]; Input::MAX_PAST] = [&[]; Input::MAX_PAST];
    for (past, lookback) in pasts.iter_mut().zip(kernel.lookbacks()) {
        *past = column(lookback.field);
    }
    let source = &column(Field::Source)[..rows];
    let distinct = columns.distinct();
    let mut own = vec![0.0; kernel.own_words()];
    let mut state: I::State = bytemuck::Zeroable::zeroed();
    let mut row = [f64::NAN; MOST_OUTPUTS];
    let row = &mut row[..I::SPEC.outputs.len()];
    let Some((first, further)) = outputs.split_first_mut() else { return Ok(()) };
    let first = &mut first[..rows];
    for start in (0..rows).step_by(STRETCH) {
        let stretch = start..rows.min(start + STRETCH);
        // Looked at where they are about to be read, they are in the cache then.
        if !distinct.iter().all(|column| all_finite(&column[stretch.clone()])) {
            let finite = |row: &usize| distinct.iter().all(|column| column[*row].is_finite());
            return stretch.clone().find(|row| !finite(row)).map_or(Ok(()), Err);
        }
        for i in stretch {
            // What cannot fail is left out where the indicator does not read it.
            let start = ts.and_then(|t| t.get(i)).map_or(0, |&t| t);
            let tick = Tick {
                bar: Bar::new(start, [open[i], high[i], low[i], close[i]], volume[i], f64::NAN, f64::NAN),
                session: session.and_then(|s| s.get(i)).map_or(0, |&s| s as Day),
                regular: regular.and_then(|r| r.get(i)).is_none_or(|&r| r),
                since_open: since_open.and_then(|s| s.get(i)).map_or(0, |&s| s),
                other: other.and_then(|o| o.get(i)).map_or(f64::NAN, |&o| o),
            };
            let pasts = Pasts::Columns(&pasts, i);
            let input = Input { tick: &tick, bar: &tick.bar, x: source[i], seen: i + 1, pasts };
            kernel.update(&mut state, &mut own, &input, row);
            first[i] = row[0];
            for (column, value) in further.iter_mut().zip(&row[1..]) {
                column[i] = *value;
            }
        }
    }
    Ok(())
}

/// More than any indicator has.
const MOST_OUTPUTS: usize = 16;
/// How many rows are looked at before they are read.
const STRETCH: usize = 1024;

/// Without a branch, so that several are looked at in one step.
fn all_finite(values: &[f64]) -> bool {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    values.iter().fold(true, |finite, x| finite & (x.to_bits() & EXPONENT != EXPONENT))
}
