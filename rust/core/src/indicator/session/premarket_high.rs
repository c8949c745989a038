use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Extreme, Highest};
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Pre-market high.
#[derive(Debug, Clone)]
pub struct PremarketHigh;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    opened: u64,
    extreme: f64,
}

impl Indicator for PremarketHigh {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "premarket_high",
        title: "Pre-market high",
        family: Family::Session,
        reads: Field::High,
        params: &[],
        outputs: &["premarket_high"],
        on_price: true,
        formula: "the highest high before the first regular bar of the session; no value without such bars",
        source: "definition",
    };

    type State = State;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let session = i64::from(input.session) + 1;
        if state.session != session {
            *state = State { session, opened: 0, extreme: Highest::WORST };
        }
        if input.regular {
            state.opened = 1;
        } else if state.opened == 0 {
            state.extreme = Highest::pick(input.bar.high, state.extreme);
        }
        out[0] = if state.extreme == Highest::WORST { f64::NAN } else { state.extreme };
    }
}
