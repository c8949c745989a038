use crate::error::Result;
use crate::indicator::volatility::Atr;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec};

/// Normalised average true range.
#[derive(Debug, Clone)]
pub struct Natr {
    atr: Atr,
}

impl Indicator for Natr {
    const ABREAST: bool = true;
    const ALONG: bool = true;
    const LOOKS: &[Field] = &[Field::High, Field::Low, Field::Close];
    const SPEC: Spec = Spec {
        name: "natr",
        title: "Normalised average true range",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["natr"],
        on_price: false,
        formula: "100 atr(n) / close; 0 where the close is 0",
        source: "J. Forman, Stocks & Commodities 24:5 (2006); TA-Lib NATR",
    };

    type State = super::atr::State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { atr: Atr::new(params)? })
    }

    fn first(&self) -> usize {
        self.atr.first()
    }

    fn warm(&self) -> usize {
        self.atr.warm()
    }

    #[inline(always)]
    fn update(&self, state: &mut super::atr::State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        self.atr.update(state, own, input, out);
        out[0] = of_price(out[0], input.bar.close);
    }

    #[inline(always)]
    fn along(&self, state: &mut super::atr::State, bars: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        self.atr.along_then(state, bars, out[0], |rows, averages| {
            for (average, close) in averages.iter_mut().zip(&bars.bars.close[rows]) {
                *average = of_price(*average, *close);
            }
        })
    }
}

/// In percent of a price; 0 where that is 0.
#[inline(always)]
fn of_price(range: f64, price: f64) -> f64 {
    let percent = range / price * 100.0;
    if price == 0.0 { 0.0 } else { percent }
}
