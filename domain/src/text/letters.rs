//! Characters that are not seen, or that turn others around, and texts that look the same because of them.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Whether `letter` changes the direction of what follows (embeddings, overrides and isolates of UAX #9): behind it a text
/// reads as another one. Plain marks of direction are not among them.
pub(super) const fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `letter` is not seen and has no business in a name: spaces without width, breaks of lines, marks of order and
/// of annotation. Joiners, variation selectors and tags do: scripts and emoji need them between letters.
pub(super) const fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{180e}'
            | '\u{200b}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{2060}'..='\u{2064}'
            | '\u{206a}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0001}'
    )
}

/// Whether `letter` alone shows nothing: white space, and what Unicode calls default ignorable.
pub fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// What of `text` is seen: the same for texts that look the same because they differ only in what is not seen, or in how
/// their letters are composed.
pub(crate) fn look(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let seen = text
        .chars()
        .filter(|letter| *letter == ' ' || !is_invisible(*letter));
    Cow::Owned(seen.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_look_the_same_whatever_is_not_seen_in_them() {
        for (one, other) in [
            ("g1", "g1\u{200b}"),
            ("\u{e9}", "e\u{301}"),
            ("Stalls", "Sta\u{ad}lls"),
            ("a b", "a\u{200d} b"),
        ] {
            assert_eq!(look(one), look(other), "{other:?}");
        }
        assert_ne!(look("a b"), look("ab"));
        assert_ne!(look("Stalls"), look("stalls"));
    }
}
