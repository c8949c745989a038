//! All indicators: an enum, and one match for each thing that is asked of them.

use std::sync::Arc;

use crate::error::Result;

use super::abreast::{self, Row};
use super::across::{self, Area, Steps};
use super::ahead::Ahead;
use super::along::{self, Stretch};
use super::expression::Expression;
use super::input::{Field, Lookback};
use super::params::Params;
use super::spec::Spec;
use super::{Indicator, candle, momentum, session, statistics, trend, volatility, volume};

macro_rules! registry {
    ($($variant:ident($type:ty)),+ $(,)?) => {
        /// One indicator with its parameters.
        #[derive(Debug, Clone)]
        pub enum Kernel {
            $($variant($type),)+
            /// Its values come from outside.
            Custom,
            /// Worked out of others.
            Expression(Arc<Expression>),
        }

        /// What every indicator says of itself, in catalogue order.
        pub const SPECS: &[Spec] = &[$(<$type as Indicator>::SPEC),+];

        pub(super) fn build(params: &Params, name: &str) -> Result<Kernel> {
            $(if name == <$type as Indicator>::SPEC.name {
                return Ok(Kernel::$variant(<$type as Indicator>::new(params)?));
            })+
            unreachable!("{name} has a SPEC in this very list")
        }

        impl Kernel {
            pub fn first(&self) -> usize {
                match self {
                    $(Self::$variant(kernel) => kernel.first(),)+
                    Self::Custom | Self::Expression(_) => 1,
                }
            }

            pub fn waits(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$type as Indicator>::WAITS,)+
                    Self::Custom | Self::Expression(_) => true,
                }
            }

            pub fn is_pair(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$type as Indicator>::PAIR,)+
                    Self::Custom | Self::Expression(_) => false,
                }
            }

            pub(super) fn is_abreast(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$type as Indicator>::ABREAST,)+
                    Self::Custom | Self::Expression(_) => false,
                }
            }

            pub(super) fn is_window(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$type as Indicator>::WINDOW,)+
                    Self::Custom | Self::Expression(_) => false,
                }
            }

            /// Makes what it says of the values of its last column.
            pub(super) fn finish(&self, values: &mut [f64]) {
                match self {
                    $(Self::$variant(kernel) => values.iter_mut().for_each(|value| *value = kernel.of_window(*value)),)+
                    Self::Custom | Self::Expression(_) => {}
                }
            }

            pub fn takes_source(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$type as Indicator>::TAKES_SOURCE,)+
                    Self::Custom | Self::Expression(_) => false,
                }
            }

            pub fn warm(&self) -> usize {
                match self {
                    $(Self::$variant(kernel) => kernel.warm(),)+
                    Self::Custom | Self::Expression(_) => 1,
                }
            }

            pub fn sessions(&self) -> usize {
                match self {
                    $(Self::$variant(kernel) => kernel.sessions(),)+
                    Self::Custom | Self::Expression(_) => 0,
                }
            }

            pub fn lookbacks(&self) -> Vec<Lookback> {
                match self {
                    $(Self::$variant(kernel) => kernel.lookbacks(),)+
                    Self::Custom | Self::Expression(_) => Vec::new(),
                }
            }

            pub(super) fn ahead(&self) -> Vec<Ahead> {
                match self {
                    $(Self::$variant(kernel) => kernel.ahead(),)+
                    Self::Custom | Self::Expression(_) => Vec::new(),
                }
            }

            /// Words of `State`.
            pub(super) fn state_words(&self) -> usize {
                match self {
                    $(Self::$variant(_) => size_of::<<$type as Indicator>::State>() / size_of::<f64>(),)+
                    Self::Custom | Self::Expression(_) => 0,
                }
            }

            pub(super) fn own_words(&self) -> usize {
                match self {
                    $(Self::$variant(kernel) => kernel.own_words(),)+
                    Self::Custom | Self::Expression(_) => 0,
                }
            }

            /// What [`Self::along`] looks at.
            pub(super) fn looks(&self) -> &'static [Field] {
                match self {
                    $(Self::$variant(_) => <$type as Indicator>::LOOKS,)+
                    Self::Custom | Self::Expression(_) => &[],
                }
            }

            /// Over bars that follow each other. Whether all that it looks at are finite numbers.
            pub(super) fn along(&self, stretch: &Stretch<'_>, state: &mut [f64], own: &mut [f64], outputs: &mut [&mut [f64]]) -> bool {
                match self {
                    $(Self::$variant(kernel) => along::run(kernel, stretch, state, own, outputs),)+
                    Self::Custom | Self::Expression(_) => true,
                }
            }

            /// Over one bar each of many blocks, side by side; gives a bit for each that is to be stepped on its own.
            pub(super) fn abreast(&self, steps: &abreast::Steps<'_>, words: &mut [Row], outputs: &mut [Row]) -> u32 {
                match self {
                    $(Self::$variant(kernel) if <$type as Indicator>::ABREAST => abreast::run(kernel, steps, words, outputs),)+
                    _ => u32::MAX,
                }
            }

            /// Over one bar each of many blocks. Whether it has given any its first value.
            pub(super) fn across(&self, index: usize, area: &Area, blocks: &mut [&mut [f64]], steps: &Steps<'_>) -> bool {
                match self {
                    $(Self::$variant(kernel) => across::run(kernel, index, area, blocks, steps),)+
                    // There is none until it comes from outside.
                    Self::Custom => across::clear(area, blocks),
                    // The plan has worked it out, and seen.
                    Self::Expression(_) => false,
                }
            }
        }
    };
}

