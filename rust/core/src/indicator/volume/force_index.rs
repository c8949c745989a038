use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Force index.
#[derive(Debug, Clone)]
pub struct ForceIndex {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    force: Ema,
}

impl Indicator for ForceIndex {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "force_index",
        title: "Force index",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 13, 1)],
        outputs: &["force_index"],
        on_price: false,
        formula: "ema of the change of the close · volume, started as the mean of its first n values",
        source: "A. Elder, Trading for a Living (1993); Stock.Indicators GetForceIndex",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Ema::factor(period) })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Ema::warm(self.period) + 1
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let force = (input.x - state.close) * input.bar.volume;
        state.close = input.x;
        out[0] = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.force.next(input.given(1), self.period, self.factor, force)
        };
    }
}
