use crate::error::Result;
use crate::indicator::parts::{Sum, money_flow};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Over, Params, Spec, Term};

/// Accumulation/distribution line.
#[derive(Debug, Clone)]
pub struct Ad;

impl Indicator for Ad {
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

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::MoneyFlow, Over::Each)]
    }

    #[inline(always)]
    fn update(&self, state: &mut Sum, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let flow = || money_flow(bar.high, bar.low, bar.close, bar.volume);
        state.add(input.ahead(0).unwrap_or_else(flow));
        out[0] = state.value();
    }
}
