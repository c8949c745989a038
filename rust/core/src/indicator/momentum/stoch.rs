use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Channel, Mean};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Slow stochastic oscillator.
#[derive(Debug, Clone)]
pub struct Stoch {
    period: usize,
    smooth_k: usize,
    smooth_d: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    k: Mean,
    d: Mean,
}

impl Indicator for Stoch {
    const SPEC: Spec = Spec {
        name: "stoch",
        title: "Stochastic oscillator (slow)",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 14, 1),
            ParamSpec::bars("smooth_k", 3, 1),
            ParamSpec::bars("smooth_d", 3, 1),
        ],
        outputs: &["k", "d"],
        on_price: false,
        formula: "raw = 100 (close − lowest low) / (highest high − lowest low) of n bars, 0 where they are equal; k = \
                  sma(raw, smooth_k), d = sma(k, smooth_d); both are hidden until d exists",
        source: "G. C. Lane, Lane's Stochastics (1984); TA-Lib STOCH with SMA",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [period, smooth_k, smooth_d] = ["period", "smooth_k", "smooth_d"].map(|name| params.bars(name));
        Ok(Self { period, smooth_k, smooth_d })
    }

    fn first(&self) -> usize {
        self.period + self.smooth_k + self.smooth_d - 2
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        Channel::lookbacks(self.period)
    }

    fn ahead(&self) -> Vec<Ahead> {
        Channel::ahead(self.period)
    }

    fn own_words(&self) -> usize {
        Channel::words(self.period) + Mean::words(self.smooth_k) + Mean::words(self.smooth_d)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (channel, own) = own.split_at_mut(Channel::words(self.period));
        let (ks, ds) = own.split_at_mut(Mean::words(self.smooth_k));
        out.fill(f64::NAN);
        let (high, low) = Channel::next(channel, input, 0);
        if input.seen < self.period {
            return;
        }
        let range = high - low;
        let raw = if range == 0.0 { 0.0 } else { 100.0 * ((input.bar.close - low) / range) };
        let k = state.k.next(ks, self.smooth_k, raw);
        if k.is_nan() {
            return;
        }
        let d = state.d.next(ds, self.smooth_d, k);
        if !d.is_nan() {
            crate::indicator::put(out, [k, d]);
        }
    }
}
