use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Sum;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Price-volume trend.
#[derive(Debug, Clone)]
pub struct Pvt;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    sum: Sum,
}

impl Indicator for Pvt {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "pvt",
        title: "Price-volume trend",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["pvt"],
        on_price: false,
        formula: "running sum of volume · change of the close / previous close, from 0; a base of 0 adds nothing",
        source: "definition",
    };

    type State = State;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        if (input.settled || input.seen > 1) && state.close != 0.0 {
            state.sum.add(input.bar.volume * (input.x - state.close) / state.close);
        }
        state.close = input.x;
        out[0] = state.sum.value();
    }
}
