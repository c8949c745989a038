use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

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

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = if input.seen > self.period { input.x - input.past(0).lag(self.period) } else { f64::NAN };
    }
}
