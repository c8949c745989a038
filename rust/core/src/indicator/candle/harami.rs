use super::parts::{BODY_LONG, BODY_SHORT, Candles};

pattern! {
    /// Harami.
    Harami: "harami", "Harami", first 12,
    "100 (bullish) or −100: a short body within the long body before; ±80 where one end is equal",
    "TA-Lib CDLHARAMI"
}

fn found(c: &Candles<'_>) -> f64 {
    if c.body(1) <= c.average(BODY_LONG, 1) || c.body(0) > c.average(BODY_SHORT, 0) {
        return 0.0;
    }
    if c.top(0) < c.top(1) && c.bottom(0) > c.bottom(1) {
        -c.colour(1) * 100.0
    } else if c.top(0) <= c.top(1) && c.bottom(0) >= c.bottom(1) {
        -c.colour(1) * 80.0
    } else {
        0.0
    }
}
