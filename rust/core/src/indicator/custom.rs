//! Indicators whose values come from outside: a name, parameters and outputs that somebody registered.
//!
//! The engine keeps their place: keys, outputs to read, and a log of the bars that whoever works them out is to be given
//! ([`crate::series::Entry`]). Until that has put the values of a bar, there are none.

use std::sync::{PoisonError, RwLock};

use crate::error::{Error, Result};

use super::registry::SPECS;
use super::spec::Spec;

static LISTED: RwLock<Vec<&'static Spec>> = RwLock::new(Vec::new());

/// Makes a name known; one that was registered before is described anew.
pub fn register(spec: Spec) -> Result<()> {
    if SPECS.iter().any(|s| s.name == spec.name) {
        return Err(Error::TakenIndicator { name: spec.name.to_owned() });
    }
    // It lives as long as the process, as those that are compiled in do.
    let spec: &'static Spec = Box::leak(Box::new(spec));
    let mut listed = LISTED.write().unwrap_or_else(PoisonError::into_inner);
    listed.retain(|s| s.name != spec.name);
    listed.push(spec);
    Ok(())
}

/// Those that were registered.
pub fn listed() -> Vec<&'static Spec> {
    LISTED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// One that was registered.
pub fn find(name: &str) -> Option<&'static Spec> {
    listed().into_iter().find(|spec| spec.name == name)
}
