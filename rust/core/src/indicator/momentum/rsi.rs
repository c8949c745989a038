use crate::error::Result;
use crate::indicator::parts::{Strength, Wilder};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Relative strength index.
#[derive(Debug, Clone)]
pub struct Rsi {
    period: usize,
    factor: f64,
}

impl Indicator for Rsi {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "rsi",
        title: "Relative strength index",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["rsi"],
        on_price: false,
        formula: "100 g / (g + l), g and l the Wilder averages of gains and losses; 50 where nothing has moved",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib RSI, which gives 0 for a flat series",
    };

    type State = Strength;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period) })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut Strength, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = state.next(input.given(0), self.period, self.factor, input.x);
    }
}
