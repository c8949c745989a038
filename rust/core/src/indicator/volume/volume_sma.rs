use crate::error::Result;
use crate::indicator::parts::Rolling;
use crate::indicator::trend::Sma;
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Simple moving average of the volume.
#[derive(Debug, Clone)]
pub struct VolumeSma(Sma);

impl Indicator for VolumeSma {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "volume_sma",
        title: "Simple moving average of the volume",
        family: Family::Volume,
        reads: Field::Volume,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["volume_sma"],
        on_price: false,
        formula: "sum of the volumes of the last n bars / n",
        source: "TA-Lib SMA over volume",
    };

    type State = Rolling;

    fn new(params: &Params) -> Result<Self> {
        Sma::new(params).map(Self)
    }

    fn first(&self) -> usize {
        self.0.first()
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        self.0.lookbacks()
    }

    fn ahead(&self) -> Vec<Ahead> {
        self.0.ahead()
    }

    #[inline(always)]
    fn update(&self, state: &mut Rolling, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        self.0.update(state, own, input, out);
    }

    #[inline(always)]
    fn step(&self, state: &mut Rolling, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        self.0.step(state, input, old, out)
    }
}
