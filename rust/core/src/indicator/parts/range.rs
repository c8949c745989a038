//! True range.

use crate::bar::Bar;

/// How far the price moved since the previous close (Wilder 1978): the widest of high - low, |high - previous close|
/// and |low - previous close|.
#[inline]
pub fn true_range(bar: &Bar, previous_close: f64) -> f64 {
    bar.high.max(previous_close) - bar.low.min(previous_close)
}
