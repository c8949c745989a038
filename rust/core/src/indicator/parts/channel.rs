//! The highest high and the lowest low of a window.

use super::extreme::{Highest, Lowest, Window};
use super::place::Place;
use crate::indicator::{Ahead, Field, Input, Lookback, Over, Term};

/// Over the first two of the indicator's lookbacks, which are [`Channel::lookbacks`].
#[derive(Debug)]
pub struct Channel;

impl Channel {
    pub const fn words(n: usize) -> usize {
        2 * Window::<Highest>::words(n)
    }

    pub fn lookbacks(n: usize) -> Vec<Lookback> {
        [Field::High, Field::Low].map(|field| Lookback { field, bars: n }).to_vec()
    }

    /// Those that [`Channel::next`] takes.
    pub fn ahead(n: usize) -> Vec<Ahead> {
        vec![Ahead::extreme(Field::High, n, true), Ahead::extreme(Field::Low, n, false)]
    }

    /// Takes a bar; gives the highest high and the lowest low of the last `n`, NaN before there are `n`: the `at`-th of the
    /// indicator's extremes, and the next.
    #[inline(always)]
    pub fn next(words: &mut [f64], input: &Input<'_>, at: usize) -> (f64, f64) {
        let (highs, lows) = words.split_at_mut(words.len() / 2);
        (input.extreme::<Highest>(at, 0, highs), input.extreme::<Lowest>(at + 1, 1, lows))
    }

    /// Words for [`Channel::ages`].
    pub const fn ages_words(n: usize) -> usize {
        2 * Place::<Highest>::words(n)
    }

    /// Those that [`Channel::ages`] takes.
    pub fn ages_ahead(n: usize) -> Vec<Ahead> {
        let of = |field, over| Ahead::new(Term::Field(field), over);
        vec![of(Field::High, Over::HighestAge(n)), of(Field::Low, Over::LowestAge(n))]
    }

    /// Takes a bar; gives how many bars ago the highest high and the lowest low of the last `n` were, the newest of equals.
    #[inline(always)]
    pub fn ages(words: &mut [f64], input: &Input<'_>) -> (f64, f64) {
        let (highs, lows) = words.split_at_mut(words.len() / 2);
        let highest = || Place::<Highest>::over(highs).next(input.seen, input.past(0)) as f64;
        let lowest = || Place::<Lowest>::over(lows).next(input.seen, input.past(1)) as f64;
        (input.ahead(0).unwrap_or_else(highest), input.ahead(1).unwrap_or_else(lowest))
    }
}
