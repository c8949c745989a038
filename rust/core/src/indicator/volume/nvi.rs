use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Negative volume index.
#[derive(Debug, Clone)]
pub struct Nvi;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    volume: f64,
    index: f64,
}

impl Indicator for Nvi {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "nvi",
        title: "Negative volume index",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["nvi"],
        on_price: false,
        formula: "starts at 1000; on bars whose volume fell it moves by the relative change of the close; a base of 0 changes nothing",
        source: "P. Dysart (1936), N. Fosback (1976)",
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
        // Chosen, not branched on: it cannot be guessed.
        let counts = (input.bar.volume < state.volume) & (state.close != 0.0);
        let change = if counts { (input.x - state.close) / state.close } else { 0.0 };
        state.index =
            if !input.settled && input.seen == 1 { 1000.0 } else { state.index + state.index * change };
        (state.close, state.volume) = (input.x, input.bar.volume);
        out[0] = state.index;
    }
}
