use super::parts::{BODY_DOJI, Candles, SHADOW_VERY_SHORT, all};

pattern! {
    /// Dragonfly doji.
    DragonflyDoji: "dragonfly_doji", "Dragonfly doji", first 11, means [Ranges],
    "100: a doji whose upper shadow is very short and whose lower is not",
    "TA-Lib CDLDRAGONFLYDOJI"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let short = c.average(SHADOW_VERY_SHORT, 0);
    let doji = c.body(0) <= c.average(BODY_DOJI, 0);
    if all([doji, c.upper(0) < short, c.lower(0) > short]) { 100.0 } else { 0.0 }
}
