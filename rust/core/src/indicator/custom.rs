//! Indicators that somebody registered: expressions over others, and names whose values come from outside.
//!
//! Of the latter the engine keeps the place: keys, outputs to read, and a log of the bars that whoever works them out is to
//! be given ([`crate::series::Entry`]). Until that has put the values of a bar, there are none.

use std::sync::{Arc, PoisonError, RwLock};

use crate::error::{Error, Result};

use super::expression::Expression;
use super::registry::SPECS;
use super::spec::Spec;

/// What was registered under a name.
#[derive(Debug, Clone)]
pub struct Listed {
    pub spec: &'static Spec,
    /// None if its values come from outside.
    pub expression: Option<Arc<Expression>>,
}

static LISTED: RwLock<Vec<Listed>> = RwLock::new(Vec::new());

/// Makes a name known; one that was registered before is described anew.
pub fn register(spec: Spec, expression: Option<&str>) -> Result<()> {
    if SPECS.iter().any(|s| s.name == spec.name) {
        return Err(Error::TakenIndicator { name: spec.name.to_owned() });
    }
    let expression = expression.map(|text| Expression::new(spec.name, text)).transpose()?.map(Arc::new);
    // It lives as long as the process, as those that are compiled in do.
    let spec: &'static Spec = Box::leak(Box::new(spec));
    let mut listed = LISTED.write().unwrap_or_else(PoisonError::into_inner);
    listed.retain(|there| there.spec.name != spec.name);
    listed.push(Listed { spec, expression });
    Ok(())
}

/// Those that were registered.
pub fn listed() -> Vec<Listed> {
    LISTED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// One that was registered.
pub fn find(name: &str) -> Option<Listed> {
    listed().into_iter().find(|there| there.spec.name == name)
}
