use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Sum;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Volume-weighted average price since the session's open.
#[derive(Debug, Clone)]
pub struct Vwap;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    notional: Sum,
    volume: Sum,
}

impl Indicator for Vwap {
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

    #[inline]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let session = i64::from(input.session) + 1;
        if state.session != session {
            *state = State { session, ..State::zeroed() };
        }
        if input.regular {
            let bar = input.bar;
            state.notional.add((bar.high + bar.low + bar.close) / 3.0 * bar.volume);
            state.volume.add(bar.volume);
        }
        let volume = state.volume.value();
        out[0] = if volume > 0.0 { state.notional.value() / volume } else { f64::NAN };
    }
}
