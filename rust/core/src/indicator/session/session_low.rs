use crate::error::Result;
use crate::indicator::parts::{Anchored, Lowest};
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Lowest price since the session's open.
#[derive(Debug, Clone)]
pub struct SessionLow;

impl Indicator for SessionLow {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "session_low",
        title: "Session low",
        family: Family::Session,
        reads: Field::Low,
        params: &[],
        outputs: &["session_low"],
        on_price: true,
        formula: "lowest low since the regular open; extended hours do not count; no value before the first regular bar",
        source: "definition",
    };

    type State = Anchored;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, anchored: &mut Anchored, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = anchored.next::<Lowest>(input);
    }
}
