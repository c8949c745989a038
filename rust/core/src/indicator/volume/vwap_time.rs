use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Traded;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};
use crate::time::{MINUTE_NS, Nanos};

/// Volume-weighted average price since a time of the day.
#[derive(Debug, Clone)]
pub struct VwapTime {
    from: Nanos,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    traded: Traded,
}

impl Indicator for VwapTime {
    const SPEC: Spec = Spec {
        name: "vwap_time",
        title: "Volume-weighted average price, anchored at a time of the day",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("minutes", 0, 0)],
        outputs: &["vwap_time"],
        on_price: true,
        formula: "vwap of the session's regular bars that begin at least so many minutes after the open; none before, and until something was traded",
        source: "definition",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { from: params.get("minutes") as Nanos * MINUTE_NS })
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
        if input.tick.regular && input.tick.since_open >= self.from {
            state.traded.add(input.bar);
        }
        out[0] = state.traded.price();
    }
}
