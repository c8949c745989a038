use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Volume-weighted average price with bands, anchored at the session open.
#[derive(Debug, Clone)]
pub struct VwapBands {
    width: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    volume: f64,
    mean: f64,
    squares: f64,
}

impl Indicator for VwapBands {
    const SPEC: Spec = Spec {
        name: "vwap_bands",
        title: "Volume-weighted average price with bands, anchored at the session open",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::real("width", 1.0, 0.0, 100.0)],
        outputs: &["vwap", "upper", "lower"],
        on_price: true,
        formula: "vwap of the typical price since the regular open ± width · its volume-weighted standard deviation; no value until something was traded",
        source: "definition; D. West, Communications of the ACM 22:9 (1979) for the running variance",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { width: params.get("width") })
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
        let bar = input.bar;
        if input.tick.regular && bar.volume > 0.0 {
            let typical = (bar.high + bar.low + bar.close) / 3.0;
            if state.volume == 0.0 {
                state.mean = typical;
            }
            state.volume += bar.volume;
            let away = typical - state.mean;
            state.mean += away * bar.volume / state.volume;
            state.squares += bar.volume * away * (typical - state.mean);
        }
        out.fill(f64::NAN);
        if state.volume > 0.0 {
            let half = self.width * (state.squares / state.volume).max(0.0).sqrt();
            crate::indicator::put(out, [state.mean, state.mean + half, state.mean - half]);
        }
    }
}
