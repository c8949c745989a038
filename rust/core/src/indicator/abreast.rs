//! One indicator over a bar each of many blocks, side by side: their words stand in rows, one word of all blocks in each, so that
//! one instruction steps several blocks.

use std::ops::{Deref, DerefMut, Range};

use bytemuck::Zeroable;

use super::Indicator;
use super::along::MOST_OUTPUTS;
use super::input::{Field, Input, Pasts, Table, Tick};
use super::turn::{self, Four};
use crate::bar::Bar;

/// How many blocks are taken through one indicator after the other: as many as stay at hand.
pub const BATCH: usize = 32;

/// A word of each of so many blocks; what one instruction takes of it lies in one cache line.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct Row<T = f64>([T; BATCH]);

impl<T> Deref for Row<T> {
    type Target = [T; BATCH];

    #[inline(always)]
    fn deref(&self) -> &[T; BATCH] {
        &self.0
    }
}

impl<T> DerefMut for Row<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T; BATCH] {
        &mut self.0
    }
}

/// A bar of each of some blocks.
#[derive(Debug, Default)]
pub(super) struct Bars {
    /// From the open to the volume.
    fields: [Row; 5],
    session: Row<i64>,
    regular: Row<u64>,
    /// How many each has seen, with this one.
    pub(super) seen: Row<u64>,
    pub(super) count: usize,
}

impl Bars {
    /// Whether the bars have this field at hand.
    pub(super) fn has(field: Field) -> bool {
        field <= Field::Volume
    }

    #[inline]
    pub(super) fn row(&self, field: Field) -> &Row {
        &self.fields[field as usize]
    }

    /// Any field of all.
    #[inline]
    pub(super) fn all_of(&self, field: Field) -> Row {
        let made = || Row(std::array::from_fn(|i| field.of(&self.tick(i).bar)));
        self.fields.get(field as usize).map_or_else(made, |row| *row)
    }

    /// What is known of one.
    #[inline(always)]
    pub(super) fn tick(&self, i: usize) -> Tick {
        let Self { fields: [open, high, low, close, volume], session, regular, .. } = self;
        let bar = Bar::new(0, [open[i], high[i], low[i], close[i]], volume[i], f64::NAN, f64::NAN);
        Tick { bar, session: session[i] as i32, regular: regular[i] != 0, since_open: 0, other: f64::NAN }
    }

    /// The bars of as many blocks as there are.
    pub(super) fn set_all(&mut self, ticks: &[Tick]) {
        let (fours, rest) = ticks.as_chunks::<4>();
        for (at, ticks) in (0..BATCH / 4).zip(fours) {
            let [open, high, low, close, volume] =
                self.fields.each_mut().map(|row| &mut fours_of_mut(row)[at]);
            [*open, *high, *low, *close] = turn::four(ticks.each_ref().map(|tick| prices(&tick.bar)));
            *volume = ticks.each_ref().map(|tick| tick.bar.volume);
            for (tick, i) in ticks.iter().zip(4 * at..BATCH) {
                (self.session[i], self.regular[i]) = (i64::from(tick.session), u64::from(tick.regular));
            }
        }
        for (tick, i) in rest.iter().zip(4 * fours.len()..BATCH) {
            self.set(i, tick);
        }
    }

    #[inline]
    pub(super) fn set(&mut self, i: usize, tick: &Tick) {
        let [open, high, low, close, volume] = &mut self.fields;
        let bar = &tick.bar;
        (open[i], high[i], low[i], close[i], volume[i]) =
            (bar.open, bar.high, bar.low, bar.close, bar.volume);
        (self.session[i], self.regular[i]) = (i64::from(tick.session), u64::from(tick.regular));
    }
}

/// Open, high, low and close.
#[inline(always)]
fn prices(bar: &Bar) -> &Four {
    let [_, prices @ .., _, _, _]: &[f64; size_of::<Bar>() / size_of::<f64>()] = bytemuck::cast_ref(bar);
    prices
}

/// Sets words of blocks out in rows, four by four.
pub(super) fn gather(blocks: &[&mut [f64]], range: &Range<usize>, rows: &mut [Row]) {
    let (fours, rest) = blocks.as_chunks::<4>();
    let (quads, others) = rows[..range.len()].as_chunks_mut::<4>();
    let (pairs, last) = others.as_chunks_mut::<2>();
    for (at, blocks) in (0..BATCH / 4).zip(fours) {
        let [a, b, c, d] = blocks.each_ref().map(|block| block[range.clone()].as_chunks::<4>());
        for ((((rows, a), b), c), d) in quads.iter_mut().zip(a.0).zip(b.0).zip(c.0).zip(d.0) {
            let [r, s, t, u] = rows.each_mut().map(|row| &mut fours_of_mut(row)[at]);
            [*r, *s, *t, *u] = turn::four([a, b, c, d]);
        }
        let [a, b, c, d] = [a.1, b.1, c.1, d.1].map(<[f64]>::as_chunks::<2>);
        for ((((rows, a), b), c), d) in pairs.iter_mut().zip(a.0).zip(b.0).zip(c.0).zip(d.0) {
            let [first, second] = turn::out([a, b, c, d]);
            let [row, next] = rows;
            (fours_of_mut(row)[at], fours_of_mut(next)[at]) = (first, second);
        }
        for ((((row, a), b), c), d) in last.iter_mut().zip(a.1).zip(b.1).zip(c.1).zip(d.1) {
            fours_of_mut(row)[at] = [*a, *b, *c, *d];
        }
    }
    for (block, i) in rest.iter().zip(4 * fours.len()..BATCH) {
        rows.iter_mut().zip(&block[range.clone()]).for_each(|(row, word)| row[i] = *word);
    }
}

