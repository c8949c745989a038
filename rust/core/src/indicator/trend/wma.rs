use crate::error::Result;
use crate::indicator::parts::Weighted;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Linearly weighted moving average.
#[derive(Debug, Clone)]
pub struct Wma {
    period: usize,
}

impl Indicator for Wma {
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "wma",
        title: "Weighted moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["wma"],
        on_price: true,
        formula: "sum of i · x over the last n values, i = 1 (oldest) … n (newest), / (n (n + 1) / 2)",
        source: "TA-Lib WMA",
    };

    type State = Weighted;

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
        vec![Ahead::new(Term::Field(Field::Source), Over::Weighted(self.period))]
    }

    #[inline(always)]
    fn update(&self, weighted: &mut Weighted, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = weighted.mean(self.period, input.seen, input.past(0));
    }
}
