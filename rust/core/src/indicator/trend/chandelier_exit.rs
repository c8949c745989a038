use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Channel, Wilder, true_range};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Chandelier exit.
#[derive(Debug, Clone)]
pub struct ChandelierExit {
    period: usize,
    factor: f64,
    width: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    range: Wilder,
}

impl Indicator for ChandelierExit {
    const SPEC: Spec = Spec {
        name: "chandelier_exit",
        title: "Chandelier exit",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 22, 1), ParamSpec::real("width", 3.0, 0.0, 100.0)],
        outputs: &["long", "short"],
        on_price: true,
        formula: "highest high of n − width · atr(n), and lowest low of n + width · atr(n)",
        source: "C. Le Beau; Stock.Indicators GetChandelier",
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
        Wilder::warm(self.period) + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        Channel::lookbacks(self.period)
    }

    fn ahead(&self) -> Vec<Ahead> {
        Channel::ahead(self.period)
    }

    fn own_words(&self) -> usize {
        Channel::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (high, low) = Channel::next(own, input, 0);
        let range = true_range(input.bar.high, input.bar.low, state.close);
        state.close = input.bar.close;
        let atr = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.range.next(input.given(1), self.period, self.factor, range)
        };
        crate::indicator::put(out, [high - self.width * atr, low + self.width * atr]);
    }
}
