use crate::error::Result;
use crate::indicator::parts::Wilder;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec};

/// Smoothed moving average (Wilder's, rma).
#[derive(Debug, Clone)]
pub struct Smma {
    period: usize,
    factor: f64,
}

impl Indicator for Smma {
    const ABREAST: bool = true;
    const ALONG: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "smma",
        title: "Smoothed moving average (Wilder's, rma)",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["smma"],
        on_price: true,
        formula: "starts as the mean of the first n values, then moves by 1 / n of each difference",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); INDICATORS rma",
    };

    type State = Wilder;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period) })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut Wilder, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = state.next(input.given(0), self.period, self.factor, input.x);
    }

    #[inline(always)]
    fn along(
        &self,
        state: &mut Wilder,
        Settled { source, .. }: &Settled<'_>,
        out: &mut [&mut [f64]],
    ) -> bool {
        state.along(self.factor, out[0], source)
    }
}
