use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Extreme, Highest, Lowest};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};
use crate::time::{MINUTE_NS, Nanos};

/// Opening range.
#[derive(Debug, Clone)]
pub struct OpeningRange {
    length: Nanos,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    high: f64,
    low: f64,
}

impl Indicator for OpeningRange {
    const SPEC: Spec = Spec {
        name: "opening_range",
        title: "Opening range",
        family: Family::Session,
        reads: Field::Close,
        params: &[ParamSpec { name: "minutes", default: 30.0, min: 1.0, max: 1440.0, integer: true }],
        outputs: &["high", "low"],
        on_price: true,
        formula: "highest high and lowest low of the regular bars that begin in the first `minutes` of the session; while \
                  it is under way, of the bars so far; no value before the first, and in sessions without such a bar",
        source: "T. Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { length: params.get("minutes") as Nanos * MINUTE_NS })
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let session = i64::from(input.tick.session) + 1;
        if state.session != session {
            *state = State { session, high: Highest::WORST, low: Lowest::WORST };
        }
        if input.tick.regular && (0..self.length).contains(&input.tick.since_open) {
            state.high = Highest::pick(input.bar.high, state.high);
            state.low = Lowest::pick(input.bar.low, state.low);
        }
        let none = state.high == Highest::WORST;
        crate::indicator::put(out, if none { [f64::NAN; 2] } else { [state.high, state.low] });
    }
}
