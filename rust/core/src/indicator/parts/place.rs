//! How long ago the extreme of a window was.

use std::marker::PhantomData;

use super::extreme::Extreme;

/// Candidates for the extreme of the last `n` values, best first, in amortised constant time a bar (a monotonic queue).
/// Words: where the queue begins, how long it is, the values, and when each came.
#[derive(Debug)]
pub struct Place<'w, E> {
    words: &'w mut [f64],
    kind: PhantomData<E>,
}

/// A place that is less than two rounds on, without a division.
#[inline]
fn around(place: usize, n: usize) -> usize {
    if place >= n { place - n } else { place }
}

impl<'w, E: Extreme> Place<'w, E> {
    pub const fn words(n: usize) -> usize {
        2 + 2 * n
    }

    pub fn over(words: &'w mut [f64]) -> Self {
        Self { words, kind: PhantomData }
    }

    /// Takes a value; `seen` counts them. Gives how many bars ago the extreme of the last `n` was: of equals the newest.
    #[inline]
    pub fn next(&mut self, seen: usize, x: f64) -> usize {
        let n = (self.words.len() - 2) / 2;
        let (mut head, mut count) = (self.words[0] as usize, self.words[1] as usize);
        if count > 0 && seen - self.words[2 + n + head] as usize >= n {
            head = if head + 1 == n { 0 } else { head + 1 };
            count -= 1;
        }
        // Whatever the newest value beats or equals can never be the extreme again.
        while count > 0 && E::pick(x, self.words[2 + around(head + count - 1, n)]) == x {
            count -= 1;
        }
        let place = around(head + count, n);
        self.words[2 + place] = x;
        self.words[2 + n + place] = seen as f64;
        (self.words[0], self.words[1]) = (head as f64, (count + 1) as f64);
        seen - self.words[2 + n + head] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::parts::{Highest, Lowest};

    #[test]
    fn equals_a_scan_of_the_window() {
        let values: Vec<f64> = (0..500_i64).map(|i| ((i * i * 31 + i * 17) % 13) as f64).collect();
        for n in [1, 2, 3, 5, 14, 64] {
            let mut high = vec![0.0; Place::<Highest>::words(n)];
            let mut low = vec![0.0; Place::<Lowest>::words(n)];
            for (i, &value) in values.iter().enumerate() {
                let window = &values[(i + 1).saturating_sub(n)..=i];
                let ago = |best: f64| window.iter().rev().position(|&x| x == best);
                let highest = window.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let lowest = window.iter().copied().fold(f64::INFINITY, f64::min);
                assert_eq!(Some(Place::<Highest>::over(&mut high).next(i + 1, value)), ago(highest));
                assert_eq!(Some(Place::<Lowest>::over(&mut low).next(i + 1, value)), ago(lowest));
            }
        }
    }
}
