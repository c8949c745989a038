//! What indicators are put together from. Each part is plain words, all zero at the start.

mod anchored;
mod ema;
mod extreme;
mod mean;
mod moments;
mod range;
mod sum;
mod weighted;
mod wilder;

pub use anchored::Anchored;
pub use ema::Ema;
pub use extreme::{Extreme, Highest, Lowest, Window};
pub use mean::Mean;
pub use moments::Moments;
pub use range::true_range;
pub use sum::Sum;
pub use weighted::Weighted;
pub use wilder::Wilder;
