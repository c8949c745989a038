//! Where prices are going.

mod ema;
mod macd;
mod sma;

pub use ema::Ema;
pub use macd::Macd;
pub use sma::Sma;
