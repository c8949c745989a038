use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Traded;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Volume-weighted average price since the session's open.
#[derive(Debug, Clone)]
pub struct Vwap;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    traded: Traded,
}

impl Indicator for Vwap {
    const ABREAST: bool = true;
    const SPEC: Spec = Spec {
        name: "vwap",
        title: "Volume-weighted average price, anchored at the session's open",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["vwap"],
        on_price: true,
        formula: "sum of (high + low + close) / 3 · volume / sum of volume, since the regular open; extended hours do not \
                  count; no value until something was traded",
        source: "INDICATORS; TA-Lib has none. Not the bar's own vwap, nor the session metric session_vwap",
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
            *state = State { session, ..State::zeroed() };
        }
        if input.tick.regular {
            state.traded.add(input.bar);
        }
        out[0] = state.traded.price();
    }

    #[inline(always)]
    fn step(&self, state: &mut State, input: &Input<'_>, _: f64, out: &mut [f64]) -> bool {
        let (same, valued) = (state.session == i64::from(input.tick.session) + 1, state.traded.has_price());
        let mut with = state.traded;
        with.add(input.bar);
        if input.tick.regular {
            state.traded = with;
        }
        out[0] = state.traded.price();
        same & valued
    }
}
