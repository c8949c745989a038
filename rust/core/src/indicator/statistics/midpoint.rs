use crate::error::Result;
use crate::indicator::parts::{Highest, Lowest, Window, middle};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Midpoint.
#[derive(Debug, Clone)]
pub struct Midpoint {
    period: usize,
}

impl Indicator for Midpoint {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "midpoint",
        title: "Midpoint",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["midpoint"],
        on_price: true,
        formula: "the middle between the highest and the lowest of the last n values",
        source: "TA-Lib MIDPOINT",
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
        [true, false].map(|highest| Ahead::extreme(Field::Source, self.period, highest)).to_vec()
    }

    fn own_words(&self) -> usize {
        2 * Window::<Highest>::words(self.period)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (highs, lows) = own.split_at_mut(Window::<Highest>::words(self.period));
        let high = input.extreme::<Highest>(0, 0, highs);
        let low = input.extreme::<Lowest>(1, 0, lows);
        out[0] = middle(high, low);
    }
}
