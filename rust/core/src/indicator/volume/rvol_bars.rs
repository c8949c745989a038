use crate::error::Result;
use crate::indicator::parts::Total;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Relative volume, against the bars before.
#[derive(Debug, Clone)]
pub struct RvolBars {
    period: usize,
}

impl Indicator for RvolBars {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "rvol_bars",
        title: "Relative volume, against the bars before",
        family: Family::Volume,
        reads: Field::Volume,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["rvol_bars"],
        on_price: false,
        formula: "volume / mean volume of the n bars before; 0 where that is 0",
        source: "TA-Lib RVOL",
    };

    type State = Total;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period + 1 }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Field(Field::Source), Over::Total(self.period)).ago(1)]
    }

    #[inline(always)]
    fn update(&self, state: &mut Total, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let past = input.past(0);
        let mut total = || state.next(self.period, input.seen - 1, |k| past.lag(k + 1));
        let mean = input.ahead(0).unwrap_or_else(&mut total) / self.period as f64;
        out[0] = if mean == 0.0 { 0.0 } else { input.x / mean };
    }
}
