//! Highest and lowest of a window in constant time a bar.

use std::marker::PhantomData;

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
            return head;
        }
        if seen < n { f64::NAN } else { E::pick(self.words[place + 1], head) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_a_scan_of_the_window() {
        let values: Vec<f64> = (0..500_i64).map(|i| ((i * i * 31 + i * 17) % 97) as f64).collect();
        for n in [1, 2, 3, 5, 14, 64] {
            let mut ring = vec![0.0; Past::words(n)];
            let mut high = vec![0.0; Window::<Highest>::words(n)];
            let mut low = vec![0.0; Window::<Lowest>::words(n)];
            for (i, &value) in values.iter().enumerate() {
                Past::push(&mut ring, value);
                let past = Past::view(&ring);
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
