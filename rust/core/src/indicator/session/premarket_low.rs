use crate::error::Result;
use crate::indicator::parts::{Lowest, Premarket};
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Pre-market low.
#[derive(Debug, Clone)]
pub struct PremarketLow;

impl Indicator for PremarketLow {
    const WAITS: bool = true;
    const TAKES_SOURCE: bool = true;
    // Its loop takes half as long again with it.
    const LOOKS: &[Field] = &[];
    const SPEC: Spec = Spec {
        name: "premarket_low",
        title: "Pre-market low",
        family: Family::Session,
        reads: Field::Low,
        params: &[],
        outputs: &["premarket_low"],
        on_price: true,
        formula: "the lowest low before the first regular bar of the session; no value without such bars",
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
        out[0] = state.next::<Lowest>(input);
    }
}
