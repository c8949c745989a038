//! What volume says.

mod obv;
mod volume_sma;
mod vwap;

pub use obv::Obv;
pub use volume_sma::VolumeSma;
pub use vwap::Vwap;
