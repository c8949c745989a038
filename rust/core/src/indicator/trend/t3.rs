use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Tillson moving average.
#[derive(Debug, Clone)]
pub struct T3 {
    period: usize,
    factor: f64,
    weights: [f64; 4],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    emas: [Ema; 6],
}

impl Indicator for T3 {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "t3",
        title: "Tillson moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 5, 2), ParamSpec::real("volume_factor", 0.7, 0.0, 1.0)],
        outputs: &["t3"],
        on_price: true,
        formula: "six emas in a row, e1 … e6, each started as the mean of its own first n values; −v³ e6 + (3 v² + 3 v³) e5 − (6 v² + 3 v + 3 v³) e4 + (1 + 3 v + v³ + 3 v²) e3",
        source: "T. Tillson, Stocks & Commodities 16:1 (1998); TA-Lib T3",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let (period, v) = (params.bars("period"), params.get("volume_factor"));
        let (v2, v3) = (v * v, v * v * v);
        let weights = [-v3, 3.0 * (v2 + v3), -6.0 * v2 - 3.0 * (v + v3), 1.0 + 3.0 * v + v3 + 3.0 * v2];
        Ok(Self { period, factor: Ema::factor(period), weights })
    }

    fn first(&self) -> usize {
        6 * self.period - 5
    }

    fn warm(&self) -> usize {
        6 * Ema::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let mut values = [f64::NAN; 6];
        let mut x = input.x;
        out[0] = f64::NAN;
        for (ema, value) in state.emas.iter_mut().zip(&mut values) {
            x = ema.next(input.settled, self.period, self.factor, x);
            if !input.settled && x.is_nan() {
                return;
            }
            *value = x;
        }
        let [c6, c5, c4, c3] = self.weights;
        out[0] = c6 * values[5] + c5 * values[4] + c4 * values[3] + c3 * values[2];
    }
}
