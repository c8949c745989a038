use super::parts::{Candles, SHADOW_VERY_SHORT, all};

pattern! {
    /// Three black crows.
    ThreeBlackCrows: "three_black_crows", "Three black crows", first 14, means [Ranges],
    "−100: after a white body three black ones with very short lower shadows, each opening in the one before and closing lower, the first below the high of the white",
    "TA-Lib CDL3BLACKCROWS"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let crows = all([c.is_white(3), bare(c, 0), bare(c, 1), bare(c, 2), follows(c, 1), follows(c, 0)]);
    if all([crows, c.high(3) > c.close(2)]) { -100.0 } else { 0.0 }
}

#[inline(always)]
fn bare(c: &Candles<'_>, k: usize) -> bool {
    all([!c.is_white(k), c.lower(k) < c.average(SHADOW_VERY_SHORT, k)])
}

#[inline(always)]
fn follows(c: &Candles<'_>, k: usize) -> bool {
    all([c.open(k) < c.open(k + 1), c.open(k) > c.close(k + 1), c.close(k) < c.close(k + 1)])
}
