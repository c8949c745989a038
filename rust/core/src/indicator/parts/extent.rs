//! The largest and the smallest of many numbers; several at once, so in no order.

use wide::f64x4;

/// The largest, if any is larger than that one.
#[inline(always)]
pub(super) fn largest(values: &[f64], than: f64) -> f64 {
    most(values, than, f64x4::fast_max, |a, b| if a > b { a } else { b })
}

/// The smallest, if any is smaller than that one.
#[inline(always)]
pub(super) fn smallest(values: &[f64], than: f64) -> f64 {
    most(values, than, f64x4::fast_min, |a, b| if a < b { a } else { b })
}

#[inline(always)]
fn most(
    values: &[f64],
    than: f64,
    pick: impl Fn(f64x4, f64x4) -> f64x4,
    pick_one: impl Fn(f64, f64) -> f64,
) -> f64 {
    let (pairs, rest) = values.as_chunks::<8>();
    let (mut one, mut other) = (f64x4::splat(than), f64x4::splat(than));
    for [a, b, c, d, e, f, g, h] in pairs {
        one = pick(f64x4::new([*a, *b, *c, *d]), one);
        other = pick(f64x4::new([*e, *f, *g, *h]), other);
    }
    let [a, b, c, d] = pick(one, other).to_array();
    rest.iter().fold(pick_one(pick_one(a, b), pick_one(c, d)), |most, value| pick_one(*value, most))
}

/// The largest size and the smallest.
#[inline(always)]
pub(super) fn extent(sums: &[f64]) -> (f64, f64) {
    let (pairs, rest) = sums.as_chunks::<8>();
    let sizes = |[a, b, c, d, e, f, g, h]: [f64; 8]| {
        [f64x4::new([a, b, c, d]), f64x4::new([e, f, g, h])].map(f64x4::abs)
    };
    let (mut large, mut other_large) = (f64x4::ZERO, f64x4::ZERO);
    let (mut small, mut other_small) = (f64x4::splat(f64::INFINITY), f64x4::splat(f64::INFINITY));
    for pair in pairs {
        let [one, other] = sizes(*pair);
        (large, small) = (one.fast_max(large), one.fast_min(small));
        (other_large, other_small) = (other.fast_max(other_large), other.fast_min(other_small));
    }
    let large = large.fast_max(other_large).to_array().into_iter();
    let small = small.fast_min(other_small).to_array().into_iter();
    let rest = rest.iter().map(|sum| sum.abs());
    (
        large.chain(rest.clone()).fold(0.0, |a, b| if b > a { b } else { a }),
        small.chain(rest).fold(f64::INFINITY, |a, b| if b < a { b } else { a }),
    )
}
