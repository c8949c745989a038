use super::parts::{BODY_SHORT, Candles, SHADOW_LONG, SHADOW_VERY_SHORT, all};

pattern! {
    /// Shooting star.
    ShootingStar: "shooting_star", "Shooting star", first 12, means [Bodies, Ranges],
    "−100: short body, long upper and very short lower shadow, above the body before",
    "TA-Lib CDLSHOOTINGSTAR"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let shape = all([
        c.body(0) < c.average(BODY_SHORT, 0),
        c.upper(0) > c.average(SHADOW_LONG, 0),
        c.lower(0) < c.average(SHADOW_VERY_SHORT, 0),
    ]);
    if all([shape, c.bottom(0) > c.top(1)]) { -100.0 } else { 0.0 }
}
