use crate::error::Result;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Rate of change.
#[derive(Debug, Clone)]
pub struct Roc {
    period: usize,
}

impl Indicator for Roc {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "roc",
        title: "Rate of change, in percent",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 10, 1)],
        outputs: &["roc"],
        on_price: false,
        formula: "100 (x / x n bars back − 1); 0 where the base is 0",
        source: "TA-Lib ROC",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Field(Field::Source), Over::Each).ago(self.period)]
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        if !input.settled && input.seen <= self.period {
            out[0] = f64::NAN;
            return;
        }
        let base = input.back(0, 0, self.period);
        out[0] = if base == 0.0 { 0.0 } else { (input.x / base - 1.0) * 100.0 };
    }
}
