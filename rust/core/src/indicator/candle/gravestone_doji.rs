use super::parts::{BODY_DOJI, Candles, SHADOW_VERY_SHORT, all};

pattern! {
    /// Gravestone doji.
    GravestoneDoji: "gravestone_doji", "Gravestone doji", first 11, means [Ranges],
    "100: a doji whose lower shadow is very short and whose upper is not",
    "TA-Lib CDLGRAVESTONEDOJI"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let short = c.average(SHADOW_VERY_SHORT, 0);
    let doji = c.body(0) <= c.average(BODY_DOJI, 0);
    if all([doji, c.lower(0) < short, c.upper(0) > short]) { 100.0 } else { 0.0 }
}
