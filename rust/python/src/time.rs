//! Points in time as callers give them.

use openbell_core::time::Nanos;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// Nanoseconds since 1970 UTC, an aware `datetime`, or a `datetime64`, which is UTC.
pub(crate) struct TimeArg(pub(crate) Nanos);

impl<'py> FromPyObject<'_, 'py> for TimeArg {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(ns) = value.extract::<i64>() {
            return Ok(Self(ns));
        }
        let refused = |reason: &str| {
            // A datetime reads best as it prints.
            let told = if value.hasattr("tzinfo").unwrap_or(false) { value.str() } else { value.repr() };
            format!("{} {reason}", told.map_or_else(|_| "it".to_owned(), |text| text.to_string()))
        };
        let too_far = || PyValueError::new_err(refused("is no time that nanoseconds since 1970 can say"));
        if value.is_instance_of::<PyInt>() {
            return Err(too_far());
        }
        if let Ok(zone) = value.getattr("tzinfo") {
            if zone.is_none() {
                return Err(PyValueError::new_err(refused(
                    "has no time zone; give nanoseconds since 1970 UTC or an aware datetime",
                )));
            }
            // A timestamp is a float of seconds: exact to the microsecond, which is all that a datetime has but pandas' own.
            let seconds: f64 = value.call_method0("timestamp")?.extract()?;
            let rest = value.getattr("nanosecond").map_or(Ok(0), |rest| rest.extract::<i64>())?;
            let micros = (seconds * 1e6).round();
            let ns = (micros as i64).checked_mul(1_000).and_then(|ns| ns.checked_add(rest));
            return ns.map(Self).ok_or_else(too_far);
        }
        let is_one = value.getattr("ndim").and_then(|ndim| ndim.eq(0)).unwrap_or(false);
        let dtype = value.getattr("dtype");
        let is_date = dtype
            .as_ref()
            .is_ok_and(|dtype| dtype.getattr("kind").and_then(|kind| kind.eq("M")).unwrap_or(false));
        if !is_one || !is_date {
            let expected =
                "is no time: give nanoseconds since 1970 UTC, an aware datetime, or a datetime64 in UTC";
            return Err(PyTypeError::new_err(refused(expected)));
        }
        let ns = value.call_method1("astype", ("datetime64[ns]",))?;
        // NumPy goes round where it goes too far; what is not a time is not equal to itself.
        if !ns.call_method1("astype", (dtype?,))?.eq(value)? {
            return Err(too_far());
        }
        Ok(Self(ns.call_method1("astype", ("int64",))?.extract()?))
    }
}
