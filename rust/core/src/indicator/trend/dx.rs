use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Directional, NO_MOVEMENT, Wilder};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Directional movement index.
#[derive(Debug, Clone)]
pub struct Dx {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    moves: Directional,
    last: f64,
}

impl Indicator for Dx {
    const SPEC: Spec = Spec {
        name: "dx",
        title: "Directional movement index",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["dx"],
        on_price: false,
        formula: "100 |DI+ − DI−| / (DI+ + DI−); stands still where nothing has moved",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib DX",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        if let Some((plus, minus)) = state.moves.next(self.period, input.seen, input.bar) {
            let both = plus + minus;
            if both >= NO_MOVEMENT {
                state.last = 100.0 * (plus - minus).abs() / both;
            }
            out[0] = state.last;
        }
    }
}
