//! Where a value stands among those before it.

mod autocorrelation;
mod beta;
mod correlation;
mod kurtosis;
mod max;
mod median;
mod midpoint;
mod midprice;
mod min;
mod percent_rank;
mod skew;
mod zscore;

pub use autocorrelation::Autocorrelation;
pub use beta::Beta;
pub use correlation::Correlation;
pub use kurtosis::Kurtosis;
pub use max::Max;
pub use median::Median;
pub use midpoint::Midpoint;
pub use midprice::Midprice;
pub use min::Min;
pub use percent_rank::PercentRank;
pub use skew::Skew;
pub use zscore::Zscore;
