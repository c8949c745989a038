//! What indicators are put together from. Each part is plain words, all zero at the start.

mod anchored;
mod blend;
mod channel;
mod days;
mod directional;
mod ema;
mod extent;
mod extreme;
mod finite;
mod line;
mod mean;
mod moments;
mod pairs;
mod place;
mod powers;
mod premarket;
mod range;
mod rolling;
mod sorted;
mod strength;
mod sum;
mod total;
mod traded;
mod weighted;
mod wilder;

pub use anchored::Anchored;
pub use blend::{Share, blend, blend_column};
pub use channel::Channel;
pub use days::{Day, Days};
pub use directional::{Directional, NO_MOVEMENT};
pub use ema::Ema;
pub use extreme::{Extreme, Highest, Lowest, Sliding, Window};
pub use finite::{Finite, strange};
pub use line::{Fit, Line};
pub use mean::Mean;
pub use moments::Moments;
pub use pairs::{Compared, Pairs};
pub use place::Place;
pub use powers::Powers;
pub use premarket::Premarket;
pub use range::{change, middle, money_flow, money_flows, pressure, true_range};
pub use rolling::Rolling;
pub use sorted::Sorted;
pub use strength::Strength;
pub use sum::Sum;
pub use total::Total;
pub use traded::Traded;
pub use weighted::Weighted;
pub use wilder::Wilder;

/// Sums of a window are not taken anew more often than each so many bars, unless they must: that costs as much as many steps.
/// One more than a number that goes through vector registers without a rest.
const RENEW_AFTER: usize = 129;
/// The same of sums that are looked at after each step: what has shrunk too far is taken anew at once.
const RENEW_WATCHED_AFTER: usize = 257;

/// Called where few steps come by, so that what they do there does not stand in the way of the others.
#[cold]
#[inline(never)]
fn rarely() {}
