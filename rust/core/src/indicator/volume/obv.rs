use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Sum;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// On-balance volume.
#[derive(Debug, Clone)]
pub struct Obv;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    balance: Sum,
}

impl Indicator for Obv {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "obv",
        title: "On-balance volume",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["obv"],
        on_price: false,
        formula: "starts at the first bar's volume; adds the volume of a bar that closes higher, takes off that of one \
                  that closes lower, unchanged by equal closes",
        source: "J. E. Granville (1963); TA-Lib OBV",
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
        let volume = input.bar.volume;
        // Chosen, not branched on: which way the next bar goes cannot be guessed.
        let up = if input.seen == 1 || input.x > state.close { volume } else { 0.0 };
        let down = if input.x < state.close { volume } else { 0.0 };
        state.balance.add(if !input.settled && input.seen == 1 { volume } else { up - down });
        state.close = input.x;
        out[0] = state.balance.value();
    }
}
