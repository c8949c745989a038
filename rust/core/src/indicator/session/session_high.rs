use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Highest price since the session's open.
#[derive(Debug, Clone)]
pub struct SessionHigh;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    high: f64,
}

impl Indicator for SessionHigh {
    const SPEC: Spec = Spec {
        name: "session_high",
        title: "Session high",
        family: Family::Session,
        reads: Field::High,
        params: &[],
        outputs: &["session_high"],
        formula: "highest high since the regular open; extended hours do not count; no value before the first regular bar",
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
            *state = State { session, high: f64::NEG_INFINITY };
        }
        if input.regular {
            state.high = state.high.max(input.x);
        }
        out[0] = if state.high == f64::NEG_INFINITY { f64::NAN } else { state.high };
    }
}
