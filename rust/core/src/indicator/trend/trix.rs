use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Rate of change of a triple exponential average.
#[derive(Debug, Clone)]
pub struct Trix {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    emas: [Ema; 3],
    last: f64,
    ready: f64,
}

impl Indicator for Trix {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "trix",
        title: "Rate of change of a triple exponential average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 18, 1)],
        outputs: &["trix"],
        on_price: false,
        formula: "change of ema(ema(ema(x))) from one bar to the next, in percent, each ema started as the mean of its own first n values; 0 where the base is 0",
        source: "J. Hutson (1983); TA-Lib TRIX",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Ema::factor(period) })
    }

    fn first(&self) -> usize {
        3 * self.period - 1
    }

    fn warm(&self) -> usize {
        3 * Ema::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        let mut x = input.x;
        for (i, ema) in state.emas.iter_mut().enumerate() {
            x = ema.next(input.given(i * (self.period - 1)), self.period, self.factor, x);
            if !input.settled && x.is_nan() {
                return;
            }
        }
        if state.ready != 0.0 {
            out[0] = if state.last == 0.0 { 0.0 } else { (x / state.last - 1.0) * 100.0 };
        }
        (state.last, state.ready) = (x, 1.0);
    }
}
