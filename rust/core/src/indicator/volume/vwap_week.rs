use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Traded;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Volume-weighted average price, anchored at the first session of the week.
#[derive(Debug, Clone)]
pub struct VwapWeek;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    week: i64,
    traded: Traded,
}

impl Indicator for VwapWeek {
    const SPEC: Spec = Spec {
        name: "vwap_week",
        title: "Volume-weighted average price, anchored at the first session of the week",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["vwap_week"],
        on_price: true,
        formula: "sum of (high + low + close) / 3 · volume / sum of volume, in the regular hours of the sessions since Monday; no value until something was traded",
        source: "definition",
    };

    type State = State;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    fn sessions(&self) -> usize {
        // From Monday to Saturday, before a Sunday.
        6
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        // Days are counted from a Thursday.
        let week = (i64::from(input.tick.session) + 3).div_euclid(7) + WEEKS;
        if state.week != week {
            *state = State { week, ..State::zeroed() };
        }
        if input.tick.regular {
            state.traded.add(input.bar);
        }
        out[0] = state.traded.price();
    }
}

/// So that no week has the number of none.
const WEEKS: i64 = 1 << 32;
