use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Balance of power.
#[derive(Debug, Clone)]
pub struct Bop;

impl Indicator for Bop {
    const ABREAST: bool = true;
    const LOOKS: &[Field] = &[Field::Open, Field::High, Field::Low, Field::Close];
    const SPEC: Spec = Spec {
        name: "bop",
        title: "Balance of power",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[],
        outputs: &["bop"],
        on_price: false,
        formula: "(close − open) / (high − low); 0 where high and low are equal",
        source: "I. Livshin, Stocks & Commodities 19:8 (2001); TA-Lib BOP",
    };

    type State = [f64; 0];

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let range = bar.high - bar.low;
        out[0] = if range < NOTHING { 0.0 } else { (bar.close - bar.open) / range };
    }
}

/// TA-Lib's bound for "no range".
const NOTHING: f64 = 1e-14;
