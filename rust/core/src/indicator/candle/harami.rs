use super::parts::{BODY_LONG, BODY_SHORT, Candles, all};

pattern! {
    /// Harami.
    Harami: "harami", "Harami", first 12, means [Bodies],
    "100 (bullish) or −100: a short body within the long body before; ±80 where one end is equal",
    "TA-Lib CDLHARAMI"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let sizes = all([c.body(1) > c.average(BODY_LONG, 1), c.body(0) <= c.average(BODY_SHORT, 0)]);
    let inside = all([c.top(0) < c.top(1), c.bottom(0) > c.bottom(1)]);
    let touching = all([c.top(0) <= c.top(1), c.bottom(0) >= c.bottom(1)]);
    let size = if inside { 100.0 } else { 80.0 };
    if all([sizes, touching]) { -c.colour(1) * size } else { 0.0 }
}
