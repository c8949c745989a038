use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Previous low.
#[derive(Debug, Clone)]
pub struct PrevLow;

impl Indicator for PrevLow {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "prev_low",
        title: "Previous low",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["prev_low"],
        on_price: true,
        formula: "the low of the session before, in regular hours; no value in the first session",
        source: "definition",
    };

    type State = Days;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    fn sessions(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut Days, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        state.next(input);
        out[0] = state.last().map_or(f64::NAN, |day| day.low);
    }
}
