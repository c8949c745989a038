use super::parts::{BODY_LONG, Candles, SHADOW_VERY_SHORT, all};

pattern! {
    /// Marubozu.
    Marubozu: "marubozu", "Marubozu", first 11, means [Bodies, Ranges],
    "100 (white) or −100: a long body with very short shadows",
    "TA-Lib CDLMARUBOZU"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let short = c.average(SHADOW_VERY_SHORT, 0);
    let bare = all([c.upper(0) < short, c.lower(0) < short]);
    if all([bare, c.body(0) > c.average(BODY_LONG, 0)]) { c.colour(0) * 100.0 } else { 0.0 }
}
