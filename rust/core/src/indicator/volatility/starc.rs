use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Mean, Wilder, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// STARC bands.
#[derive(Debug, Clone)]
pub struct Starc {
    period: usize,
    atr_period: usize,
    width: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    middle: Mean,
    range: Wilder,
}

impl Indicator for Starc {
    const SPEC: Spec = Spec {
        name: "starc",
        title: "STARC bands",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 5, 1),
            ParamSpec::bars("atr_period", 10, 1),
            ParamSpec::real("width", 2.0, 0.0, 100.0),
        ],
        outputs: &["upper", "middle", "lower"],
        on_price: true,
        formula: "middle = sma(n), upper and lower = middle ± width · atr",
        source: "M. Stoller; Stock.Indicators GetStarcBands",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self {
            period: params.bars("period"),
            atr_period: params.bars("atr_period"),
            width: params.get("width"),
        })
    }

    fn first(&self) -> usize {
        self.period.max(self.atr_period + 1)
    }

    fn warm(&self) -> usize {
        self.period.max(Wilder::warm(self.atr_period) + 1)
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let middle = state.middle.next(own, self.period, input.x);
        let range = true_range(input.bar.high, input.bar.low, state.close);
        state.close = input.bar.close;
        out.fill(f64::NAN);
        if input.seen > 1 {
            let half = self.width
                * state.range.next(input.given(1), self.atr_period, Wilder::factor(self.atr_period), range);
            if !half.is_nan() && !middle.is_nan() {
                crate::indicator::put(out, [middle + half, middle, middle - half]);
            }
        }
    }
}
