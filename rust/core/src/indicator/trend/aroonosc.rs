use crate::error::Result;
use crate::indicator::parts::{Channel, Highest, Lowest, Place};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Aroon oscillator.
#[derive(Debug, Clone)]
pub struct Aroonosc {
    period: usize,
}

impl Indicator for Aroonosc {
    const SPEC: Spec = Spec {
        name: "aroonosc",
        title: "Aroon oscillator",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["aroonosc"],
        on_price: false,
        formula: "aroon up − aroon down",
        source: "T. Chande (1995); TA-Lib AROONOSC",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        Channel::lookbacks(self.period + 1)
    }

    fn own_words(&self) -> usize {
        2 * Place::<Highest>::words(self.period + 1)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let up = Place::<Highest>::over(&mut own[..Place::<Highest>::words(self.period + 1)])
            .next(input.seen, input.past(0));
        let down = Place::<Lowest>::over(&mut own[Place::<Highest>::words(self.period + 1)..])
            .next(input.seen, input.past(1));
        let n = self.period as f64;
        out[0] = if input.seen > self.period { 100.0 * (down as f64 - up as f64) / n } else { f64::NAN };
    }
}
