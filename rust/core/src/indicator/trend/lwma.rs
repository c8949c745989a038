use crate::error::Result;
use crate::indicator::parts::Weighted;
use crate::indicator::trend::Wma;
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Linearly weighted moving average (another name of wma).
#[derive(Debug, Clone)]
pub struct Lwma {
    wma: Wma,
}

impl Indicator for Lwma {
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "lwma",
        title: "Linearly weighted moving average (another name of wma)",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["lwma"],
        on_price: true,
        formula: "as wma",
        source: "TA-Lib WMA",
    };

    type State = Weighted;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { wma: Wma::new(params)? })
    }

    fn first(&self) -> usize {
        self.wma.first()
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        self.wma.lookbacks()
    }

    fn ahead(&self) -> Vec<Ahead> {
        self.wma.ahead()
    }

    #[inline(always)]
    fn update(&self, state: &mut Weighted, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        self.wma.update(state, own, input, out);
    }
}
