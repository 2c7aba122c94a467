//! Passwords as people choose them: long, any characters, nothing that is guessed first. They are never cut short.

pub mod blocklist;
pub mod hashing;

use std::fmt;

use domain::text::counted;
use unicode_normalization::UnicodeNormalization;

use blocklist::Guess;

/// Characters of a new password at least (NIST SP 800-63B-4, 3.1.1.2, for a password that stands alone).
pub const CHARS_MIN: usize = 15;
/// Characters of a new password at most: room for long sentences, still cheap to normalise.
pub const CHARS_MAX: usize = 128;

/// A password in Unicode NFKC (as NIST SP 800-63B-4 asks), so that one typed on another keyboard is the same octets.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Box<str>);

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Too few characters.
    #[error(
        "has {}, at least {CHARS_MIN} are needed; a short sentence is a good password",
        counted(*length, "character", "characters")
    )]
    TooShort {
        /// Characters found.
        length: usize,
    },
    /// Too many characters.
    #[error("has more than {CHARS_MAX} characters")]
    TooLong,
    /// Little more than what is guessed first.
    #[error("is little more than common words, repetitions or rows of keys, which are guessed first")]
    Common,
    /// Little more than what is known of its owner, or the name of this product.
    #[error(
        "is little more than your name, your e-mail address or this product's name, which are guessed first"
    )]
    AboutYou,
}

impl Password {
    /// A password that its owner chooses now. `known` is what others know of them: name and e-mail address.
    /// There are no composition rules: length and the blocklist decide.
    pub fn choose(text: &str, known: &[&str]) -> Result<Self, PasswordRefusal> {
        if text.chars().nth(4 * CHARS_MAX).is_some() {
            return Err(PasswordRefusal::TooLong); // before any work on it
        }
        let password = Self::typed(text);
        let length = password.0.chars().count();
        if length < CHARS_MIN {
            return Err(PasswordRefusal::TooShort { length });
        }
        if length > CHARS_MAX {
            return Err(PasswordRefusal::TooLong);
        }
        match blocklist::guess(&password.0, known) {
            None => Ok(password),
            Some(Guess::Common) => Err(PasswordRefusal::Common),
            Some(Guess::AboutYou) => Err(PasswordRefusal::AboutYou),
        }
    }

    /// A password that was typed to prove who one is: whatever it is, it is compared, whole.
    pub fn typed(text: &str) -> Self {
        Self(text.nfkc().collect::<String>().into())
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Password, PasswordRefusal> {
        Password::choose(text, &["Ann Leibowitz", "ann.leibowitz@abbey.example"])
    }

    #[test]
    fn security_1_fifteen_to_a_hundred_and_twenty_eight_characters() {
        assert_eq!(
            choose("kV9#mQ2$xL7!wR"),
            Err(PasswordRefusal::TooShort { length: 14 })
        );
        assert!(choose("kV9#mQ2$xL7!wR4").is_ok());
        let long: String = ('a'..='z').cycle().step_by(7).take(128).collect();
        assert!(choose(&long).is_ok());
        assert_eq!(choose(&format!("{long}x")), Err(PasswordRefusal::TooLong));
        assert_eq!(choose(&"x".repeat(1_000_000)), Err(PasswordRefusal::TooLong));
    }

    #[test]
    fn security_1_characters_are_counted_not_octets_and_none_is_required_or_forbidden() {
        assert_eq!(
            choose("žluťoučký kůň"),
            Err(PasswordRefusal::TooShort { length: 13 })
        );
        assert!(choose("žluťoučký kůň úpěl").is_ok());
        assert!(choose("雨が降る前に傘を買いに行きます").is_ok());
        assert!(choose("only lower case letters here").is_ok());
    }

    #[test]
    fn one_password_typed_on_two_keyboards_is_one_password() {
        let composed = Password::typed("caf\u{e9} de la gare du nord");
        let decomposed = Password::typed("cafe\u{301} de la gare du nord");
        let full_width = Password::typed("ｃａｆé de la gare du nord");
        assert_eq!(composed, decomposed);
        assert_eq!(composed, full_width);
    }

    #[test]
    fn security_1_white_space_and_case_count_and_nothing_is_cut() {
        assert_ne!(Password::typed(" a password"), Password::typed("a password"));
        assert_ne!(Password::typed("Pass"), Password::typed("pass"));
        assert_ne!(
            Password::typed(&format!("{}a", "x".repeat(200))),
            Password::typed(&format!("{}b", "x".repeat(200)))
        );
    }

    #[test]
    fn security_2_what_is_guessed_first_is_refused() {
        assert_eq!(choose("passwordpassword"), Err(PasswordRefusal::Common));
        assert_eq!(choose("ann-leibowitz-2024"), Err(PasswordRefusal::AboutYou));
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Password::typed("secret")), "Password(…)");
    }
}
