use super::parts::{BODY_SHORT, Candles, FAR, NEAR, SHADOW_VERY_SHORT, all};

pattern! {
    /// Three advancing white soldiers.
    ThreeWhiteSoldiers: "three_white_soldiers", "Three advancing white soldiers", first 13, means [Bodies, Ranges, FewRanges],
    "100: three white bodies with very short upper shadows, each opening in or near the one before and closing higher, none far shorter than the one before, the last not short",
    "TA-Lib CDL3WHITESOLDIERS"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let soldiers = all([bare(c, 0), bare(c, 1), bare(c, 2), follows(c, 1), follows(c, 0)]);
    if all([soldiers, c.body(0) > c.average(BODY_SHORT, 0)]) { 100.0 } else { 0.0 }
}

#[inline(always)]
fn bare(c: &Candles<'_>, k: usize) -> bool {
    all([c.is_white(k), c.upper(k) < c.average(SHADOW_VERY_SHORT, k)])
}

#[inline(always)]
fn follows(c: &Candles<'_>, k: usize) -> bool {
    all([
        c.close(k) > c.close(k + 1),
        c.open(k) > c.open(k + 1),
        c.open(k) <= c.close(k + 1) + c.average(NEAR, k + 1),
        c.body(k) > c.body(k + 1) - c.average(FAR, k + 1),
    ])
}
