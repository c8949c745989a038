use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Highest, Lowest, Window, middle};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Fisher transform.
#[derive(Debug, Clone)]
pub struct Fisher {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    x: f64,
    fisher: f64,
}

impl Indicator for Fisher {
    const SPEC: Spec = Spec {
        name: "fisher",
        title: "Fisher transform",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 10, 1)],
        outputs: &["fisher", "trigger"],
        on_price: false,
        formula: "x = 0.33 · 2 (p − 0.5) + 0.67 of the x before, within ±0.999, p where the median price stands between its lowest and highest of n bars, 0.5 where they are equal; fisher = 0.5 ln((1 + x) / (1 − x)) + 0.5 of the fisher before; trigger = the fisher before",
        source: "J. Ehlers, Stocks & Commodities 20:11 (2002)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn warm(&self) -> usize {
        self.period + 60
    }

    fn own_words(&self) -> usize {
        Past::words(self.period) + 2 * Window::<Highest>::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let price = middle(input.bar.high, input.bar.low);
        let (values, rest) = own.split_at_mut(Past::words(self.period));
        let (highs, lows) = rest.split_at_mut(Window::<Highest>::words(self.period));
        let values = Past::put(values, input.seen, price);
        let high = Window::<Highest>::over(highs).next(input.seen, values);
        let low = Window::<Lowest>::over(lows).next(input.seen, values);
        out.fill(f64::NAN);
        if input.seen < self.period {
            return;
        }
        let place = if high > low { (price - low) / (high - low) - 0.5 } else { 0.0 };
        state.x = (0.33 * 2.0 * place + 0.67 * state.x).clamp(-0.999, 0.999);
        let last = state.fisher;
        state.fisher = 0.5 * ((1.0 + state.x) / (1.0 - state.x)).ln() + 0.5 * last;
        crate::indicator::put(out, [state.fisher, last]);
    }
}
