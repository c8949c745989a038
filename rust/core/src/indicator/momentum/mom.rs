use crate::error::Result;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Momentum.
#[derive(Debug, Clone)]
pub struct Mom {
    period: usize,
}

impl Indicator for Mom {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "mom",
        title: "Momentum",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 10, 1)],
        outputs: &["mom"],
        on_price: false,
        formula: "x − x of n bars back",
        source: "TA-Lib MOM",
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
        out[0] = if input.settled || input.seen > self.period {
            input.x - input.back(0, 0, self.period)
        } else {
            f64::NAN
        };
    }
}
