use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::middle;
use crate::indicator::trend::Adx;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Average directional index rating.
#[derive(Debug, Clone)]
pub struct Adxr {
    adx: Adx,
    period: usize,
}

impl Indicator for Adxr {
    const SPEC: Spec = Spec {
        name: "adxr",
        title: "Average directional index rating",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["adxr"],
        on_price: false,
        formula: "mean of adx and of the adx n − 1 bars before",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ADXR",
    };

    type State = super::adx::State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { adx: Adx::new(params)?, period: params.bars("period") })
    }

    fn first(&self) -> usize {
        3 * self.period - 1
    }

    fn warm(&self) -> usize {
        self.adx.warm() + self.period
    }

    fn own_words(&self) -> usize {
        Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut super::adx::State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let mut values = [f64::NAN; 3];
        self.adx.update(state, &mut [], input, &mut values);
        out[0] = f64::NAN;
        if !values[0].is_nan() {
            let past = Past::put(own, input.seen, values[0]);
            if input.seen >= self.first() {
                out[0] = middle(values[0], past.lag(self.period - 1));
            }
        }
    }
}
