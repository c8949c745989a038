//! How widely prices swing.

mod atr;
mod bbands;
mod chop;
mod donchian;
mod hv_close;
mod hv_garman_klass;
mod hv_parkinson;
mod hv_rogers_satchell;
mod hv_yang_zhang;
mod keltner;
mod mass_index;
mod natr;
mod squeeze;
mod starc;
mod stddev;
mod true_range;
mod ulcer;
mod variance;

pub use atr::Atr;
pub use bbands::Bbands;
pub use chop::Chop;
pub use donchian::Donchian;
pub use hv_close::HvClose;
pub use hv_garman_klass::HvGarmanKlass;
pub use hv_parkinson::HvParkinson;
pub use hv_rogers_satchell::HvRogersSatchell;
pub use hv_yang_zhang::HvYangZhang;
pub use keltner::Keltner;
pub use mass_index::MassIndex;
pub use natr::Natr;
pub use squeeze::Squeeze;
pub use starc::Starc;
pub use stddev::Stddev;
pub use true_range::TrueRange;
pub use ulcer::Ulcer;
pub use variance::Variance;
