//! How widely prices swing.

mod bbands;

pub use bbands::Bbands;
