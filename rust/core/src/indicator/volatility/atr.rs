use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Wilder, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Average true range.
#[derive(Debug, Clone)]
pub struct Atr {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    range: Wilder,
}

impl Indicator for Atr {
    const ABREAST: bool = true;
    const SPEC: Spec = Spec {
        name: "atr",
        title: "Average true range",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["atr"],
        on_price: false,
        formula: "Wilder average of the true range, the widest of high − low, |high − previous close| and |low − previous \
                  close|; starts as the mean of the true ranges of bars 2 … n + 1; 0 where nothing has moved",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ATR",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period) })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period).max(self.first())
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let range = true_range(input.bar.high, input.bar.low, state.close);
        state.close = input.bar.close;
        out[0] = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.range.next(input.settled, self.period, self.factor, range)
        };
    }
}
