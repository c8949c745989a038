use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Channel, middle};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Ichimoku cloud.
#[derive(Debug, Clone)]
pub struct Ichimoku {
    conversion: usize,
    base: usize,
    span: usize,
}

impl Indicator for Ichimoku {
    const SPEC: Spec = Spec {
        name: "ichimoku",
        title: "Ichimoku cloud",
        family: Family::Trend,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("conversion", 9, 1),
            ParamSpec::bars("base", 26, 1),
            ParamSpec::bars("span", 52, 1),
        ],
        outputs: &["conversion", "base", "span_a", "span_b"],
        on_price: true,
        formula: "mid of the highest high and lowest low: conversion and base of now; span_a = mean of both and span_b = mid of the longest, as they were `base` bars ago; the lagging span is the close seen from later, and no value of now",
        source: "G. Hosoda (1969); INDICATORS",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        let [conversion, base, span] = ["conversion", "base", "span"].map(|name| params.bars(name));
        Ok(Self { conversion, base, span })
    }

    fn first(&self) -> usize {
        self.conversion
    }

    fn warm(&self) -> usize {
        self.base + self.conversion.max(self.base).max(self.span)
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        Channel::lookbacks(self.conversion.max(self.base).max(self.span))
    }

    fn ahead(&self) -> Vec<Ahead> {
        [self.conversion, self.base, self.span].into_iter().flat_map(Channel::ahead).collect()
    }

    fn own_words(&self) -> usize {
        self.window_words() + 2 * Past::words(self.base)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (mut own, shifted) = own.split_at_mut(self.window_words());
        let mut mids = [f64::NAN; 3];
        for (i, (mid, n)) in mids.iter_mut().zip([self.conversion, self.base, self.span]).enumerate() {
            let (channel, rest) = own.split_at_mut(Channel::words(n));
            let (high, low) = Channel::next(channel, input, 2 * i);
            *mid = middle(high, low);
            own = rest;
        }
        let (a, b) = shifted.split_at_mut(Past::words(self.base));
        let a = Past::put(a, input.seen, middle(mids[0], mids[1]));
        let b = Past::put(b, input.seen, mids[2]);
        let then = |past: Past<'_>| if input.seen > self.base { past.lag(self.base) } else { f64::NAN };
        crate::indicator::put(out, [mids[0], mids[1], then(a), then(b)]);
    }
}

impl Ichimoku {
    fn window_words(&self) -> usize {
        [self.conversion, self.base, self.span].map(Channel::words).iter().sum()
    }
}
