//! Candlestick patterns, by TA-Lib's rules and settings: 100 for a bullish one, −100 for a bearish one, 0 for none.

/// A pattern: a type whose value is what `found` of its file says.
macro_rules! pattern {
    ($(#[$doc:meta])* $type:ident: $name:literal, $title:literal, first $first:literal, means [$($mean:ident),*], $formula:literal, $source:literal) => {
        const MEANS: super::parts::Means = super::parts::Means::of(&[$(super::parts::Mean::$mean),*], $first);

        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $type;

        impl $crate::indicator::Indicator for $type {
            const LOOKS: &[$crate::indicator::Field] = MEANS.looks();
            const SPEC: $crate::indicator::Spec = $crate::indicator::Spec {
                name: $name,
                title: $title,
                family: $crate::indicator::Family::Candle,
                reads: $crate::indicator::Field::Close,
                params: &[],
                outputs: &[$name],
                on_price: false,
                formula: $formula,
                source: $source,
            };

            type State = super::parts::Averages;

            fn new(_: &$crate::indicator::Params) -> $crate::error::Result<Self> {
                Ok(Self)
            }

            fn first(&self) -> usize {
                $first
            }

            fn lookbacks(&self) -> Vec<$crate::indicator::Lookback> {
                let bars = super::parts::BACK;
                super::parts::FIELDS.map(|field| $crate::indicator::Lookback { field, bars }).to_vec()
            }

            fn ahead(&self) -> Vec<$crate::indicator::Ahead> {
                MEANS.ahead()
            }

            #[inline(always)]
            fn update(
                &self,
                state: &mut super::parts::Averages,
                _: &mut [f64],
                input: &$crate::indicator::Input<'_>,
                out: &mut [f64],
            ) {
                let found = found(&Candles::new(state, input, MEANS));
                out[0] = if !input.settled && input.seen < $first { f64::NAN } else { found };
            }
        }
    };
}

mod belt_hold;
mod dark_cloud_cover;
mod doji;
mod dragonfly_doji;
mod engulfing;
mod evening_star;
mod gravestone_doji;
mod hammer;
mod hanging_man;
mod harami;
mod harami_cross;
mod inverted_hammer;
mod long_legged_doji;
mod marubozu;
mod morning_star;
mod parts;
mod piercing;
mod shooting_star;
mod spinning_top;
mod three_black_crows;
mod three_inside;
mod three_outside;
mod three_white_soldiers;

pub use belt_hold::BeltHold;
pub use dark_cloud_cover::DarkCloudCover;
pub use doji::Doji;
pub use dragonfly_doji::DragonflyDoji;
pub use engulfing::Engulfing;
pub use evening_star::EveningStar;
pub use gravestone_doji::GravestoneDoji;
pub use hammer::Hammer;
pub use hanging_man::HangingMan;
pub use harami::Harami;
pub use harami_cross::HaramiCross;
pub use inverted_hammer::InvertedHammer;
pub use long_legged_doji::LongLeggedDoji;
pub use marubozu::Marubozu;
pub use morning_star::MorningStar;
pub use piercing::Piercing;
pub use shooting_star::ShootingStar;
pub use spinning_top::SpinningTop;
pub use three_black_crows::ThreeBlackCrows;
pub use three_inside::ThreeInside;
pub use three_outside::ThreeOutside;
pub use three_white_soldiers::ThreeWhiteSoldiers;
