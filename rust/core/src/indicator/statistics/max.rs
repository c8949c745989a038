use crate::error::Result;
use crate::indicator::parts::{Highest, Window};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Highest value.
#[derive(Debug, Clone)]
pub struct Max {
    period: usize,
}

impl Indicator for Max {
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "max",
        title: "Highest value",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 30, 1)],
        outputs: &["max"],
        on_price: true,
        formula: "the highest of the last n values",
        source: "TA-Lib MAX",
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

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::extreme(Field::Source, self.period, true)]
    }

    fn own_words(&self) -> usize {
        Window::<Highest>::words(self.period)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = input.extreme::<Highest>(0, 0, own);
    }
}
