//! Highest and lowest of a window in constant time a bar.

use std::marker::PhantomData;

use super::finite::strange;
use crate::indicator::input::Column;
use crate::indicator::ring::Past;

/// Which of two values wins.
pub trait Extreme {
    const WORST: f64;
    fn pick(a: f64, b: f64) -> f64;
}

#[derive(Debug, Clone, Copy)]
pub struct Highest;

#[derive(Debug, Clone, Copy)]
pub struct Lowest;

impl Extreme for Highest {
    const WORST: f64 = f64::NEG_INFINITY;
    #[inline]
    fn pick(a: f64, b: f64) -> f64 {
        if a > b { a } else { b }
    }
}

impl Extreme for Lowest {
    const WORST: f64 = f64::INFINITY;
    #[inline]
    fn pick(a: f64, b: f64) -> f64 {
        if a < b { a } else { b }
    }
}

/// The extreme of the last `n` values (van Herk 1992, Gil and Werman 1993): the series is cut into stretches of `n`;
/// a window is the tail of one stretch, whose extremes are prepared when it ends, and the head of the next, whose
/// extreme runs along. Words: the tails' extremes (`n`), then the head's, and how far into its stretch the newest value is.
#[derive(Debug)]
pub struct Window<'w, E> {
    words: &'w mut [f64],
    kind: PhantomData<E>,
}

impl<'w, E: Extreme> Window<'w, E> {
    pub const fn words(n: usize) -> usize {
        n + 2
    }

    pub fn over(words: &'w mut [f64]) -> Self {
        Self { words, kind: PhantomData }
    }

    /// Takes the newest value, which `past` ends with; `seen` counts the values so far. Gives the extreme of the
    /// last `n`, NaN before there are `n`.
    #[inline]
    pub fn next(&mut self, seen: usize, past: Past<'_>) -> f64 {
        let n = self.words.len() - 2;
        let newest = past.lag(0);
        // From 0; kept, as a division would cost more than all the rest.
        let place = self.words[n + 1].to_bits() as usize;
        self.words[n + 1] = f64::from_bits(if place + 1 == n { 0 } else { place as u64 + 1 });
        let head = if place == 0 { newest } else { E::pick(self.words[n], newest) };
        self.words[n] = head;
        if place == n - 1 {
            // The stretch is complete: its tails are what the coming windows still see of it.
            let mut tail = E::WORST;
            for back in 0..n {
                tail = E::pick(past.lag(back), tail);
                self.words[n - 1 - back] = tail;
            }
            return head + 0.0;
        }
        if seen < n { f64::NAN } else { E::pick(self.words[place + 1], head) + 0.0 }
    }
}

/// The same over a column at once, of whose values `seen` have come before: for each the extreme of the `n` that end there,
/// NaN where there are not as many. They are made of those of stretches of four, sixteen, … values, each made of four of the last;
/// many rows go through one instruction.
#[derive(Debug, Default)]
pub struct Sliding {
    spans: [Vec<f64>; 2],
    places: [Vec<f64>; 2],
}

/// The extremes of the spans that begin so many rows after each. Of the last, zero has no sign, whichever of two was taken. Those of
/// the first are of values: whether all of the newest are finite numbers.
#[inline(never)]
fn widest<E: Extreme, const N: usize, const FIRST: bool, const LAST: bool>(
    spans: &[f64],
    after: [usize; N],
    into: &mut [f64],
) -> bool {
    let spans = after.map(|after| &spans[after..][..into.len()]);
    let mut looked = 0;
    for (i, into) in into.iter_mut().enumerate() {
        let extreme = spans.iter().skip(1).fold(spans[0][i], |extreme, span| E::pick(extreme, span[i]));
        *into = if LAST { extreme + 0.0 } else { extreme };
        if FIRST {
            looked |= strange(spans[N - 1][i]);
        }
    }
    looked == 0
}

