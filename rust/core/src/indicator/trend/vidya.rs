use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Total, blend};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Variable index dynamic average.
#[derive(Debug, Clone)]
pub struct Vidya {
    factor: f64,
    cmo: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    moves: Total,
    value: f64,
}

impl Indicator for Vidya {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "vidya",
        title: "Variable index dynamic average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1), ParamSpec::bars("cmo_period", 9, 1)],
        outputs: &["vidya"],
        on_price: true,
        formula: "v += 2 / (n + 1) · |cmo| (x − v), cmo = (gains − losses) / (gains + losses) of the last cmo_period changes, 0 where nothing has moved; starts from the value before the first",
        source: "T. Chande, Stocks & Commodities 10:3 (1992), with the momentum oscillator as index",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { factor: Ema::factor(params.bars("period")), cmo: params.bars("cmo_period") })
    }

    fn first(&self) -> usize {
        self.cmo + 1
    }

    fn warm(&self) -> usize {
        self.cmo + 20 * Ema::warm((2.0 / self.factor) as usize)
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.cmo + 1 }]
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let past = input.past(0);
        let moves = state.moves.next(self.cmo, input.seen - 1, |k| (past.lag(k) - past.lag(k + 1)).abs());
        if input.seen <= self.cmo {
            state.value = input.x;
            out[0] = f64::NAN;
            return;
        }
        // Gains less losses are how far the price has come.
        let net = input.x - past.lag(self.cmo);
        let index = if moves > 0.0 { (net / moves).abs().min(1.0) } else { 0.0 };
        state.value = blend(state.value, self.factor * index, input.x);
        out[0] = state.value;
    }
}
