//! The step of an exponential average.

/// Moves an average by a share of the way to `x`.
///
/// The next step waits for one fused multiplication and addition only. The shares add up to one exactly, so that the average
/// of equal values is that value.
#[inline]
pub fn blend(average: f64, share: f64, x: f64) -> f64 {
    let kept = 1.0 - share;
    kept.mul_add(average, (1.0 - kept) * x)
}
