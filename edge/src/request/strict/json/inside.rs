//! What lies inside of arrays and objects.

use std::borrow::Cow;
use std::iter::Enumerate;
use std::vec;

use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::value::RawValue;

use crate::request::strict::fault::{Fault, NAMED_TWICE, listed};
use crate::request::strict::value::{Json, Text};

/// The items of an array.
pub(super) struct Items<'de> {
    array: Json<'de>,
    rest: Enumerate<vec::IntoIter<&'de RawValue>>,
}

impl<'de> Items<'de> {
    pub(super) fn of(array: Json<'de>) -> Result<Self, Fault> {
        let items = serde_json::from_str::<Vec<&'de RawValue>>(array.raw.get());
        let items = items.map_err(|_| Fault::new("is not an array"))?;
        let rest = items.into_iter().enumerate();
        Ok(Self { array, rest })
    }

    /// Refuses what no place was for.
    pub(super) fn are_all_read(mut self) -> Result<(), Fault> {
        match self.rest.next() {
            None => Ok(()),
            Some((index, _)) => Err(Fault::new("is one too many").inside(index)),
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, raw)) = self.rest.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(self.array.inner(raw));
        read.map(Some).map_err(|fault| fault.inside(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

type Member<'de> = (Cow<'de, str>, Json<'de>);

/// The members of an object, of which no two have one name.
pub(super) struct Members<'de> {
    rest: vec::IntoIter<Member<'de>>,
    value: Option<Member<'de>>,
}

impl<'de> Members<'de> {
    pub(super) fn of(object: Json<'de>) -> Result<Self, Fault> {
        let mut json = serde_json::Deserializer::from_str(object.raw.get());
        let members = json.deserialize_map(Collector(object));
        let members = members.map_err(|_| Fault::new("has a member whose name is not a text of Unicode"))?;
        differ(&members)?;
        Ok(Self {
            rest: members.into_iter(),
            value: None,
        })
    }
}

fn differ(members: &[Member<'_>]) -> Result<(), Fault> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    let next = names.iter().skip(1);
    match names.iter().zip(next).find(|(one, other)| one == other) {
        None => Ok(()),
        Some((name, _)) => Err(Fault::new(NAMED_TWICE).inside(name)),
    }
}

/// Collects the members of an object.
struct Collector<'de>(Json<'de>);

impl<'de> Visitor<'de> for Collector<'de> {
    type Value = Vec<Member<'de>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, raw)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            members.push((name.0, self.0.inner(raw)));
        }
        Ok(members)
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.rest.next();
        let name = self.value.as_ref().map(|(name, _)| name.clone());
        name.map(|name| seed.deserialize(CowStrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let (name, value) = self.value.take().ok_or_else(|| Fault::new("cannot be read"))?;
        seed.deserialize(value).map_err(|fault| fault.inside(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// One of several things, named by the one member of an object.
pub(super) struct Tagged<'de>(Member<'de>);

impl<'de> Tagged<'de> {
    pub(super) fn of(members: Members<'de>, variants: &[&str]) -> Result<Self, Fault> {
        let mut members = members.rest;
        match (members.next(), members.next()) {
            (Some(one), None) => Ok(Self(one)),
            (None, _) => Err(Fault::new(format_args!("names none of {}", listed(variants)))),
            (Some(_), Some(_)) => Err(Fault::new(format_args!(
                "names more than one of {}",
                listed(variants)
            ))),
        }
    }

    fn inside<T>(name: Cow<'de, str>, read: Result<T, Fault>) -> Result<T, Fault> {
        read.map_err(|fault| fault.inside(name))
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        let name = self.0.0.clone();
        let read = seed.deserialize(CowStrDeserializer::new(name.clone()));
        Self::inside(name, read).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Err(Fault::new("is a word alone, not an object"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let (name, value) = self.0;
        Self::inside(name, seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let (name, value) = self.0;
        Self::inside(name, value.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (name, value) = self.0;
        Self::inside(name, value.deserialize_map(visitor))
    }
}
