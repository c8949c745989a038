use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Mean};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Mass index.
#[derive(Debug, Clone)]
pub struct MassIndex {
    period: usize,
    ema: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    one: Ema,
    two: Ema,
    ratios: Mean,
}

impl Indicator for MassIndex {
    const SPEC: Spec = Spec {
        name: "mass_index",
        title: "Mass index",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 25, 1), ParamSpec::bars("ema_period", 9, 1)],
        outputs: &["mass_index"],
        on_price: false,
        formula: "sum over n of e / ema(e), e = ema(high − low); a bar without any range counts as 1",
        source: "D. Dorsey, Stocks & Commodities 10:6 (1992)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), ema: params.bars("ema_period") })
    }

    fn first(&self) -> usize {
        self.period + 2 * self.ema - 2
    }

    fn warm(&self) -> usize {
        self.period + 2 * Ema::warm(self.ema)
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        let one =
            state.one.next(input.given(0), self.ema, Ema::factor(self.ema), input.bar.high - input.bar.low);
        if !input.settled && one.is_nan() {
            return;
        }
        let two = state.two.next(input.given(self.ema - 1), self.ema, Ema::factor(self.ema), one);
        if input.settled || !two.is_nan() {
            let ratio = if two == 0.0 { 1.0 } else { one / two };
            out[0] = state.ratios.sum(own, self.period, ratio);
        }
    }
}
