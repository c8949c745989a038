use crate::error::Result;
use crate::indicator::parts::Rolling;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Past, Spec};

/// Commodity channel index.
#[derive(Debug, Clone)]
pub struct Cci {
    period: usize,
}

impl Indicator for Cci {
    const SPEC: Spec = Spec {
        name: "cci",
        title: "Commodity channel index",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["cci"],
        on_price: false,
        formula: "(t − mean) / (0.015 · mean distance from the mean) of the typical prices t = (h + l + c) / 3 of n bars; 0 where they are equal; the distances take n terms a bar",
        source: "D. Lambert, Commodities (1980); TA-Lib CCI",
    };

    type State = Rolling;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn own_words(&self) -> usize {
        Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, rolling: &mut Rolling, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let typical = (input.bar.high + input.bar.low + input.bar.close) / 3.0;
        let past = Past::put(own, input.seen, typical);
        let mean = rolling.mean(self.period, input.seen, past);
        out[0] = f64::NAN;
        if !mean.is_nan() {
            let away: f64 = past.last(self.period).map(|t| (t - mean).abs()).sum();
            let (above, away) = (typical - mean, away / self.period as f64);
            out[0] = if away <= NOTHING * mean.abs() { 0.0 } else { above / (0.015 * away) };
        }
    }
}

/// Equal prices have typical prices that differ by rounding alone.
const NOTHING: f64 = 1e-13;
