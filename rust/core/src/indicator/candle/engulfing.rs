use super::parts::Candles;

pattern! {
    /// Engulfing.
    Engulfing: "engulfing", "Engulfing", first 3, means [],
    "100 (bullish) or −100: a body that covers the one before, of the other colour; ±80 where one end is equal",
    "TA-Lib CDLENGULFING"
}

#[inline(always)]
fn found(c: &Candles<'_>) -> f64 {
    c.engulfs(0)
}
