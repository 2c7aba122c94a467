//! Numbers and texts, wherever they stand.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};
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

/// Hands `text` to who expects one. What other crates say of their texts is said in our words instead.
pub(super) fn visit<'de, V: Visitor<'de>>(visitor: V, text: &Cow<'de, str>) -> Result<V::Value, Fault> {
    let expected = expected_by(&visitor);
    let read = match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_str(text),
    };
    read.map_err(|fault: Fault| match expected {
        Expected::Own => fault,
        Expected::Uuid => Fault::new("is not a UUID, such as 0190163d-8694-739b-aea5-966c26f8ad91"),
    })
}

/// What a text is expected to be.
#[derive(Clone, Copy)]
enum Expected {
    /// Something whose type says itself what is wrong with it.
    Own,
    Uuid,
}

/// The visitor of uuid is known by what it says to expect.
fn expected_by<'de, V: Visitor<'de>>(visitor: &V) -> Expected {
    let mut listener = Listener(Expected::Own);
    let told = write!(listener, "{}", Expectation(visitor, std::marker::PhantomData));
    told.map_or(Expected::Own, |()| listener.0)
}

struct Expectation<'a, 'de, V>(&'a V, std::marker::PhantomData<&'de ()>);

impl<'de, V: Visitor<'de>> Display for Expectation<'_, 'de, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

struct Listener(Expected);

impl Write for Listener {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.contains("UUID") {
            self.0 = Expected::Uuid;
        }
        Ok(())
    }
}
