use super::parts::{BODY_LONG, Candles, all};

pattern! {
    /// Dark cloud cover.
    DarkCloudCover: "dark_cloud_cover", "Dark cloud cover", first 12, means [Bodies],
    "−100: after a long white body a black one that opens above its high and closes below its middle, within it",
    "TA-Lib CDLDARKCLOUDCOVER"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    let long = all([c.is_white(1), c.body(1) > c.average(BODY_LONG, 1)]);
    let within = all([c.close(0) > c.open(1), c.close(0) < c.close(1) - c.body(1) * 0.5]);
    if all([long, !c.is_white(0), c.open(0) > c.high(1), within]) { -100.0 } else { 0.0 }
}
