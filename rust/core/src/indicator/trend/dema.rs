use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Double exponential moving average.
#[derive(Debug, Clone)]
pub struct Dema {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    one: Ema,
    two: Ema,
}

impl Indicator for Dema {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "dema",
        title: "Double exponential moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["dema"],
        on_price: true,
        formula: "2 e1 − e2, e1 = ema(x), e2 = ema(e1), each started as the mean of its own first n values",
        source: "P. G. Mulloy, Stocks & Commodities 12:1 (1994); TA-Lib DEMA",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Ema::factor(period) })
    }

    fn first(&self) -> usize {
        2 * self.period - 1
    }

    fn warm(&self) -> usize {
        2 * Ema::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let one = state.one.next(input.given(0), self.period, self.factor, input.x);
        out[0] = f64::NAN;
        if input.settled || !one.is_nan() {
            out[0] = 2.0 * one - state.two.next(input.given(self.period - 1), self.period, self.factor, one);
        }
    }
}
