//! How fast prices move.

mod macd;
mod roc;
mod rsi;
mod stoch;

pub use macd::Macd;
pub use roc::Roc;
pub use rsi::Rsi;
pub use stoch::Stoch;
