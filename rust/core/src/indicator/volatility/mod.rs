//! How widely prices swing.

mod atr;
mod bbands;
mod stddev;

pub use atr::Atr;
pub use bbands::Bbands;
pub use stddev::Stddev;
