use crate::error::Result;
use crate::indicator::parts::Line;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Linear regression.
#[derive(Debug, Clone)]
pub struct Linreg {
    period: usize,
}

impl Indicator for Linreg {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "linreg",
        title: "Linear regression",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["linreg", "slope", "intercept", "r2", "forecast"],
        on_price: true,
        formula: "least squares of the last n values on 0 … n − 1: linreg at n − 1, slope a bar, intercept at 0, r2 the squared correlation (0 where the values are equal), forecast at n",
        source: "TA-Lib LINEARREG, LINEARREG_SLOPE, LINEARREG_INTERCEPT, TSF",
    };

    type State = Line;

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
    fn update(&self, state: &mut Line, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out.fill(f64::NAN);
        if let Some(fit) = state.fit(self.period, input.seen, input.past(0)) {
            let last = (self.period - 1) as f64;
            let ahead = fit.intercept + fit.slope * (last + 1.0);
            crate::indicator::put(
                out,
                [fit.intercept + fit.slope * last, fit.slope, fit.intercept, fit.r2, ahead],
            );
        }
    }
}
