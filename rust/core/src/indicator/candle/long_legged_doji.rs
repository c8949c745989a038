use super::parts::{BODY_DOJI, Candles, SHADOW_LONG, all};

pattern! {
    /// Long-legged doji.
    LongLeggedDoji: "long_legged_doji", "Long-legged doji", first 11, means [Ranges],
    "100: a doji with a long shadow",
    "TA-Lib CDLLONGLEGGEDDOJI"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let long = c.average(SHADOW_LONG, 0);
    let doji = c.body(0) <= c.average(BODY_DOJI, 0);
    if all([doji, (c.lower(0) > long) | (c.upper(0) > long)]) { 100.0 } else { 0.0 }
}
