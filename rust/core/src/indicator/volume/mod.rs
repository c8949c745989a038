//! What volume says.

mod ad;
mod adosc;
mod cmf;
mod eom;
mod force_index;
mod kvo;
mod mfi;
mod nvi;
mod obv;
mod pvi;
mod pvo;
mod pvt;
mod rvol_bars;
mod volume_sma;
mod vwap;
mod vwap_bands;
mod vwap_week;

pub use ad::Ad;
pub use adosc::Adosc;
pub use cmf::Cmf;
pub use eom::Eom;
pub use force_index::ForceIndex;
pub use kvo::Kvo;
pub use mfi::Mfi;
pub use nvi::Nvi;
pub use obv::Obv;
pub use pvi::Pvi;
pub use pvo::Pvo;
pub use pvt::Pvt;
pub use rvol_bars::RvolBars;
pub use volume_sma::VolumeSma;
pub use vwap::Vwap;
pub use vwap_bands::VwapBands;
pub use vwap_week::VwapWeek;
