//! What a bar must satisfy to be stored.

use super::Bar;

/// Why a bar or a trade was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Refusal {
    OpenNotFinite,
    HighNotFinite,
    LowNotFinite,
    CloseNotFinite,
    VolumeNotFinite,
    VwapInfinite,
    TradeCountInfinite,
    NegativeVolume,
    NegativeTradeCount,
    HighBelowLow,
    OpenOutside,
    CloseOutside,
    Unaligned,
    NotRegistered,
    PriceNotFinite,
    SizeNotPositive,
}

impl Refusal {
    pub const ALL: [Self; 16] = [
        Self::OpenNotFinite,
        Self::HighNotFinite,
        Self::LowNotFinite,
        Self::CloseNotFinite,
        Self::VolumeNotFinite,
        Self::VwapInfinite,
        Self::TradeCountInfinite,
        Self::NegativeVolume,
        Self::NegativeTradeCount,
        Self::HighBelowLow,
        Self::OpenOutside,
        Self::CloseOutside,
        Self::Unaligned,
        Self::NotRegistered,
        Self::PriceNotFinite,
        Self::SizeNotPositive,
    ];

    /// The reason in words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OpenNotFinite => "open is not finite",
            Self::HighNotFinite => "high is not finite",
            Self::LowNotFinite => "low is not finite",
            Self::CloseNotFinite => "close is not finite",
            Self::VolumeNotFinite => "volume is not finite",
            Self::VwapInfinite => "vwap is infinite",
            Self::TradeCountInfinite => "trade_count is infinite",
            Self::NegativeVolume => "negative volume",
            Self::NegativeTradeCount => "negative trade_count",
            Self::HighBelowLow => "high below low",
            Self::OpenOutside => "open outside low..high",
            Self::CloseOutside => "close outside low..high",
            Self::Unaligned => "time not aligned to the interval",
            Self::NotRegistered => "symbol is not registered",
            Self::PriceNotFinite => "price is not finite",
            Self::SizeNotPositive => "size is negative or not finite",
        }
    }
}

/// Checks everything about a bar but its alignment, which needs the calendar.
#[inline]
pub fn check(bar: &Bar) -> Result<(), Refusal> {
    // A sum is finite only if its terms are; the one comparison covers the usual case.
    let ordered =
        bar.low <= bar.open && bar.open <= bar.high && bar.low <= bar.close && bar.close <= bar.high;
    let finite = (bar.high - bar.low + bar.volume).is_finite();
    let optional = !(bar.notional.is_infinite() || bar.trade_count < 0.0 || bar.trade_count.is_infinite());
    if ordered && finite && optional && bar.volume >= 0.0 {
        return Ok(());
    }
    diagnose(bar)
}

#[cold]
fn diagnose(bar: &Bar) -> Result<(), Refusal> {
    let failures = [
        (!bar.open.is_finite(), Refusal::OpenNotFinite),
        (!bar.high.is_finite(), Refusal::HighNotFinite),
        (!bar.low.is_finite(), Refusal::LowNotFinite),
        (!bar.close.is_finite(), Refusal::CloseNotFinite),
        (!bar.volume.is_finite(), Refusal::VolumeNotFinite),
        (bar.notional.is_infinite(), Refusal::VwapInfinite),
        (bar.trade_count.is_infinite(), Refusal::TradeCountInfinite),
        (bar.volume < 0.0, Refusal::NegativeVolume),
        (bar.trade_count < 0.0, Refusal::NegativeTradeCount),
        (bar.high < bar.low, Refusal::HighBelowLow),
        (bar.open < bar.low || bar.open > bar.high, Refusal::OpenOutside),
        (bar.close < bar.low || bar.close > bar.high, Refusal::CloseOutside),
    ];
    failures.iter().find(|(failed, _)| *failed).map_or(Ok(()), |(_, refusal)| Err(*refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Bar = Bar {
        ts: 0,
        open: 10.0,
        high: 11.0,
        low: 9.0,
        close: 10.0,
        volume: 5.0,
        notional: 50.0,
        trade_count: 2.0,
    };

    #[test]
    fn good_bars_pass() {
        assert_eq!(check(&GOOD), Ok(()));
        assert_eq!(check(&Bar { notional: f64::NAN, trade_count: f64::NAN, ..GOOD }), Ok(()));
        assert_eq!(check(&Bar { volume: 0.0, ..GOOD }), Ok(()));
        assert_eq!(
            check(&Bar { open: -3.0, high: -2.0, low: -4.0, close: -3.0, ..GOOD }),
            Ok(()),
            "futures have traded below zero"
        );
        assert_eq!(
            check(&Bar { open: 1e308, high: 1e308, low: -1e308, close: 0.0, ..GOOD }),
            Ok(()),
            "finite, though high - low is not"
        );
    }

    #[test]
    fn each_fault_is_named() {
        let cases = [
            (Bar { open: f64::NAN, ..GOOD }, Refusal::OpenNotFinite),
            (Bar { high: f64::INFINITY, ..GOOD }, Refusal::HighNotFinite),
            (Bar { low: f64::NEG_INFINITY, ..GOOD }, Refusal::LowNotFinite),
            (Bar { close: f64::NAN, ..GOOD }, Refusal::CloseNotFinite),
            (Bar { volume: f64::NAN, ..GOOD }, Refusal::VolumeNotFinite),
            (Bar { notional: f64::INFINITY, ..GOOD }, Refusal::VwapInfinite),
            (Bar { trade_count: f64::INFINITY, ..GOOD }, Refusal::TradeCountInfinite),
            (Bar { volume: -1.0, ..GOOD }, Refusal::NegativeVolume),
            (Bar { trade_count: -1.0, ..GOOD }, Refusal::NegativeTradeCount),
            (Bar { high: 8.0, ..GOOD }, Refusal::HighBelowLow),
            (Bar { open: 11.5, ..GOOD }, Refusal::OpenOutside),
            (Bar { close: 8.5, ..GOOD }, Refusal::CloseOutside),
        ];
        for (bar, refusal) in cases {
            assert_eq!(check(&bar), Err(refusal), "{bar:?}");
        }
    }
}
