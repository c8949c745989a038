use crate::error::Result;
use crate::indicator::parts::{Highest, Premarket};
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Pre-market high.
#[derive(Debug, Clone)]
pub struct PremarketHigh;

impl Indicator for PremarketHigh {
    const WAITS: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "premarket_high",
        title: "Pre-market high",
        family: Family::Session,
        reads: Field::High,
        params: &[],
        outputs: &["premarket_high"],
        on_price: true,
        formula: "the highest high before the first regular bar of the session; no value without such bars",
        source: "definition",
    };

    type State = Premarket;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut Premarket, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = state.next::<Highest>(input);
    }
}
