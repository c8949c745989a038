use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Previous close.
#[derive(Debug, Clone)]
pub struct PrevClose;

impl Indicator for PrevClose {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "prev_close",
        title: "Previous close",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["prev_close"],
        on_price: true,
        formula: "the close of the session before, in regular hours; no value in the first session",
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
        out[0] = state.last().map_or(f64::NAN, |day| day.close);
    }
}
