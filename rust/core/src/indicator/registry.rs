//! All indicators: an enum, and one match for each thing that is asked of them.

use crate::error::Result;

use super::input::{Input, Lookback};
use super::params::Params;
use super::spec::Spec;
use super::{Indicator, momentum, session, trend, volatility, volume};

macro_rules! registry {
    ($($variant:ident($type:ty)),+ $(,)?) => {
        /// One indicator with its parameters.
        #[derive(Debug, Clone)]
        pub enum Kernel {
            $($variant($type)),+
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
                match self { $(Self::$variant(kernel) => kernel.first()),+ }
            }

            pub fn warm(&self) -> usize {
                match self { $(Self::$variant(kernel) => kernel.warm()),+ }
            }

            pub fn lookbacks(&self) -> Vec<Lookback> {
                match self { $(Self::$variant(kernel) => kernel.lookbacks()),+ }
            }

            /// Words of `State`.
            pub(super) fn state_words(&self) -> usize {
                match self { $(Self::$variant(_) => size_of::<<$type as Indicator>::State>() / size_of::<f64>()),+ }
            }

            pub(super) fn own_words(&self) -> usize {
                match self { $(Self::$variant(kernel) => kernel.own_words()),+ }
            }

            #[inline]
            pub(super) fn update(&self, state: &mut [f64], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
                match self {
                    $(Self::$variant(kernel) => {
                        kernel.update(bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(state)), own, input, out);
                    })+
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
    Macd(momentum::Macd),
    Rsi(momentum::Rsi),
    Stoch(momentum::Stoch),
    Roc(momentum::Roc),
    Bbands(volatility::Bbands),
    Atr(volatility::Atr),
    Stddev(volatility::Stddev),
    Obv(volume::Obv),
    Vwap(volume::Vwap),
    VolumeSma(volume::VolumeSma),
    SessionHigh(session::SessionHigh),
    SessionLow(session::SessionLow),
}
