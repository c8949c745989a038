use crate::error::Result;
use crate::indicator::parts::Channel;
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Aroon.
#[derive(Debug, Clone)]
pub struct Aroon {
    period: usize,
}

impl Indicator for Aroon {
    const SPEC: Spec = Spec {
        name: "aroon",
        title: "Aroon",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["up", "down"],
        on_price: false,
        formula: "100 (n − bars since the highest high) / n, and of the lowest low, over n + 1 bars; of equals the newest counts",
        source: "T. Chande (1995); TA-Lib AROON",
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
        out.fill(f64::NAN);
        if input.seen > self.period {
            let n = self.period as f64;
            crate::indicator::put(out, [100.0 * (n - up) / n, 100.0 * (n - down) / n]);
        }
    }
}
