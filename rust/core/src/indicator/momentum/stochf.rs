use crate::error::Result;
use crate::indicator::parts::{Channel, Mean};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Stochastic oscillator (fast).
#[derive(Debug, Clone)]
pub struct Stochf {
    period: usize,
    smooth_d: usize,
}

impl Indicator for Stochf {
    const SPEC: Spec = Spec {
        name: "stochf",
        title: "Stochastic oscillator (fast)",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 5, 1), ParamSpec::bars("smooth_d", 3, 1)],
        outputs: &["k", "d"],
        on_price: false,
        formula: "k = 100 (close − lowest low) / (highest high − lowest low) of n bars, 0 where they are equal; d = sma(k, smooth_d); both are hidden until d exists",
        source: "G. C. Lane (1984); TA-Lib STOCHF with SMA",
    };

    type State = Mean;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), smooth_d: params.bars("smooth_d") })
    }

    fn first(&self) -> usize {
        self.period + self.smooth_d - 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        Channel::lookbacks(self.period)
    }

    fn ahead(&self) -> Vec<Ahead> {
        Channel::ahead(self.period)
    }

    fn own_words(&self) -> usize {
        Channel::words(self.period) + Mean::words(self.smooth_d)
    }

    #[inline(always)]
    fn update(&self, state: &mut Mean, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (channel, ds) = own.split_at_mut(Channel::words(self.period));
        out.fill(f64::NAN);
        let (high, low) = Channel::next(channel, input, 0);
        if input.seen < self.period {
            return;
        }
        let range = high - low;
        let k = if range == 0.0 { 0.0 } else { 100.0 * ((input.bar.close - low) / range) };
        let d = state.next(ds, self.smooth_d, k);
        if !d.is_nan() {
            crate::indicator::put(out, [k, d]);
        }
    }
}