registry! {
    Sma(trend::Sma),
    Ema(trend::Ema),
    Wma(trend::Wma),
    Adx(trend::Adx),
    Dema(trend::Dema),
    Tema(trend::Tema),
    Trima(trend::Trima),
    T3(trend::T3),
    Hma(trend::Hma),
    Kama(trend::Kama),
    Smma(trend::Smma),
    Vwma(trend::Vwma),
    Zlema(trend::Zlema),
    Lwma(trend::Lwma),
    Linreg(trend::Linreg),
    Ppo(trend::Ppo),
    Apo(trend::Apo),
    Aroon(trend::Aroon),
    Aroonosc(trend::Aroonosc),
    Psar(trend::Psar),
    Supertrend(trend::Supertrend),
    Vortex(trend::Vortex),
    Trix(trend::Trix),
    Dpo(trend::Dpo),
    HeikinAshi(trend::HeikinAshi),
    Ichimoku(trend::Ichimoku),
    Alligator(trend::Alligator),
    ChandelierExit(trend::ChandelierExit),
    AtrTrailingStop(trend::AtrTrailingStop),
    Vidya(trend::Vidya),
    Alma(trend::Alma),
    Dmi(trend::Dmi),
    Dx(trend::Dx),
    Adxr(trend::Adxr),
    Macd(momentum::Macd),
    Rsi(momentum::Rsi),
    Stoch(momentum::Stoch),
    Roc(momentum::Roc),
    Mom(momentum::Mom),
    Rocp(momentum::Rocp),
    Rocr(momentum::Rocr),
    Cmo(momentum::Cmo),
    Willr(momentum::Willr),
    Stochf(momentum::Stochf),
    Stochrsi(momentum::Stochrsi),
    Cci(momentum::Cci),
    Ultosc(momentum::Ultosc),
    Tsi(momentum::Tsi),
    Awesome(momentum::Awesome),
    Bop(momentum::Bop),
    Coppock(momentum::Coppock),
    Kst(momentum::Kst),
    Smi(momentum::Smi),
    Fisher(momentum::Fisher),
    Rvi(momentum::Rvi),
    ConnorsRsi(momentum::ConnorsRsi),
    Stc(momentum::Stc),
    Bbands(volatility::Bbands),
    Atr(volatility::Atr),
    Stddev(volatility::Stddev),
    TrueRange(volatility::TrueRange),
    Natr(volatility::Natr),
    Variance(volatility::Variance),
    Donchian(volatility::Donchian),
    Keltner(volatility::Keltner),
    Ulcer(volatility::Ulcer),
    Chop(volatility::Chop),
    Starc(volatility::Starc),
    MassIndex(volatility::MassIndex),
    Squeeze(volatility::Squeeze),
    HvParkinson(volatility::HvParkinson),
    HvGarmanKlass(volatility::HvGarmanKlass),
    HvRogersSatchell(volatility::HvRogersSatchell),
    HvClose(volatility::HvClose),
    HvYangZhang(volatility::HvYangZhang),
    PercentB(volatility::PercentB),
    Bandwidth(volatility::Bandwidth),
    Obv(volume::Obv),
    Vwap(volume::Vwap),
    VolumeSma(volume::VolumeSma),
    Ad(volume::Ad),
    Adosc(volume::Adosc),
    Cmf(volume::Cmf),
    Mfi(volume::Mfi),
    Pvt(volume::Pvt),
    Nvi(volume::Nvi),
    Pvi(volume::Pvi),
    ForceIndex(volume::ForceIndex),
    Eom(volume::Eom),
    Pvo(volume::Pvo),
    VwapBands(volume::VwapBands),
    RvolBars(volume::RvolBars),
    Kvo(volume::Kvo),
    VwapWeek(volume::VwapWeek),
    VwapTime(volume::VwapTime),
    VwapAnchored(volume::VwapAnchored),
    Rvol(volume::Rvol),
    VolumeProfile(volume::VolumeProfile),
    Max(statistics::Max),
    Min(statistics::Min),
    Midpoint(statistics::Midpoint),
    Midprice(statistics::Midprice),
    Median(statistics::Median),
    Zscore(statistics::Zscore),
    PercentRank(statistics::PercentRank),
    Skew(statistics::Skew),
    Kurtosis(statistics::Kurtosis),
    Autocorrelation(statistics::Autocorrelation),
    Correlation(statistics::Correlation),
    Beta(statistics::Beta),
    SessionHigh(session::SessionHigh),
    SessionLow(session::SessionLow),
    PrevHigh(session::PrevHigh),
    PrevLow(session::PrevLow),
    PrevClose(session::PrevClose),
    GapPct(session::GapPct),
    DayChangePct(session::DayChangePct),
    PremarketHigh(session::PremarketHigh),
    PremarketLow(session::PremarketLow),
    BarsSinceHigh(session::BarsSinceHigh),
    Pivots(session::Pivots),
    PivotsWoodie(session::PivotsWoodie),
    PivotsFibonacci(session::PivotsFibonacci),
    PivotsCamarilla(session::PivotsCamarilla),
    OpeningRange(session::OpeningRange),
    BeltHold(candle::BeltHold),
    DarkCloudCover(candle::DarkCloudCover),
    Doji(candle::Doji),
    DragonflyDoji(candle::DragonflyDoji),
    Engulfing(candle::Engulfing),
    EveningStar(candle::EveningStar),
    GravestoneDoji(candle::GravestoneDoji),
    Hammer(candle::Hammer),
    HangingMan(candle::HangingMan),
    Harami(candle::Harami),
    HaramiCross(candle::HaramiCross),
    InvertedHammer(candle::InvertedHammer),
    LongLeggedDoji(candle::LongLeggedDoji),
    Marubozu(candle::Marubozu),
    MorningStar(candle::MorningStar),
    Piercing(candle::Piercing),
    ShootingStar(candle::ShootingStar),
    SpinningTop(candle::SpinningTop),
    ThreeBlackCrows(candle::ThreeBlackCrows),
    ThreeInside(candle::ThreeInside),
    ThreeOutside(candle::ThreeOutside),
    ThreeWhiteSoldiers(candle::ThreeWhiteSoldiers),
}
