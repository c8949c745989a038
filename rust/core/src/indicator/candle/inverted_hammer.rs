use super::parts::{BODY_SHORT, Candles, SHADOW_LONG, SHADOW_VERY_SHORT, all};

pattern! {
    /// Inverted hammer.
    InvertedHammer: "inverted_hammer", "Inverted hammer", first 12, means [Bodies, Ranges],
    "100: short body, long upper and very short lower shadow, below the body before",
    "TA-Lib CDLINVERTEDHAMMER"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let shape = all([
        c.body(0) < c.average(BODY_SHORT, 0),
        c.upper(0) > c.average(SHADOW_LONG, 0),
        c.lower(0) < c.average(SHADOW_VERY_SHORT, 0),
    ]);
    if all([shape, c.top(0) < c.bottom(1)]) { 100.0 } else { 0.0 }
}
