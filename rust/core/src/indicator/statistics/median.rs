use crate::error::Result;
use crate::indicator::parts::Sorted;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Median.
#[derive(Debug, Clone)]
pub struct Median {
    period: usize,
}

impl Indicator for Median {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "median",
        title: "Median",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["median"],
        on_price: true,
        formula: "the middle one of the last n values in order of size, the mean of both for even n; found by bisection",
        source: "definition",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    fn own_words(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let mut sorted = Sorted::over(own);
        sorted.next(input.seen, input.past(0));
        out[0] = if input.seen < self.period { f64::NAN } else { sorted.median() };
    }
}