/// Puts them back.
pub(super) fn scatter(blocks: &mut [&mut [f64]], range: &Range<usize>, rows: &[Row]) {
    let (fours, rest) = blocks.as_chunks_mut::<4>();
    let (quads, others) = rows[..range.len()].as_chunks::<4>();
    let (pairs, last) = others.as_chunks::<2>();
    let after = 4 * fours.len();
    for (at, blocks) in (0..BATCH / 4).zip(fours) {
        let [a, b, c, d] = blocks.each_mut().map(|block| block[range.clone()].as_chunks_mut::<4>());
        for ((((rows, a), b), c), d) in quads.iter().zip(a.0).zip(b.0).zip(c.0).zip(d.0) {
            [*a, *b, *c, *d] = turn::four(rows.each_ref().map(|row| &fours_of(row)[at]));
        }
        let [a, b, c, d] = [a.1, b.1, c.1, d.1].map(<[f64]>::as_chunks_mut::<2>);
        for ((((row, a), b), c), d) in last.iter().zip(a.1).zip(b.1).zip(c.1).zip(d.1) {
            [*a, *b, *c, *d] = fours_of(row)[at];
        }
        for (((([row, next], a), b), c), d) in pairs.iter().zip(a.0).zip(b.0).zip(c.0).zip(d.0) {
            turn::back([&fours_of(row)[at], &fours_of(next)[at]], [a, b, c, d]);
        }
    }
    for (block, i) in rest.iter_mut().zip(after..BATCH) {
        block[range.clone()].iter_mut().zip(rows).for_each(|(word, row)| *word = row[i]);
    }
}

fn fours_of(row: &Row) -> &[Four; BATCH / 4] {
    bytemuck::cast_ref(&row.0)
}

fn fours_of_mut(row: &mut Row) -> &mut [Four; BATCH / 4] {
    bytemuck::cast_mut(&mut row.0)
}

/// What an indicator reads of them.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) bars: &'a Bars,
    /// Its source.
    pub(super) xs: &'a Row,
    /// What leaves its window; of no meaning without one.
    pub(super) old: &'a Row,
}

/// Steps the state in `words` where a plain step is one, and writes the outputs of all. Gives a bit for each block of which it
/// was none: those are to be stepped on their own.
#[inline(never)]
pub(super) fn run<I: Indicator>(
    kernel: &I,
    steps: &Steps<'_>,
    words: &mut [Row],
    outputs: &mut [Row],
) -> u32 {
    let words = &mut words[..size_of::<I::State>() / size_of::<f64>()];
    let outputs = &mut outputs[..I::SPEC.outputs.len()];
    let bars = steps.bars;
    let first = kernel.first() as u64;
    let none = Table::default();
    // A bit each, and of all together: mostly none has one.
    let (mut rare, mut any) = ([0_u64; BATCH], 0);
    for i in 0..bars.count.min(BATCH) {
        let tick = bars.tick(i);
        let pasts = Pasts::Columns(&none, 0);
        let (x, seen) = (steps.xs[i], bars.seen[i]);
        let input = Input { tick: &tick, bar: &tick.bar, x, seen: seen as usize, settled: true, pasts };
        let mut state = I::State::zeroed();
        let now: &mut [f64] = bytemuck::cast_slice_mut(bytemuck::bytes_of_mut(&mut state));
        now.iter_mut().zip(&*words).for_each(|(word, row)| *word = row[i]);
        let mut out = [f64::NAN; MOST_OUTPUTS];
        let done = kernel.step(&mut state, &input, steps.old[i], &mut out[..I::SPEC.outputs.len()]);
        let done = done & (seen > first);
        rare[i] = u64::from(!done);
        any |= rare[i];
        let now: &[f64] = bytemuck::cast_slice(bytemuck::bytes_of(&state));
        words.iter_mut().zip(now).for_each(|(row, word)| row[i] = if done { *word } else { row[i] });
        outputs.iter_mut().zip(&out).for_each(|(row, value)| row[i] = *value);
    }
    if any == 0 {
        return 0;
    }
    rare.iter().enumerate().fold(0, |bits, (i, &rare)| bits | (rare as u32) << i)
}
