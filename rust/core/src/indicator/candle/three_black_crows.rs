use super::parts::{Candles, SHADOW_VERY_SHORT, all};

pattern! {
    /// Three black crows.
    ThreeBlackCrows: "three_black_crows", "Three black crows", first 14, means [Ranges],
    "−100: after a white body three black ones with very short lower shadows, each opening in the one before and closing lower, the first below the high of the white",
    "TA-Lib CDL3BLACKCROWS"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let bare = |k| all([!c.is_white(k), c.lower(k) < c.average(SHADOW_VERY_SHORT, k)]);
    let follows =
        |k| all([c.open(k) < c.open(k + 1), c.open(k) > c.close(k + 1), c.close(k) < c.close(k + 1)]);
    let crows = all([c.is_white(3), bare(0), bare(1), bare(2), follows(1), follows(0)]);
    if all([crows, c.high(3) > c.close(2)]) { -100.0 } else { 0.0 }
}
