use super::parts::{BODY_DOJI, Candles};

pattern! {
    /// Doji.
    Doji: "doji", "Doji", first 11, means [Ranges],
    "100 where the body is no longer than a tenth of the mean range of the 10 bars before",
    "TA-Lib CDLDOJI"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    if c.body(0) <= c.average(BODY_DOJI, 0) { 100.0 } else { 0.0 }
}
