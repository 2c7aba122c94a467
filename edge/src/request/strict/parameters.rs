//! The parameters of a query string: all of them are texts.

use std::borrow::Cow;
use std::collections::HashSet;
use std::slice;

use actix_web::web::Query;
use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::{Fault, NAMED_TWICE};
use super::scalar::{self, whole_numbers};

/// Reads `query` as a `T`.
pub(super) fn read<T: DeserializeOwned>(query: &str) -> Result<T, Fault> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map_err(|_| Fault::new("cannot be read"))?.into_inner();
    let mut names = HashSet::new();
    for (name, value) in &pairs {
        if !names.insert(name) {
            return Err(Fault::new(NAMED_TWICE).inside(name));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err(Fault::new("contains a null character").inside(name));
        }
    }
    T::deserialize(MapAccessDeserializer::new(Pairs {
        rest: pairs.iter(),
        value: None,
    }))
}

/// The parameters, one after the other.
struct Pairs<'de> {
    rest: slice::Iter<'de, (String, String)>,
    value: Option<&'de (String, String)>,
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.rest.next();
        let name = self.value.map(|(name, _)| Cow::Borrowed(name.as_str()));
        name.map(|name| seed.deserialize(CowStrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let (name, value) = self.value.take().ok_or_else(|| Fault::new("cannot be read"))?;
        seed.deserialize(Parameter(value))
            .map_err(|fault| fault.inside(name))
    }
}

/// The value of a parameter.
#[derive(Clone, Copy)]
struct Parameter<'de>(&'de str);

impl<'de> Parameter<'de> {
    fn as_written(self) -> &'de str {
        self.0
    }
}

impl<'de> Deserializer<'de> for Parameter<'de> {
    type Error = Fault;

    whole_numbers! {
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        scalar::visit(visitor, &Cow::Borrowed(self.0))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(scalar::truth(self.0)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(scalar::number(self.0)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(CowStrDeserializer::new(Cow::Borrowed(self.0)))
    }

    forward_to_deserialize_any! {
        f32 char str string bytes byte_buf i128 u128 unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}
