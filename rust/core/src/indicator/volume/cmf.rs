use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Total, money_flow};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Chaikin money flow.
#[derive(Debug, Clone)]
pub struct Cmf {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    flow: Total,
    volume: Total,
}

impl Indicator for Cmf {
    const SPEC: Spec = Spec {
        name: "cmf",
        title: "Chaikin money flow",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["cmf"],
        on_price: false,
        formula: "sum over n of volume · ((close − low) − (high − close)) / (high − low), a bar without range counting 0, / sum of the volume; 0 where nothing was traded",
        source: "M. Chaikin; Stock.Indicators GetCmf",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        use Field::{Close, High, Low, Volume};
        [High, Low, Close, Volume].map(|field| Lookback { field, bars: self.period }).to_vec()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let [highs, lows, closes, volumes] = input.pasts();
        let (n, seen) = (self.period, input.seen);
        let flow = |k: usize| money_flow(highs.lag(k), lows.lag(k), closes.lag(k), volumes.lag(k));
        let flow = state.flow.next(n, seen, flow);
        let volume = state.volume.next(n, seen, |k| volumes.lag(k));
        out[0] = if volume == 0.0 { 0.0 } else { flow / volume };
    }
}
