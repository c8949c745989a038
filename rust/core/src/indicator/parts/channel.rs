//! The highest high and the lowest low of a window.

use super::extreme::{Highest, Lowest, Window};
use crate::indicator::{Field, Input, Lookback};

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

    /// Takes a bar; gives the highest high and the lowest low of the last `n`, NaN before there are `n`.
    #[inline]
    pub fn next(words: &mut [f64], input: &Input<'_>) -> (f64, f64) {
        let (highs, lows) = words.split_at_mut(words.len() / 2);
        let high = Window::<Highest>::over(highs).next(input.seen, input.past(0));
        let low = Window::<Lowest>::over(lows).next(input.seen, input.past(1));
        (high, low)
    }
}