impl Sliding {
    /// Whether all values of rows that have an extreme are finite numbers.
    pub fn extremes<E: Extreme>(
        &mut self,
        n: usize,
        seen: usize,
        column: Column<'_>,
        into: &mut [f64],
    ) -> bool {
        let without = (n - 1).saturating_sub(seen).min(column.rows());
        let (unfilled, into) = into.split_at_mut(without);
        unfilled.fill(f64::NAN);
        if without == column.rows() {
            return true;
        }
        let [spans, next] = &mut self.spans;
        let values = &column.values[column.before + without + 1 - n..];
        if n <= 4 {
            return match n {
                1 => widest::<E, 1, true, true>(values, [0], into),
                2 => widest::<E, 2, true, true>(values, [0, 1], into),
                3 => widest::<E, 3, true, true>(values, [0, 1, 2], into),
                _ => widest::<E, 4, true, true>(values, [0, 1, 2, 3], into),
            };
        }
        spans.resize(values.len() - 3, 0.0);
        let finite = widest::<E, 4, true, false>(values, [0, 1, 2, 3], spans);
        let mut width = 4;
        while 4 * width < n {
            next.resize(spans.len() - 3 * width, 0.0);
            widest::<E, 4, false, false>(spans, [0, width, 2 * width, 3 * width], next);
            std::mem::swap(spans, next);
            width *= 4;
        }
        // So many as it takes, of which the last overlaps.
        let last = n - width;
        match n.div_ceil(width) {
            2 => widest::<E, 2, false, true>(spans, [0, last], into),
            3 => widest::<E, 3, false, true>(spans, [0, width, last], into),
            _ => widest::<E, 4, false, true>(spans, [0, width, 2 * width, last], into),
        };
        finite
    }

    /// How many bars ago each of these extremes was, the newest of equals: what a [`Place`](super::Place) gives.
    pub fn ages<E: Extreme>(&mut self, n: usize, seen: usize, column: Column<'_>, into: &mut [f64]) {
        let without = (n - 1).saturating_sub(seen).min(column.rows());
        let (unfilled, into) = into.split_at_mut(without);
        unfilled.fill(f64::NAN);
        if without == column.rows() {
            return;
        }
        let ([spans, next], [places, next_places]) = (&mut self.spans, &mut self.places);
        spans.clear();
        spans.extend_from_slice(&column.values[column.before + without + 1 - n..]);
        // From the start of the span.
        places.clear();
        places.resize(spans.len(), 0.0);
        let later = |a: f64, b: f64| E::pick(a, b) == b;
        let mut width = 1;
        while 2 * width <= n {
            let count = spans.len() - width;
            let step = width as f64;
            next.clear();
            next.extend(spans.iter().zip(&spans[width..]).map(|(a, b)| E::pick(*a, *b)));
            let (of_a, of_b) = (&places[..count], &places[width..][..count]);
            let chosen = spans.iter().zip(&spans[width..]).zip(of_a.iter().zip(of_b));
            next_places.clear();
            next_places
                .extend(chosen.map(|((a, b), (at_a, at_b))| if later(*a, *b) { at_b + step } else { *at_a }));
            std::mem::swap(spans, next);
            std::mem::swap(places, next_places);
            width *= 2;
        }
        let (step, newest) = ((n - width) as f64, (n - 1) as f64);
        let chosen = spans.iter().zip(&spans[n - width..]).zip(places.iter().zip(&places[n - width..]));
        for (into, ((a, b), (at_a, at_b))) in into.iter_mut().zip(chosen) {
            *into = newest - if later(*a, *b) { at_b + step } else { *at_a };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_at_once_is_the_same() {
        let values: Vec<f64> = (0..500_i64).map(|i| ((i * i * 31 + i * 17) % 97 - 48) as f64 * 0.5).collect();
        for n in [1, 2, 3, 5, 14, 30, 64] {
            let mut words = vec![0.0; Window::<Lowest>::words(n)];
            let (mut sliding, mut all) = (Sliding::default(), vec![0.0; values.len()]);
            for rows in [0..1, 1..7, 7..100, 100..500] {
                let column = Column { values: &values[..rows.end], before: rows.start };
                sliding.extremes::<Lowest>(n, rows.start, column, &mut all[rows]);
            }
            for (row, value) in all.iter().enumerate() {
                let past = Past::column(&values, row);
                let expected = Window::<Lowest>::over(&mut words).next(row + 1, past);
                assert_eq!(expected.to_bits(), value.to_bits(), "{n} at {row}");
            }
        }
    }

    #[test]
    fn equals_a_scan_of_the_window() {
        let values: Vec<f64> = (0..500_i64).map(|i| ((i * i * 31 + i * 17) % 97) as f64).collect();
        for n in [1, 2, 3, 5, 14, 64] {
            let mut ring = vec![0.0; Past::words(n)];
            let mut high = vec![0.0; Window::<Highest>::words(n)];
            let mut low = vec![0.0; Window::<Lowest>::words(n)];
            for (i, &value) in values.iter().enumerate() {
                let past = Past::put(&mut ring, i + 1, value);
                let highest = Window::<Highest>::over(&mut high).next(i + 1, past);
                let lowest = Window::<Lowest>::over(&mut low).next(i + 1, past);
                if i + 1 < n {
                    assert!(highest.is_nan() && lowest.is_nan());
                    continue;
                }
                let window = &values[i + 1 - n..=i];
                assert_eq!(highest, window.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                assert_eq!(lowest, window.iter().copied().fold(f64::INFINITY, f64::min));
            }
        }
    }
}
