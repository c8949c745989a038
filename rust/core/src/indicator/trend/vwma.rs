use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::Sum;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Volume-weighted moving average.
#[derive(Debug, Clone)]
pub struct Vwma {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    notional: Sum,
    volume: Sum,
}

impl Indicator for Vwma {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "vwma",
        title: "Volume-weighted moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["vwma"],
        on_price: true,
        formula: "sum of x · volume / sum of volume over n bars; no value while nothing was traded in them",
        source: "definition; Stock.Indicators GetVwma",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Volume, bars: self.period }]
    }

    fn own_words(&self) -> usize {
        Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let volume = input.bar.volume;
        Past::push(own, input.x * volume);
        state.notional.add(input.x * volume);
        state.volume.add(volume);
        if input.seen > self.period {
            state.notional.add(-Past::view(own).lag(self.period));
            state.volume.add(-input.past(0).lag(self.period));
        }
        let volume = state.volume.value();
        out[0] = if input.seen < self.period || volume <= 0.0 {
            f64::NAN
        } else {
            state.notional.value() / volume
        };
    }
}
