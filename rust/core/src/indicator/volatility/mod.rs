//! How widely prices swing.

mod atr;
mod bbands;
mod chop;
mod donchian;
mod keltner;
mod mass_index;
mod natr;
mod starc;
mod stddev;
mod true_range;
mod ulcer;
mod variance;

pub use atr::Atr;
pub use bbands::Bbands;
pub use chop::Chop;
pub use donchian::Donchian;
pub use keltner::Keltner;
pub use mass_index::MassIndex;
pub use natr::Natr;
pub use starc::Starc;
pub use stddev::Stddev;
pub use true_range::TrueRange;
pub use ulcer::Ulcer;
pub use variance::Variance;
