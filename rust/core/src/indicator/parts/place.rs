//! How long ago the extreme of a window was.

use std::marker::PhantomData;

use super::extreme::Extreme;
use crate::indicator::ring::Past;

/// Where the extreme of the last `n` values is: a [`Window`](super::Window) that keeps places too. Words: the tails' extremes
/// (`n`), where in the stretch each is (`n`), the head's, where that is, and how far into its stretch the newest value is.
#[derive(Debug)]
pub struct Place<'w, E> {
    words: &'w mut [f64],
    kind: PhantomData<E>,
}

/// A number as it is kept among the words.
#[inline]
fn word(number: usize) -> f64 {
    f64::from_bits(number as u64)
}

impl<'w, E: Extreme> Place<'w, E> {
    pub const fn words(n: usize) -> usize {
        2 * n + 3
    }

    pub fn over(words: &'w mut [f64]) -> Self {
        Self { words, kind: PhantomData }
    }

    /// Takes the newest value, which `past` ends with; `seen` counts them. Gives how many bars ago the extreme of the last
    /// `n` was: of equals the newest.
    #[inline]
    pub fn next(&mut self, seen: usize, past: Past<'_>) -> usize {
        let n = (self.words.len() - 3) / 2;
        let (tails, rest) = self.words.split_at_mut(n);
        let (places, kept) = rest.split_at_mut(n);
        let [head, at, count] = kept else { return 0 };
        let (newest, place) = (past.lag(0), count.to_bits() as usize);
        // Chosen, not branched on: which is the higher cannot be guessed.
        let wins = (place == 0) | (E::pick(*head, newest) == newest);
        *head = if wins { newest } else { *head };
        *at = if wins { word(place) } else { *at };
        let (head, at) = (*head, at.to_bits() as usize);
        if place + 1 == n {
            *count = 0.0;
            let (mut tail, mut tail_at) = (newest, place);
            for back in 0..n {
                let value = past.lag(back);
                if E::pick(value, tail) != tail {
                    (tail, tail_at) = (value, n - 1 - back);
                }
                (tails[n - 1 - back], places[n - 1 - back]) = (tail, word(tail_at));
            }
            return place - at;
        }
        *count = word(place + 1);
        let (of_head, of_tail) = (place - at, place + n - places[place + 1].to_bits() as usize);
        if (seen < n) | (E::pick(tails[place + 1], head) == head) { of_head } else { of_tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::input::Column;
    use crate::indicator::parts::{Highest, Lowest, Sliding};

    #[test]
    fn equals_a_scan_of_the_window() {
        let values: Vec<f64> = (0..500_i64).map(|i| ((i * i * 31 + i * 17) % 13) as f64).collect();
        for n in [1, 2, 3, 5, 14, 64] {
            let mut high = vec![0.0; Place::<Highest>::words(n)];
            let mut low = vec![0.0; Place::<Lowest>::words(n)];
            for i in 0..values.len() {
                let past = Past::column(&values, i);
                let window = &values[(i + 1).saturating_sub(n)..=i];
                let ago = |best: f64| window.iter().rev().position(|&x| x == best);
                let highest = window.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let lowest = window.iter().copied().fold(f64::INFINITY, f64::min);
                assert_eq!(Some(Place::<Highest>::over(&mut high).next(i + 1, past)), ago(highest));
                assert_eq!(Some(Place::<Lowest>::over(&mut low).next(i + 1, past)), ago(lowest));
            }
            for rows in [0..1, 1..5, 5..500] {
                let (mut sliding, mut ages) = (Sliding::default(), vec![0.0; rows.len()]);
                let column = Column { values: &values[..rows.end], before: rows.start };
                sliding.ages::<Lowest>(n, rows.start, column, &mut ages);
                for (row, age) in rows.zip(ages).filter(|(row, _)| row + 1 >= n) {
                    let window = &values[row + 1 - n..=row];
                    let lowest = window.iter().copied().fold(f64::INFINITY, f64::min);
                    assert_eq!(window.iter().rev().position(|&x| x == lowest), Some(age as usize));
                }
            }
        }
    }
}
