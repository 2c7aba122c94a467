//! Everything that is wrong with a body, so that one answer tells it all.

use std::fmt::Display;

use edge::problem::{FieldError, Problem, kinds};

/// Faults at most: more would swell the answer without helping.
const FAULTS_MAX: usize = 20;

/// Everything that is wrong with a body.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    /// Takes what was parsed, or notes why not; `pointer` is a JSON pointer into the body, such as `#/title`.
    pub(super) fn check<T, E: Display>(&mut self, pointer: &str, parsed: Result<T, E>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.note(pointer, &refusal);
                None
            }
        }
    }

    /// Notes a fault.
    pub(super) fn note(&mut self, pointer: &str, detail: &(impl Display + ?Sized)) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldError::at(pointer, detail.to_string()));
        }
    }

    /// The value, if it is there and nothing is wrong.
    pub(super) fn or_problem<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::new(&kinds::INVALID_BODY).errors(self.0)),
        }
    }
}
