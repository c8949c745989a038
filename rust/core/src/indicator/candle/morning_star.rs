use super::parts::{BODY_LONG, BODY_SHORT, Candles, all};

pattern! {
    /// Morning star.
    MorningStar: "morning_star", "Morning star", first 13, means [Bodies],
    "100: a long black body, a short one below it, and a white one, not short, that closes well within the first (0.3)",
    "TA-Lib CDLMORNINGSTAR"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let first = all([!c.is_white(2), c.body(2) > c.average(BODY_LONG, 2)]);
    let star = all([c.body(1) <= c.average(BODY_SHORT, 1), c.top(1) < c.bottom(2)]);
    let last = all([c.is_white(0), c.body(0) > c.average(BODY_SHORT, 0)]);
    if all([first, star, last, c.close(0) > c.close(2) + c.body(2) * 0.3]) { 100.0 } else { 0.0 }
}
