//! Where prices are going.

mod adx;
mod ema;
mod sma;
mod wma;

pub use adx::Adx;
pub use ema::Ema;
pub use sma::Sma;
pub use wma::Wma;
