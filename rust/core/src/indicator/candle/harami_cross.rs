use super::parts::{BODY_DOJI, BODY_LONG, Candles, all};

pattern! {
    /// Harami cross.
    HaramiCross: "harami_cross", "Harami cross", first 12, means [Bodies, Ranges],
    "100 (bullish) or −100: a doji within the long body before; ±80 where one end is equal",
    "TA-Lib CDLHARAMICROSS"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let sizes = all([c.body(1) > c.average(BODY_LONG, 1), c.body(0) <= c.average(BODY_DOJI, 0)]);
    let inside = all([c.top(0) < c.top(1), c.bottom(0) > c.bottom(1)]);
    let touching = all([c.top(0) <= c.top(1), c.bottom(0) >= c.bottom(1)]);
    let size = if inside { 100.0 } else { 80.0 };
    if all([sizes, touching]) { -c.colour(1) * size } else { 0.0 }
}
