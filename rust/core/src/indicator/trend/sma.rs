use crate::error::Result;
use crate::indicator::parts::Rolling;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Simple moving average.
#[derive(Debug, Clone)]
pub struct Sma {
    period: usize,
}

impl Indicator for Sma {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "sma",
        title: "Simple moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["sma"],
        on_price: true,
        formula: "sum of the last n values / n",
        source: "TA-Lib SMA",
    };

    type State = Rolling;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Field(Field::Source), Over::Mean(self.period))]
    }

    #[inline(always)]
    fn update(&self, state: &mut Rolling, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = state.mean(self.period, input.seen, input.past(0));
    }

    #[inline(always)]
    fn step(&self, state: &mut Rolling, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        let (mean, good) = state.step(self.period, input.x, old);
        out[0] = mean;
        good
    }
}
