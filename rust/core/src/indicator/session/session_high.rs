use crate::error::Result;
use crate::indicator::parts::{Anchored, Highest};
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Highest price since the session's open.
#[derive(Debug, Clone)]
pub struct SessionHigh;

impl Indicator for SessionHigh {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "session_high",
        title: "Session high",
        family: Family::Session,
        reads: Field::High,
        params: &[],
        outputs: &["session_high"],
        on_price: true,
        formula: "highest high since the regular open; extended hours do not count; no value before the first regular bar",
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
        out[0] = anchored.next::<Highest>(input);
    }
}
