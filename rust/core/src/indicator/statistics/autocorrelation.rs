use crate::error::Result;
use crate::indicator::parts::{Compared, Pairs};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Autocorrelation.
#[derive(Debug, Clone)]
pub struct Autocorrelation {
    period: usize,
    lag: usize,
}

impl Indicator for Autocorrelation {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "autocorrelation",
        title: "Autocorrelation",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 30, 2), ParamSpec::bars("lag", 1, 1)],
        outputs: &["autocorrelation"],
        on_price: false,
        formula: "correlation of the last n values with those of `lag` bars before them; 0 where either does not change",
        source: "definition; pandas Series.autocorr over a window",
    };

    type State = Pairs;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), lag: params.bars("lag") })
    }

    fn first(&self) -> usize {
        self.period + self.lag
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period + self.lag }]
    }

    #[inline(always)]
    fn update(&self, state: &mut Pairs, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        if input.seen > self.lag {
            let past = input.past(0);
            let pair = |k| (past.lag(k), past.lag(k + self.lag));
            let compared = state.next(self.period, input.seen - self.lag, pair);
            out[0] = compared.map_or(f64::NAN, Compared::correlation);
        }
    }
}
