use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Mean, middle};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Ease of movement.
#[derive(Debug, Clone)]
pub struct Eom {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    middle: f64,
    ease: Mean,
}

impl Indicator for Eom {
    const SPEC: Spec = Spec {
        name: "eom",
        title: "Ease of movement",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["eom"],
        on_price: false,
        formula: "sma(n) of the change of the median price · (high − low) / (volume / 100,000,000); a bar without volume counts 0",
        source: "R. Arms (1996)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let middle = middle(bar.high, bar.low);
        let moved = middle - state.middle;
        state.middle = middle;
        let ease = if bar.volume > 0.0 { moved * (bar.high - bar.low) / (bar.volume / 1e8) } else { 0.0 };
        out[0] = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.ease.next(own, self.period, ease)
        };
    }
}
