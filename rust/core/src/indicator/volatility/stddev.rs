use crate::error::Result;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Settled, Spec};

/// Population standard deviation of a window.
#[derive(Debug, Clone)]
pub struct Stddev {
    period: usize,
}

impl Indicator for Stddev {
    const ALONG: bool = true;
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "stddev",
        title: "Standard deviation",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["stddev"],
        on_price: false,
        formula: "square root of the mean squared distance of the last n values from their mean (population, ddof 0); 0 \
                  for equal values",
        source: "TA-Lib STDDEV with nbdev 1",
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
    fn update(&self, moments: &mut Moments, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = moments.next(self.period, input.seen, input.past(0)).1.sqrt();
    }

    #[inline(always)]
    fn step(&self, moments: &mut Moments, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        let (_, variance, good) = moments.step(self.period, input.x, old);
        out[0] = variance.sqrt();
        good
    }

    #[inline(always)]
    fn along(&self, moments: &mut Moments, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        moments.along(self.period, given.past(0), |rows, _, variances| {
            out[0][rows].iter_mut().zip(variances).for_each(|(out, variance)| *out = variance.sqrt());
        })
    }
}
