use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Finite};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec};

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
    const ALONG: bool = true;
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
        for (i, (ema, value)) in state.emas.iter_mut().zip(&mut values).enumerate() {
            x = ema.next(input.given(i * (self.period - 1)), self.period, self.factor, x);
            if !input.settled && x.is_nan() {
                return;
            }
            *value = x;
        }
        let [_, _, third, fourth, fifth, sixth] = values;
        out[0] = self.weighted([third, fourth, fifth, sixth]);
    }

    #[inline(always)]
    fn along(&self, state: &mut State, Settled { source, .. }: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let (mut finite, mut emas, mut last) = (Finite::default(), state.emas, [[0.0; AT_ONCE]; 4]);
        for (block, into) in source.chunks(AT_ONCE).zip(out[0].chunks_mut(AT_ONCE)) {
            finite.look(block);
            for (i, x) in block.iter().enumerate() {
                let mut values = [*x; 6];
                for k in 0..emas.len() {
                    values[k] = emas[k].next(None, self.period, self.factor, values[k.saturating_sub(1)]);
                }
                last.iter_mut().zip(&values[2..]).for_each(|(line, value)| line[i] = *value);
            }
            for (i, into) in into.iter_mut().enumerate() {
                *into = self.weighted(last.each_ref().map(|line| line[i]));
            }
        }
        state.emas = emas;
        finite.is_all()
    }
}

/// So many rows are weighted together.
const AT_ONCE: usize = 32;

impl T3 {
    /// What it makes of the last four averages.
    #[inline(always)]
    fn weighted(&self, [third, fourth, fifth, sixth]: [f64; 4]) -> f64 {
        let [c6, c5, c4, c3] = self.weights;
        c6 * sixth + c5 * fifth + c4 * fourth + c3 * third
    }
}
