use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Wilder, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Keltner channel.
#[derive(Debug, Clone)]
pub struct Keltner {
    period: usize,
    atr_period: usize,
    width: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    middle: Ema,
    range: Wilder,
}

impl Indicator for Keltner {
    const SPEC: Spec = Spec {
        name: "keltner",
        title: "Keltner channel",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 20, 1),
            ParamSpec::bars("atr_period", 10, 1),
            ParamSpec::real("width", 2.0, 0.0, 100.0),
        ],
        outputs: &["upper", "middle", "lower"],
        on_price: true,
        formula: "middle = ema(typical price, n), upper and lower = middle ± width · atr; both averages start on the first bar of the channel, as means of what ends there",
        source: "C. Keltner (1960), with L. Raschke’s average true range; INDICATORS",
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
        Ema::warm(self.period).max(self.first() + Wilder::warm(self.atr_period))
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let range = true_range(bar.high, bar.low, state.close);
        state.close = bar.close;
        out.fill(f64::NAN);
        // Both averages have their first values on the channel's first bar.
        let mut middle = f64::NAN;
        if input.seen + self.period > self.first() {
            let typical = (bar.high + bar.low + bar.close) / 3.0;
            middle = state.middle.next(
                input.given(self.first() - self.period),
                self.period,
                Ema::factor(self.period),
                typical,
            );
        }
        if input.seen + self.atr_period > self.first() {
            let atr = state.range.next(
                input.given(self.first() - self.atr_period),
                self.atr_period,
                Wilder::factor(self.atr_period),
                range,
            );
            if !atr.is_nan() {
                crate::indicator::put(out, [middle + self.width * atr, middle, middle - self.width * atr]);
            }
        }
    }
}
