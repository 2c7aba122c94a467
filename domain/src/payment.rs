//! Words of paying that Bookings and gateways have in common: what pays, who takes the money, what they call it, and why
//! they say no.

use derive_more::Display;
use serde::{Deserialize, Serialize};

use crate::text::{Name, TextRefusal};

/// What a buyer pays with: a token that the gateway gave the buyer's browser, such as `pm_1Pq…`. Never a card number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct MethodToken(Box<str>);

/// Why a text is no token of a payment method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodTokenRefusal {
    /// Empty, too long, or with other characters than a token has.
    #[error(
        "a token has 1 to {} letters, digits, underscores and hyphens",
        MethodToken::CHARS_MAX
    )]
    Malformed,
    /// It holds what looks like a card number, which must never come here.
    #[error("this looks like a card number; send the token that the payment gateway gave for it")]
    CardNumber,
}

/// Digits of a card number (ISO/IEC 7812-1): 12 is the shortest in use, 19 the longest allowed.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

impl MethodToken {
    /// Characters at most.
    pub const CHARS_MAX: usize = 255;

    /// Parses a token: visible, plain, and without a card number in it (PCI DSS 4.0.1, requirement 3).
    pub fn parse(text: &str) -> Result<Self, MethodTokenRefusal> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        if text.is_empty() || text.len() > Self::CHARS_MAX {
            return Err(MethodTokenRefusal::Malformed);
        }
        if holds_card_number(text) {
            return Err(MethodTokenRefusal::CardNumber);
        }
        if text.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(MethodTokenRefusal::Malformed)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether all digits of a run, its spaces and hyphens left out, are a number that passes the check of card numbers.
fn holds_card_number(text: &str) -> bool {
    text.split(|letter: char| !(letter.is_ascii_digit() || matches!(letter, ' ' | '-')))
        .map(|run| {
            run.bytes()
                .filter(u8::is_ascii_digit)
                .map(|digit| u32::from(digit - b'0'))
                .collect()
        })
        .any(|digits: Vec<u32>| CARD_DIGITS.contains(&digits.len()) && passes_luhn(&digits))
}

/// The check digit of ISO/IEC 7812-1, annex B: every second digit from the right counts twice.
fn passes_luhn(digits: &[u32]) -> bool {
    let weighted = |(place, digit): (usize, &u32)| match (place % 2, *digit) {
        (0, digit) => digit,
        (_, digit) if digit > 4 => 2 * digit - 9,
        (_, digit) => 2 * digit,
    };
    digits
        .iter()
        .rev()
        .enumerate()
        .map(weighted)
        .sum::<u32>()
        .is_multiple_of(10)
}

impl TryFrom<String> for MethodToken {
    type Error = MethodTokenRefusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Display, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Name);

        impl $name {
            /// Parses `text`, with white space around it dropped. Gateways make such texts, so they are taken as they are.
            pub fn parse(text: &str) -> Result<Self, TextRefusal> {
                Name::read(text).map(Self)
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }
    };
}

named!(
    /// Who takes and returns money, such as `stripe`.
    GatewayName
);
named!(
    /// What a gateway calls a charge or a refund of its own, such as `pi_3Pq…`.
    GatewayReference
);
named!(
    /// Why a gateway declines, in its own word, such as `card_declined`.
    DeclineReason
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_gateways_are_taken() {
        for text in ["pm_1PqRs2eZvKYlo2C", "sandbox_approve", "tok-7", "x"] {
            assert_eq!(MethodToken::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_no_gateway_gives_is_refused() {
        for text in ["", "pm 1", "pm_ü", "{}", "a\nb", &"x".repeat(256)] {
            assert_eq!(
                MethodToken::parse(text),
                Err(MethodTokenRefusal::Malformed),
                "{text:?}"
            );
        }
    }

    #[test]
    fn security_40_a_card_number_is_no_token_however_it_is_written() {
        // Numbers that card networks publish for tests.
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "5555-5555-5555-4444",
            "tok_378282246310005_x",
        ] {
            assert_eq!(
                MethodToken::parse(text),
                Err(MethodTokenRefusal::CardNumber),
                "{text:?}"
            );
        }
        assert!(MethodToken::parse("4242424242424241").is_ok());
    }
}
