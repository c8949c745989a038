use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Wilder;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Chande momentum oscillator.
#[derive(Debug, Clone)]
pub struct Cmo {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    previous: f64,
    gain: Wilder,
    loss: Wilder,
}

impl Indicator for Cmo {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "cmo",
        title: "Chande momentum oscillator",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["cmo"],
        on_price: false,
        formula: "100 (g − l) / (g + l), g and l the Wilder averages of gains and losses; 0 where nothing has moved",
        source: "T. Chande and S. Kroll, The New Technical Trader (1994); TA-Lib CMO, which smooths as rsi does",
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
        Wilder::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let change = input.x - state.previous;
        state.previous = input.x;
        if !input.settled && input.seen == 1 {
            out[0] = f64::NAN;
            return;
        }
        let gain = state.gain.next(input.given(1), self.period, self.factor, change.max(0.0));
        let loss = state.loss.next(input.given(1), self.period, self.factor, (-change).max(0.0));
        let moved = gain + loss;
        out[0] = if moved == 0.0 { 0.0 } else { 100.0 * (gain - loss) / moved };
    }
}
