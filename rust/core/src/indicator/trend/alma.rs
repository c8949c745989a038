use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Arnaud Legoux moving average.
#[derive(Debug, Clone)]
pub struct Alma {
    weights: std::sync::Arc<[f64]>,
}

impl Indicator for Alma {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "alma",
        title: "Arnaud Legoux moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 9, 1),
            ParamSpec::real("offset", 0.85, 0.0, 1.0),
            ParamSpec::real("sigma", 6.0, 0.1, 100.0),
        ],
        outputs: &["alma"],
        on_price: true,
        formula: "weighted mean of the last n values, weights exp(−(i − m)² / (2 s²)), i = 0 (oldest) … n − 1, m = offset · (n − 1), s = n / sigma; a product of n terms a bar",
        source: "A. Legoux and D. Kouzis-Loukas (2009); Stock.Indicators GetAlma",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        let (n, offset, sigma) = (params.bars("period"), params.get("offset"), params.get("sigma"));
        let (middle, spread) = (offset * (n - 1) as f64, n as f64 / sigma);
        let weight = |i: usize| (-(i as f64 - middle).powi(2) / (2.0 * spread * spread)).exp();
        let total: f64 = (0..n).map(weight).sum();
        Ok(Self { weights: (0..n).map(|i| weight(i) / total).collect() })
    }

    fn first(&self) -> usize {
        self.weights.len()
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.weights.len() }]
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let n = self.weights.len();
        out[0] = f64::NAN;
        if input.seen >= n {
            out[0] = input.past(0).last(n).zip(self.weights.iter()).map(|(x, w)| x * w).sum();
        }
    }
}
