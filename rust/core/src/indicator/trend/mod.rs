//! Where prices are going.

mod adx;
mod ema;
mod macd;
mod sma;
mod wma;

pub use adx::Adx;
pub use ema::Ema;
pub use macd::Macd;
pub use sma::Sma;
pub use wma::Wma;
