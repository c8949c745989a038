//! What indicators are put together from. Each part is plain words, all zero at the start.

mod ema;
mod extreme;
mod moments;
mod sum;
mod wilder;

pub use ema::Ema;
pub use extreme::{Highest, Lowest, Window};
pub use moments::Moments;
pub use sum::Sum;
pub use wilder::Wilder;
