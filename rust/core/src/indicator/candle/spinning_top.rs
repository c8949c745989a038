use super::parts::{BODY_SHORT, Candles, all};

pattern! {
    /// Spinning top.
    SpinningTop: "spinning_top", "Spinning top", first 11, means [Bodies],
    "100 (white) or −100: a short body between longer shadows",
    "TA-Lib CDLSPINNINGTOP"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let body = c.body(0);
    let top = all([body < c.average(BODY_SHORT, 0), c.upper(0) > body, c.lower(0) > body]);
    if top { c.colour(0) * 100.0 } else { 0.0 }
}
