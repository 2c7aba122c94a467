//! Numbers and texts, wherever they stand.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::Visitor;

use super::fault::Fault;

/// A type of whole numbers.
pub(super) trait Whole: FromStr + Display {
    const LEAST: Self;
    const GREATEST: Self;
}

macro_rules! whole {
    ($($type:ty)*) => { $(impl Whole for $type {
        const LEAST: Self = <$type>::MIN;
        const GREATEST: Self = <$type>::MAX;
    })* };
}
whole!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);

/// The whole number that `text` writes.
pub(super) fn whole<T: Whole>(text: &str) -> Result<T, Fault> {
    let (least, greatest) = (T::LEAST, T::GREATEST);
    text.parse()
        .map_err(|_| Fault::new(format_args!("is not a whole number from {least} to {greatest}")))
}

/// The number that `text` writes.
pub(super) fn number(text: &str) -> Result<f64, Fault> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| Fault::new("is not a number"))
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Result<bool, Fault> {
    text.parse().map_err(|_| Fault::new("is not true or false"))
}

/// How the uuid crate begins what it says of a text.
const NO_UUID: &str = "UUID parsing failed";

/// Hands `text` to who expects one. What the uuid crate says of it is said in our words instead.
pub(super) fn visit<'de, V: Visitor<'de>>(visitor: V, text: &Cow<'de, str>) -> Result<V::Value, Fault> {
    let read = match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_str(text),
    };
    read.map_err(|fault: Fault| {
        if fault.begins_with(NO_UUID) {
            return Fault::new("is not a UUID, such as 0190163d-8694-739b-aea5-966c26f8ad91");
        }
        fault
    })
}

/// Methods of a deserializer for whole numbers, from what it has `as_written`.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit($crate::request::strict::scalar::whole(self.as_written())?)
        }
    )* };
}
pub(super) use whole_numbers;
