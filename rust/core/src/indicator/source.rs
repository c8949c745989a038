//! What an indicator reads: a value of the bar, or another indicator.

use crate::error::{Error, Result, nearest};

use super::custom;
use super::definition::Definition;
use super::input::Field;
use super::registry::SPECS;

/// Stands between an indicator and its source in a key: `ema_9_of_rsi_14_5m`.
pub(super) const OF: &str = "_of_";

/// What an indicator reads.
#[derive(Debug, Clone)]
pub enum Source {
    Field(Field),
    /// An output of another indicator over the same bars.
    Output(Box<Definition>, usize),
}

impl Source {
    /// A field by its name, or an indicator as it stands in a key, with the output behind its parameters if that is not the
    /// first: `hl2`, `rsi_14`, `macd_12_26_9_signal`, `bbands_20_2_upper_of_rsi_14`.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some((_, field)) = Field::NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Field(*field));
        }
        let (head, source) = match text.split_once(OF) {
            Some((head, rest)) => (head, Some(Self::parse(rest)?)),
            None => (text, None),
        };
        let unknown = || {
            let fields = Field::NAMED.iter().map(|(name, _)| *name);
            let is_name = |word: &&str| !word.starts_with(|c: char| c.is_ascii_digit());
            let name = head.split('_').take_while(is_name).collect::<Vec<_>>().join("_");
            Error::UnknownSource {
                got: text.to_owned(),
                nearest: nearest(&name, fields.chain(SPECS.iter().map(|s| s.name))),
            }
        };
        // The longest name that fits: `ad_...` is no `adosc_...`, and `rvol_bars_...` no `rvol_...`.
        let spec = SPECS
            .iter()
            .chain(custom::listed().iter().map(|listed| listed.spec))
            .filter(|s| {
                head.strip_prefix(s.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            })
            .max_by_key(|s| s.name.len())
            .ok_or_else(unknown)?;
        let mut words = head[spec.name.len()..].split('_').skip(1);
        let mut given = Vec::with_capacity(spec.params.len());
        for param in spec.params {
            let word = words.next().ok_or_else(unknown)?;
            given.push((param.name, word.replace('p', ".").parse().map_err(|_| unknown())?));
        }
        let mut definition = Definition::new(spec.name, given)?;
        if let Some(source) = source {
            definition = definition.of(source)?;
        }
        let output = words.collect::<Vec<_>>().join("_");
        let index = match spec.outputs.iter().position(|&o| o == output) {
            None if output.is_empty() => 0,
            None => {
                let outputs = spec.outputs.join(", ");
                return Err(Error::NoOutput { key: definition.text(), got: output, outputs });
            }
            Some(index) => index,
        };
        Ok(Self::Output(Box::new(definition), index))
    }

    /// As [`Self::parse`] reads it.
    pub fn text(&self) -> String {
        match self {
            Self::Field(field) => {
                let named = Field::NAMED.iter().find(|(_, named)| named == field);
                named.map_or("close", |(name, _)| name).to_owned()
            }
            Self::Output(definition, 0) => definition.text(),
            Self::Output(definition, output) => {
                let (text, name) = (definition.text(), definition.spec().outputs[*output]);
                match text.split_once(OF) {
                    Some((head, rest)) => format!("{head}_{name}{OF}{rest}"),
                    None => format!("{text}_{name}"),
                }
            }
        }
    }
}
