use super::parts::{BODY_SHORT, Candles, NEAR, SHADOW_LONG, SHADOW_VERY_SHORT, all};

pattern! {
    /// Hammer.
    Hammer: "hammer", "Hammer", first 12, means [Bodies, Ranges, FewRanges],
    "100: short body, long lower and very short upper shadow, at or below the low before",
    "TA-Lib CDLHAMMER"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let shape = all([
        c.body(0) < c.average(BODY_SHORT, 0),
        c.lower(0) > c.average(SHADOW_LONG, 0),
        c.upper(0) < c.average(SHADOW_VERY_SHORT, 0),
    ]);
    if all([shape, c.bottom(0) <= c.low(1) + c.average(NEAR, 1)]) { 100.0 } else { 0.0 }
}
