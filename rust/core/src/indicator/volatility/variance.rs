use crate::error::Result;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Settled, Spec};

/// Variance.
#[derive(Debug, Clone)]
pub struct Variance {
    period: usize,
}

impl Indicator for Variance {
    const ALONG: bool = true;
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "variance",
        title: "Variance",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["variance"],
        on_price: false,
        formula: "mean squared distance of the last n values from their mean (population, ddof 0); 0 for equal values",
        source: "TA-Lib VAR",
    };

    type State = Moments;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    #[inline(always)]
    fn update(&self, state: &mut Moments, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = state.next(self.period, input.seen, input.past(0)).1;
    }

    #[inline(always)]
    fn step(&self, state: &mut Moments, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        let (_, variance, good) = state.step(self.period, input.x, old);
        out[0] = variance;
        good
    }

    #[inline(always)]
    fn along(&self, moments: &mut Moments, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        moments
            .along(self.period, given.past(0), |rows, _, variances| out[0][rows].copy_from_slice(variances))
    }
}
