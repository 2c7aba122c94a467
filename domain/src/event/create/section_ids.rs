//! Ids of sections: slugs of their names, no two alike within an Event.

use std::collections::HashSet;

use crate::text::SectionId;

/// Characters of a slug, so that a section's id has room for a number and a seat's for row and number.
const SLUG_CHARS_MAX: usize = 64;

/// Gives out section ids.
#[derive(Default)]
pub(super) struct SectionIds {
    given: HashSet<SectionId>,
}

impl SectionIds {
    /// A new id from `names`: `Stalls`, `Premium` becomes `stalls-premium`, and `stalls-premium-2` where that is taken.
    pub(super) fn next(&mut self, names: &[&str]) -> SectionId {
        let slug = slug(names);
        let mut candidate = slug.clone();
        let mut number = 1_u32;
        loop {
            if let Ok(id) = SectionId::parse(&candidate)
                && self.given.insert(id.clone())
            {
                return id;
            }
            number += 1;
            candidate = format!("{slug}-{number}");
        }
    }
}

/// Lower-case letters and digits of any script, with one hyphen for whatever lies between.
fn slug(names: &[&str]) -> String {
    let joined = names.join(" ").to_lowercase();
    let words = joined
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let slug: String = words
        .collect::<Vec<_>>()
        .join("-")
        .chars()
        .take(SLUG_CHARS_MAX)
        .collect();
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "section".to_owned()
    } else {
        slug.to_owned()
    }
}
