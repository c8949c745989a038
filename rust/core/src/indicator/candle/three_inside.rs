use super::parts::{BODY_LONG, BODY_SHORT, Candles, all};

pattern! {
    /// Three inside up or down.
    ThreeInside: "three_inside", "Three inside up or down", first 13, means [Bodies],
    "100 (up) or −100: a long body, a short one within it, and one that closes beyond the first against its colour",
    "TA-Lib CDL3INSIDE"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let first = c.body(2) > c.average(BODY_LONG, 2);
    let inside = all([c.body(1) <= c.average(BODY_SHORT, 1), c.top(1) < c.top(2), c.bottom(1) > c.bottom(2)]);
    let beyond = if c.is_white(2) {
        all([!c.is_white(0), c.close(0) < c.open(2)])
    } else {
        all([c.is_white(0), c.close(0) > c.open(2)])
    };
    if all([first, inside, beyond]) { -c.colour(2) * 100.0 } else { 0.0 }
}
