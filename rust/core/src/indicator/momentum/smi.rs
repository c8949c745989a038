use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Channel, Ema, blend, middle};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Stochastic momentum index.
#[derive(Debug, Clone)]
pub struct Smi {
    period: usize,
    factors: [f64; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    smooth: [[f64; 2]; 2],
    signal: f64,
}

impl Indicator for Smi {
    const SPEC: Spec = Spec {
        name: "smi",
        title: "Stochastic momentum index",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 13, 1),
            ParamSpec::bars("first_smooth", 25, 1),
            ParamSpec::bars("second_smooth", 2, 1),
            ParamSpec::bars("signal", 3, 1),
        ],
        outputs: &["smi", "signal"],
        on_price: false,
        formula: "100 d / (r / 2): d = close − middle of the highest high and lowest low of n bars, r = their distance, both smoothed by two emas that start from their first value; 0 where there is no range; signal = ema(smi), started likewise",
        source: "W. Blau, Stocks & Commodities 11:1 (1993); Stock.Indicators GetSmi",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let factor = |name| Ema::factor(params.bars(name));
        Ok(Self {
            period: params.bars("period"),
            factors: [factor("first_smooth"), factor("second_smooth"), factor("signal")],
        })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn warm(&self) -> usize {
        self.period + self.factors.iter().map(|f| Ema::warm((2.0 / f) as usize)).sum::<usize>()
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
        out.fill(f64::NAN);
        if input.seen < self.period {
            return;
        }
        let raw = [input.bar.close - middle(high, low), high - low];
        let begins = input.seen == self.period;
        let move_on = |value: &mut f64, factor: f64, x: f64| {
            *value = if begins { x } else { blend(*value, factor, x) };
            *value
        };
        let mut smooth = raw;
        for (x, [first, second]) in smooth.iter_mut().zip(&mut state.smooth) {
            *x = move_on(first, self.factors[0], *x);
            *x = move_on(second, self.factors[1], *x);
        }
        let smi = if smooth[1] == 0.0 { 0.0 } else { 100.0 * smooth[0] / (smooth[1] / 2.0) };
        crate::indicator::put(out, [smi, move_on(&mut state.signal, self.factors[2], smi)]);
    }
}
