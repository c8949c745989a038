use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Total;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Volume-weighted moving average.
#[derive(Debug, Clone)]
pub struct Vwma {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    notional: Total,
    volume: Total,
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
        [Field::Source, Field::Volume].map(|field| Lookback { field, bars: self.period }).to_vec()
    }

    fn ahead(&self) -> Vec<Ahead> {
        [Term::Notional, Term::Field(Field::Volume)]
            .map(|of| Ahead::new(of, Over::Total(self.period)))
            .to_vec()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (source, volumes) = (input.past(0), input.past(1));
        let notional = input.ahead(0).unwrap_or_else(|| {
            state.notional.next(self.period, input.seen, |k| source.lag(k) * volumes.lag(k))
        });
        let volume =
            input.ahead(1).unwrap_or_else(|| state.volume.next(self.period, input.seen, |k| volumes.lag(k)));
        out[0] = if volume > 0.0 { notional / volume } else { f64::NAN };
    }
}
