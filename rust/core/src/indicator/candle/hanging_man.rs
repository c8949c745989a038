use super::parts::{BODY_SHORT, Candles, NEAR, SHADOW_LONG, SHADOW_VERY_SHORT, all};

pattern! {
    /// Hanging man.
    HangingMan: "hanging_man", "Hanging man", first 12, means [Bodies, Ranges, FewRanges],
    "−100: short body, long lower and very short upper shadow, at or above the high before",
    "TA-Lib CDLHANGINGMAN"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let shape = all([
        c.body(0) < c.average(BODY_SHORT, 0),
        c.lower(0) > c.average(SHADOW_LONG, 0),
        c.upper(0) < c.average(SHADOW_VERY_SHORT, 0),
    ]);
    if all([shape, c.bottom(0) >= c.high(1) - c.average(NEAR, 1)]) { -100.0 } else { 0.0 }
}
