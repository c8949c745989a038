use super::parts::{Candles, all};

pattern! {
    /// Three outside up or down.
    ThreeOutside: "three_outside", "Three outside up or down", first 4, means [],
    "100 (up) or −100: an engulfing body, and a close beyond it",
    "TA-Lib CDL3OUTSIDE"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let up = all([c.is_white(1), !c.is_white(2), c.close(1) > c.open(2), c.open(1) < c.close(2)]);
    let down = all([!c.is_white(1), c.is_white(2), c.open(1) > c.close(2), c.close(1) < c.open(2)]);
    if all([up, c.close(0) > c.close(1)]) {
        100.0
    } else if all([down, c.close(0) < c.close(1)]) {
        -100.0
    } else {
        0.0
    }
}
