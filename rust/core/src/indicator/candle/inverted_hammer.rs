use super::parts::{BODY_SHORT, Candles, SHADOW_LONG, SHADOW_VERY_SHORT};

pattern! {
    /// Inverted hammer.
    InvertedHammer: "inverted_hammer", "Inverted hammer", first 12,
    "100: short body, long upper and very short lower shadow, below the body before",
    "TA-Lib CDLINVERTEDHAMMER"
}

fn found(c: &Candles<'_>) -> f64 {
    let shape = c.body(0) < c.average(BODY_SHORT, 0)
        && c.upper(0) > c.average(SHADOW_LONG, 0)
        && c.lower(0) < c.average(SHADOW_VERY_SHORT, 0);
    if shape && c.top(0) < c.bottom(1) { 100.0 } else { 0.0 }
}
