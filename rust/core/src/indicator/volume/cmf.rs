use bytemuck::{Pod, Zeroable};

use crate::bar::Bar;
use crate::error::Result;
use crate::indicator::parts::{Mean, Total, money_flow};
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Chaikin money flow.
#[derive(Debug, Clone)]
pub struct Cmf {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    flow: Mean,
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
        vec![Lookback { field: Field::Volume, bars: self.period }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        [Term::MoneyFlow, Term::Field(Field::Volume)]
            .map(|of| Ahead::new(of, Over::Total(self.period)))
            .to_vec()
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let Bar { high, low, close, volume, .. } = *input.bar;
        let volumes = input.past(0);
        let flow = || state.flow.sum(own, self.period, money_flow(high, low, close, volume));
        let flow = input.ahead(0).unwrap_or_else(flow);
        let volume = || state.volume.next(self.period, input.seen, |k| volumes.lag(k));
        let volume = input.ahead(1).unwrap_or_else(volume);
        out[0] = if volume == 0.0 { 0.0 } else { flow / volume };
    }
}
