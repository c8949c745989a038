use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Triple exponential moving average.
#[derive(Debug, Clone)]
pub struct Tema {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    one: Ema,
    two: Ema,
    three: Ema,
}

impl Indicator for Tema {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "tema",
        title: "Triple exponential moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["tema"],
        on_price: true,
        formula: "3 e1 − 3 e2 + e3, e1 = ema(x), e2 = ema(e1), e3 = ema(e2), each started as the mean of its own first n values",
        source: "P. G. Mulloy, Stocks & Commodities 12:2 (1994); TA-Lib TEMA",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Ema::factor(period) })
    }

    fn first(&self) -> usize {
        3 * self.period - 2
    }

    fn warm(&self) -> usize {
        3 * Ema::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        let one = state.one.next(input.given(0), self.period, self.factor, input.x);
        if !input.settled && one.is_nan() {
            return;
        }
        let two = state.two.next(input.given(self.period - 1), self.period, self.factor, one);
        if input.settled || !two.is_nan() {
            out[0] = 3.0 * one - 3.0 * two
                + state.three.next(input.given(2 * (self.period - 1)), self.period, self.factor, two);
        }
    }
}
