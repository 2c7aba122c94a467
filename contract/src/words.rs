//! Enums whose variants are words of the API, and stand in read tables as the same words.

/// Declares an enum with one word for each variant: as JSON, in tables, and in the OpenAPI document.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every variant, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::words::UnknownWord;

            fn try_from(word: String) -> Result<Self, Self::Error> {
                let known = Self::ALL.iter().find(|known| known.as_str() == word);
                known.copied().ok_or($crate::words::UnknownWord(word))
            }
        }
    };
}
pub(crate) use words;

/// A word that is none of those expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord(pub String);

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown word `{}`", self.0)
    }
}

impl std::error::Error for UnknownWord {}

#[cfg(test)]
mod tests {
    use super::UnknownWord;
    use crate::BookingStatus;

    #[test]
    fn a_word_is_the_same_as_json_and_as_text() {
        for status in BookingStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(BookingStatus::try_from(status.to_string()), Ok(*status));
        }
        let unknown = UnknownWord("sold".to_owned());
        assert_eq!(BookingStatus::try_from("sold".to_owned()), Err(unknown));
    }
}
