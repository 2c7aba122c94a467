//! Well-formed JSON, read where it lies: one level at a time.

mod inside;

use serde::de::value::CowStrDeserializer;
use serde::de::{Deserializer, Visitor};

use self::inside::{Items, Members, Tagged};
use super::fault::{Fault, listed};
use super::scalar::{self, whole_numbers};
use super::value::{Json, Shape};

/// How deep arrays and objects may lie in each other: deeper than in any body of ours, and shallow enough for any stack.
const DEPTH_MAX: u8 = 64;

/// `RawValue` asks `serde_json` for itself, by a newtype whose name begins so.
const OF_SERDE_JSON: &str = "$serde_json::private::";

impl<'de> Json<'de> {
    fn as_written(self) -> &'de str {
        self.raw.get()
    }

    fn items(self) -> Result<Items<'de>, Fault> {
        self.is(Shape::Array, "is not an array")?;
        self.is_not_too_deep()?;
        Items::of(self)
    }

    fn members(self) -> Result<Members<'de>, Fault> {
        self.is(Shape::Object, "is not an object")?;
        self.is_not_too_deep()?;
        Members::of(self)
    }

    fn is_not_too_deep(self) -> Result<(), Fault> {
        if self.depth < DEPTH_MAX {
            return Ok(());
        }
        Err(Fault::new("lies too deep in arrays and objects"))
    }

    fn visit_items<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let mut items = self.items()?;
        let value = visitor.visit_seq(&mut items)?;
        items.are_all_read().map(|()| value)
    }
}

macro_rules! same_as {
    ($($method:ident is $other:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.$other(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = Fault;

    whole_numbers! {
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_u128 visit_u128
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_i128 visit_i128
    }

    same_as! {
        deserialize_f32 is deserialize_f64
        deserialize_char is deserialize_str
        deserialize_string is deserialize_str
        deserialize_identifier is deserialize_str
        deserialize_bytes is deserialize_seq
        deserialize_byte_buf is deserialize_seq
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.shape() {
            Shape::Object => self.deserialize_map(visitor),
            Shape::Array => self.deserialize_seq(visitor),
            Shape::Text => self.deserialize_str(visitor),
            Shape::Truth => self.deserialize_bool(visitor),
            Shape::Null => visitor.visit_unit(),
            Shape::Number => match (scalar::whole(self.raw.get()), scalar::whole(self.raw.get())) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                (Err(_), Err(_)) => self.deserialize_f64(visitor),
            },
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(scalar::number(self.raw.get())?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(scalar::truth(self.raw.get())?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        scalar::visit(visitor, &self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.shape() == Shape::Null {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.is(Shape::Null, "is not null")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name.starts_with(OF_SERDE_JSON) {
            let mut json = serde_json::Deserializer::from_str(self.raw.get());
            let read = json.deserialize_newtype_struct(name, visitor);
            return read.map_err(|_| Fault::new("cannot be read"));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit_items(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.visit_items(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.visit_items(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self.members()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.shape() {
            Shape::Text => visitor.visit_enum(CowStrDeserializer::new(self.text()?)),
            Shape::Object => visitor.visit_enum(Tagged::of(self.members()?, variants)?),
            Shape::Array | Shape::Truth | Shape::Null | Shape::Number => {
                Err(Fault::new(format_args!("is not one of {}", listed(variants))))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}
