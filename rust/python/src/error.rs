//! The engine's errors as the exceptions of `openbell.errors`.

use openbell_core::error::Error;
use pyo3::PyErr;

mod exceptions {
    use pyo3::import_exception;
    import_exception!(openbell.errors, CalendarError);
    import_exception!(openbell.errors, ClockError);
    import_exception!(openbell.errors, ColumnsError);
    import_exception!(openbell.errors, IndicatorError);
    import_exception!(openbell.errors, IntervalError);
    import_exception!(openbell.errors, SymbolError);
}

pub(crate) fn to_py(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Symbol { .. } | Error::UnknownSymbol { .. } => exceptions::SymbolError::new_err(message),
        Error::Interval { .. }
        | Error::NoSeries { .. }
        | Error::NotBase { .. }
        | Error::NotDerivable { .. } => exceptions::IntervalError::new_err(message),
        Error::UnknownIndicator { .. }
        | Error::UnknownParameter { .. }
        | Error::Expression { .. }
        | Error::TakenIndicator { .. }
        | Error::UnknownSource { .. }
        | Error::NoSource { .. }
        | Error::NoPair { .. }
        | Error::Parameter { .. }
        | Error::NoIndicator { .. }
        | Error::NoOutput { .. }
        | Error::Saved { .. } => exceptions::IndicatorError::new_err(message),
        Error::Calendar { .. } => exceptions::CalendarError::new_err(message),
        Error::Columns { .. } => exceptions::ColumnsError::new_err(message),
        Error::ClockBack { .. } => exceptions::ClockError::new_err(message),
    }
}
