use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Chaikin money flow.
#[derive(Debug, Clone)]
pub struct Cmf {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    flow: Mean,
    volume: Mean,
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

    fn own_words(&self) -> usize {
        2 * Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let range = bar.high - bar.low;
        let place = if range > 0.0 { ((bar.close - bar.low) - (bar.high - bar.close)) / range } else { 0.0 };
        let (flows, volumes) = own.split_at_mut(Mean::words(self.period));
        let flow = state.flow.next(flows, self.period, place * bar.volume);
        let volume = state.volume.next(volumes, self.period, bar.volume);
        out[0] = if volume == 0.0 { 0.0 } else { flow / volume };
    }
}
