use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Bars since the session high.
#[derive(Debug, Clone)]
pub struct BarsSinceHigh;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    ago: u64,
    bars: u64,
    high: f64,
}

impl Indicator for BarsSinceHigh {
    const SPEC: Spec = Spec {
        name: "bars_since_high",
        title: "Bars since the session high",
        family: Family::Session,
        reads: Field::High,
        params: &[],
        outputs: &["bars_since_high"],
        on_price: false,
        formula: "how many regular bars ago the highest high of the session was, of equals the newest; no value before the first regular bar",
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
        let session = i64::from(input.tick.session) + 1;
        if state.session != session {
            *state = State { session, ago: 0, bars: 0, high: 0.0 };
        }
        if input.tick.regular {
            state.ago = if state.bars == 0 || input.bar.high >= state.high { 0 } else { state.ago + 1 };
            if state.ago == 0 {
                state.high = input.bar.high;
            }
            state.bars += 1;
        }
        out[0] = if state.bars == 0 { f64::NAN } else { state.ago as f64 };
    }
}
