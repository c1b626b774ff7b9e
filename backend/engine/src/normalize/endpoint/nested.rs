//! Reads one text inside nested objects and skips everything around it.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// A JSON string, borrowed where it has no escapes; `None` for any other value.
#[derive(Default)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

/// An object and what was found under the wanted key, the last one of equal keys.
pub(super) struct Nested<T> {
    pub object: bool,
    pub found: Option<T>,
}

/// Look under this key with the inner seed.
#[derive(Clone, Copy)]
pub(super) struct In<S>(pub &'static str, pub S);

/// The wanted text itself.
#[derive(Clone, Copy)]
pub(super) struct Leaf;

impl<'de> DeserializeSeed<'de> for Leaf {
    type Value = Text<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text<'de>, D::Error> {
        Text::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for In<S> {
    type Value = Nested<S::Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(NestedVisitor(self, PhantomData))
    }
}

/// The values which are not what was looked for: read, so that the parser can go on.
macro_rules! skip_scalars {
    ($lifetime:lifetime, $none:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($none)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($none)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($none)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($none)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($none)
        }
        fn visit_seq<A: SeqAccess<$lifetime>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok($none)
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }
    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
    skip_scalars!('de, Text(None));
}

struct NestedVisitor<'de, S>(In<S>, PhantomData<&'de ()>);

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for NestedVisitor<'de, S> {
    type Value = Nested<S::Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Nested {
            object: false,
            found: None,
        })
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let In(wanted, seed) = self.0;
        let mut found = None;
        while let Some(Text(key)) = map.next_key::<Text>()? {
            if key.as_deref() == Some(wanted) {
                found = Some(map.next_value_seed(seed)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Nested { object: true, found })
    }
    skip_scalars!('de, Nested { object: false, found: None });
}
