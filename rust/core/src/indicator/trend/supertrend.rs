use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Wilder, middle, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Supertrend.
#[derive(Debug, Clone)]
pub struct Supertrend {
    period: usize,
    factor: f64,
    width: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    range: Wilder,
    upper: f64,
    lower: f64,
    direction: f64,
}

impl Indicator for Supertrend {
    const LOOKS: &[Field] = &[Field::High, Field::Low, Field::Close];
    const SPEC: Spec = Spec {
        name: "supertrend",
        title: "Supertrend",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 10, 1), ParamSpec::real("width", 3.0, 0.0, 100.0)],
        outputs: &["supertrend", "direction"],
        on_price: true,
        formula: "median price ± width · atr(n); a band only moves towards the price; starts long (direction 1), flips on a close beyond the band (short: −1)",
        source: "O. Seban; INDICATORS",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period), width: params.get("width") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period) + self.period
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let (last, range) = (state.close, true_range(bar.high, bar.low, state.close));
        state.close = bar.close;
        out.fill(f64::NAN);
        let atr = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.range.next(input.given(1), self.period, self.factor, range)
        };
        if !input.settled && atr.is_nan() {
            return;
        }
        let middle = middle(bar.high, bar.low);
        let (upper, lower) = (middle + self.width * atr, middle - self.width * atr);
        if state.direction == 0.0 {
            (state.upper, state.lower, state.direction) = (upper, lower, 1.0);
        } else {
            if upper < state.upper || last > state.upper {
                state.upper = upper;
            }
            if lower > state.lower || last < state.lower {
                state.lower = lower;
            }
        }
        if state.direction > 0.0 && bar.close < state.lower {
            state.direction = -1.0;
        } else if state.direction < 0.0 && bar.close > state.upper {
            state.direction = 1.0;
        }
        let line = if state.direction > 0.0 { state.lower } else { state.upper };
        crate::indicator::put(out, [line, state.direction]);
    }
}
