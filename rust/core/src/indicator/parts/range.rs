//! How far prices moved, and where in it they closed.

use std::ops::Range;

use super::finite::strange;
use crate::indicator::Columns;

/// How far the price moved since the previous close (Wilder 1978): the widest of high - low, |high - previous close|
/// and |low - previous close|.
#[inline]
pub fn true_range(high: f64, low: f64, previous_close: f64) -> f64 {
    let top = if high > previous_close { high } else { previous_close };
    let bottom = if low < previous_close { low } else { previous_close };
    top - bottom
}

/// How far the close is from the lower of the low and the previous close (Williams's buying pressure).
#[inline]
pub fn pressure(low: f64, close: f64, previous_close: f64) -> f64 {
    close - if low < previous_close { low } else { previous_close }
}

/// Volume times where in its range a bar closed, from −1 at the low to 1 at the high (Chaikin); 0 without a range.
#[inline]
pub fn money_flow(high: f64, low: f64, close: f64, volume: f64) -> f64 {
    money_flow_looked(high, low, close, volume).0
}

/// The same, and whether all four are finite numbers: zero then.
#[inline(always)]
fn money_flow_looked(high: f64, low: f64, close: f64, volume: f64) -> (f64, u64) {
    let (range, leaning) = (high - low, (close - low) - (high - close));
    let flow = leaning / range * volume;
    // No three prices of which one is no finite number add up to one.
    (if range > 0.0 { flow } else { 0.0 }, strange(leaning) | strange(volume))
}

/// The same of some rows. Whether all that it reads are finite numbers.
#[inline(always)]
pub fn money_flows(bars: &Columns<'_>, rows: Range<usize>, into: &mut [f64]) -> bool {
    let [high, low, close, volume] =
        [bars.high, bars.low, bars.close, bars.volume].map(|column| column[rows.clone()].iter());
    let bars = high.zip(low).zip(close.zip(volume));
    let mut looked = 0;
    for (flow, ((high, low), (close, volume))) in into.iter_mut().zip(bars) {
        let (value, found) = money_flow_looked(*high, *low, *close, *volume);
        *flow = value;
        looked |= found;
    }
    looked == 0
}

/// How much of itself a value has changed by, 0 where it was 0.
#[inline]
pub fn change(now: f64, before: f64) -> f64 {
    if before == 0.0 { 0.0 } else { (now - before) / before }
}

/// Half-way between two prices. No price is so large that their sum is none, which [`f64::midpoint`] takes time to look at.
#[inline]
pub fn middle(a: f64, b: f64) -> f64 {
    0.5 * (a + b)
}
