//! The highest high and the lowest low of a window.

use super::extreme::{Highest, Lowest, Window};
use crate::indicator::{Extremum, Field, Input, Lookback};

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
    pub fn extremes(n: usize) -> Vec<Extremum> {
        [(0, true), (1, false)].map(|(past, highest)| Extremum { past, bars: n, highest }).to_vec()
    }

    /// Takes a bar; gives the highest high and the lowest low of the last `n`, NaN before there are `n`: the `at`-th of the
    /// indicator's extremes, and the next.
    #[inline(always)]
    pub fn next(words: &mut [f64], input: &Input<'_>, at: usize) -> (f64, f64) {
        let (highs, lows) = words.split_at_mut(words.len() / 2);
        (input.extreme::<Highest>(at, 0, highs), input.extreme::<Lowest>(at + 1, 1, lows))
    }
}
