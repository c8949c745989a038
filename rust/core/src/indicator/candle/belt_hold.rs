use super::parts::{BODY_LONG, Candles, SHADOW_VERY_SHORT, all};

pattern! {
    /// Belt-hold.
    BeltHold: "belt_hold", "Belt-hold", first 11, means [Bodies, Ranges],
    "100 (white) or −100: a long body that opens at the very end of its range",
    "TA-Lib CDLBELTHOLD"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let short = c.average(SHADOW_VERY_SHORT, 0);
    let at_end = (if c.is_white(0) { c.lower(0) } else { c.upper(0) }) < short;
    if all([at_end, c.body(0) > c.average(BODY_LONG, 0)]) { c.colour(0) * 100.0 } else { 0.0 }
}
