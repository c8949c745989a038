//! How fast prices move.

mod roc;
mod rsi;
mod stoch;

pub use roc::Roc;
pub use rsi::Rsi;
pub use stoch::Stoch;
