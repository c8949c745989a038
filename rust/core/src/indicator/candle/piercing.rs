use super::parts::{BODY_LONG, Candles, all};

pattern! {
    /// Piercing.
    Piercing: "piercing", "Piercing", first 12, means [Bodies],
    "100: after a long black body a long white one that opens below its low and closes above its middle, within it",
    "TA-Lib CDLPIERCING"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let long = all([c.body(1) > c.average(BODY_LONG, 1), c.body(0) > c.average(BODY_LONG, 0)]);
    let within = all([c.close(0) < c.open(1), c.close(0) > c.close(1) + c.body(1) * 0.5]);
    if all([long, !c.is_white(1), c.is_white(0), c.open(0) < c.low(1), within]) { 100.0 } else { 0.0 }
}
