use std::ops::Range;

use crate::error::Result;
use crate::indicator::parts::{Sum, money_flow, money_flows};
use crate::indicator::{Family, Field, Indicator, Input, Params, Settled, Spec};

/// Accumulation/distribution line.
#[derive(Debug, Clone)]
pub struct Ad;

impl Indicator for Ad {
    const ALONG: bool = true;
    const LOOKS: &[Field] = &[Field::High, Field::Low, Field::Close, Field::Volume];
    const SPEC: Spec = Spec {
        name: "ad",
        title: "Accumulation/distribution line",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["ad"],
        on_price: false,
        formula: "running sum of volume · ((close − low) − (high − close)) / (high − low); a bar without range adds 0",
        source: "M. Chaikin; TA-Lib AD",
    };

    type State = Sum;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut Sum, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        state.add(money_flow(bar.high, bar.low, bar.close, bar.volume));
        out[0] = state.value();
    }

    #[inline(always)]
    fn along(&self, state: &mut Sum, Settled { bars, .. }: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let mut finite = true;
        let flows = |rows: Range<usize>, terms: &mut [f64]| {
            finite &= money_flows(bars, rows, terms);
        };
        state.along(out[0], flows, |line| line);
        finite
    }
}
