use crate::error::Result;
use crate::indicator::parts::Channel;
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

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

    fn ahead(&self) -> Vec<Ahead> {
        Channel::ages_ahead(self.period + 1)
    }

    fn own_words(&self) -> usize {
        Channel::ages_words(self.period + 1)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (up, down) = Channel::ages(own, input);
        let n = self.period as f64;
        out[0] = if input.seen > self.period { 100.0 * (down - up) / n } else { f64::NAN };
    }
}
