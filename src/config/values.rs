//! Hands the values of a tree to the types that want them, and says where one is not what was wanted.
//!
//! Every type that is read from a file is compiled for this one reader and no other. It knows the way it
//! went, so that what is wrong has a place without anybody searching for it.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::walk::Step;

/// What is wrong, and the way to it.
#[derive(Debug)]
pub(super) struct Wrong {
    pub what: What,
    /// Whether it is the key at the end of the way that is wrong, and not its value.
    pub is_key: bool,
    /// The last step first.
    steps: Vec<Step>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum What {
    UnknownKey { name: String, known: &'static [&'static str] },
    MissingKey(&'static str),
    UnknownWord { word: String, known: &'static [&'static str] },
    Kind { expected: String, found: Found },
    Words(String),
}

/// What stands where something else was expected.
#[derive(Debug)]
pub(super) enum Found {
    Text(String),
    Whole(String),
    Fraction(f64),
    Boolean(bool),
    Moment(String),
    List,
    Table,
    Other(String),
}

impl Wrong {
    fn new(what: What) -> Self {
        Self { what, is_key: false, steps: Vec::new() }
    }

    fn behind(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn of_key(self) -> Self {
        Self { is_key: true, ..self }
    }

    /// The way to it, the first step first.
    pub(super) fn way(&mut self) -> Vec<Step> {
        let mut steps = std::mem::take(&mut self.steps);
        steps.reverse();
        steps
    }
}

impl Found {
    fn of(unexpected: &Unexpected<'_>) -> Self {
        match unexpected {
            Unexpected::Str(text) => Self::Text((*text).to_owned()),
            Unexpected::Char(char) => Self::Text(char.to_string()),
            Unexpected::Signed(number) => Self::Whole(number.to_string()),
            Unexpected::Unsigned(number) => Self::Whole(number.to_string()),
            Unexpected::Float(number) => Self::Fraction(*number),
            Unexpected::Bool(bool) => Self::Boolean(*bool),
            Unexpected::Seq => Self::List,
            Unexpected::Map => Self::Table,
            Unexpected::Bytes(_)
            | Unexpected::Unit
            | Unexpected::Option
            | Unexpected::NewtypeStruct
            | Unexpected::Enum
            | Unexpected::UnitVariant
            | Unexpected::NewtypeVariant
            | Unexpected::TupleVariant
            | Unexpected::StructVariant
            | Unexpected::Other(_) => Self::Other(unexpected.to_string()),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what) // for nobody but a debugger: `wording` has the words
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self::new(What::Words(words.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(What::Kind { expected: expected.to_string(), found: Found::of(&found) })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey { name: name.to_owned(), known })
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownWord { word: word.to_owned(), known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(What::MissingKey(key))
    }
}

/// Keys that one table is taken to have, so that it is seen what else it lacks.
#[derive(Debug, Default)]
pub(super) struct Pretended {
    /// Where the table stands.
    pub table: Range<usize>,
    pub keys: Vec<&'static str>,
}

/// A value on its way to a type.
#[derive(Clone, Copy)]
pub(super) struct Value<'a, 'f> {
    node: Node<'a, 'f>,
    span: (usize, usize),
    pretended: &'a Pretended,
}

/// What a value is.
#[derive(Clone, Copy)]
enum Node<'a, 'f> {
    Table(&'a DeTable<'f>),
    List(&'a DeArray<'f>),
    Plain(&'a DeValue<'f>),
}

/// The values of a table as that type.
pub(super) fn read<'a, 'f, 'de, T: Deserialize<'de>>(
    table: &'a Spanned<DeTable<'f>>,
    pretended: &'a Pretended,
) -> Result<T, Wrong> {
    let span = (table.span().start, table.span().end);
    T::deserialize(Value { node: Node::Table(table.get_ref()), span, pretended })
}

impl<'a, 'f> Value<'a, 'f> {
    fn below(self, value: &'a Spanned<DeValue<'f>>) -> Self {
        let node = match value.get_ref() {
            DeValue::Table(table) => Node::Table(table),
            DeValue::Array(list) => Node::List(list),
            plain @ (DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)) => Node::Plain(plain),
        };
        Self { node, span: (value.span().start, value.span().end), pretended: self.pretended }
    }

    fn entries(self, table: &'a DeTable<'f>) -> Entries<'a, 'f> {
        let more =
            if self.pretended.table == (self.span.0..self.span.1) { &self.pretended.keys[..] } else { &[] };
        Entries { of: self, left: table.iter(), value: None, more: more.iter() }
    }

    fn found(self) -> Found {
        match self.node {
            Node::Table(_) => Found::Table,
            Node::List(_) => Found::List,
            Node::Plain(DeValue::Datetime(moment)) => Found::Moment(moment.to_string()),
            Node::Plain(DeValue::Boolean(bool)) => Found::Boolean(*bool),
            Node::Plain(DeValue::Float(number)) => {
                Found::Fraction(number.as_str().parse().unwrap_or(f64::NAN))
            }
            Node::Plain(DeValue::Integer(number)) => Found::Whole(number.as_str().to_owned()),
            Node::Plain(DeValue::String(text)) => Found::Text(text.to_string()),
            Node::Plain(DeValue::Array(_) | DeValue::Table(_)) => Found::Table, // each has its own node
        }
    }
}

impl<'de> Deserializer<'de> for Value<'_, '_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.node {
            Node::Table(table) => visitor.visit_map(self.entries(table)),
            Node::List(list) => visitor.visit_seq(Items { of: self, left: list.iter().enumerate() }),
            Node::Plain(DeValue::String(text)) => visitor.visit_str(text),
            Node::Plain(DeValue::Boolean(bool)) => visitor.visit_bool(*bool),
            Node::Plain(DeValue::Integer(number)) => {
                let (digits, radix) = (number.as_str(), number.radix());
                match (i64::from_str_radix(digits, radix), u64::from_str_radix(digits, radix)) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (Err(_), Ok(number)) => visitor.visit_u64(number),
                    (Err(_), Err(_)) => Err(Wrong::custom("this number is too large; write a smaller one")),
                }
            }
            Node::Plain(DeValue::Float(number)) => match number.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(Wrong::custom("this is no number")),
            },
            Node::Plain(DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_)) => {
                let expected = (&visitor as &dyn Expected).to_string();
                Err(Wrong::new(What::Kind { expected, found: self.found() }))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match fields {
            // How `toml::Spanned` asks where a value stands.
            [start, end, value] if name.starts_with("$__serde_spanned") => {
                let left = [(*start, self.span.0), (*end, self.span.1)];
                visitor.visit_map(Placed { of: self, left, at: 0, value })
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.node {
            Node::Plain(DeValue::String(word)) => visitor.visit_enum(Word(word)),
            Node::Plain(_) | Node::List(_) | Node::Table(_) => {
                let expected = format!("one of \"{}\"", variants.join("\", \""));
                Err(Wrong::new(What::Kind { expected, found: self.found() }))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier
    }
}

/// The entries of a table, and then those it is taken to have.
struct Entries<'a, 'f> {
    of: Value<'a, 'f>,
    left: toml::map::Iter<'a, Spanned<toml::de::DeString<'f>>, Spanned<DeValue<'f>>>,
    value: Option<(&'a str, &'a Spanned<DeValue<'f>>)>,
    more: std::slice::Iter<'a, &'static str>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((key, value)) = self.left.next() else {
            return self.more.next().map(|key| seed.deserialize(Word(key))).transpose();
        };
        self.value = Some((key.get_ref(), value));
        let read = seed.deserialize(Word(key.get_ref()));
        read.map(Some).map_err(|wrong| wrong.behind(Step::Key(key.get_ref().to_string())).of_key())
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((key, value)) = self.value.take() else { return seed.deserialize(Anything) };
        let read = seed.deserialize(self.of.below(value));
        read.map_err(|wrong| wrong.behind(Step::Key(key.to_owned())))
    }
}

/// The items of a list.
struct Items<'a, 'f> {
    of: Value<'a, 'f>,
    left: std::iter::Enumerate<std::slice::Iter<'a, Spanned<DeValue<'f>>>>,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some((index, item)) = self.left.next() else { return Ok(None) };
        let read = seed.deserialize(self.of.below(item));
        read.map(Some).map_err(|wrong| wrong.behind(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

/// A value with its place, as `toml::Spanned` has it.
struct Placed<'a, 'f> {
    of: Value<'a, 'f>,
    left: [(&'static str, usize); 2],
    at: usize,
    value: &'static str,
}

impl<'de> MapAccess<'de> for Placed<'_, '_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let key = match self.at {
            0 | 1 => self.left[self.at].0,
            2 => self.value,
            _ => return Ok(None),
        };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        self.at += 1;
        match self.left.get(self.at - 1) {
            Some((_, offset)) => seed.deserialize(offset.into_deserializer()),
            None => seed.deserialize(self.of),
        }
    }
}

/// A key, or the name of a variant.
struct Word<'a>(&'a str);

impl<'de> Deserializer<'de> for Word<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = Wrong;
    type Variant = Alone;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Alone), Wrong> {
        seed.deserialize(self).map(|word| (word, Alone))
    }
}

/// A variant is a word alone: files have no others, for a table would lose the places in it.
struct Alone;

impl Alone {
    const MORE: &'static str = "nothing in a file is a variant with values";
}

impl<'de> VariantAccess<'de> for Alone {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Wrong> {
        Err(Wrong::custom(Self::MORE))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::custom(Self::MORE))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::custom(Self::MORE))
    }
}

/// Stands in for a value that is not there, so that its table can be looked at further. It is what it is
/// asked to be, as far as one can be without knowing more.
struct Anything;

impl Anything {
    /// A text, a name, an id and a length of time.
    const TEXT: &'static str = "1s";
}

macro_rules! stand_in {
    ($($method:ident => $visit:ident($($value:expr)?);)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.$visit($($value)?)
        })+
    };
}

impl<'de> Deserializer<'de> for Anything {
    type Error = Wrong;

    stand_in! {
        deserialize_any => visit_str(Self::TEXT);
        deserialize_bool => visit_bool(true);
        deserialize_i8 => visit_i8(1);
        deserialize_i16 => visit_i16(1);
        deserialize_i32 => visit_i32(1);
        deserialize_i64 => visit_i64(1);
        deserialize_u8 => visit_u8(1);
        deserialize_u16 => visit_u16(1);
        deserialize_u32 => visit_u32(1);
        deserialize_u64 => visit_u64(1);
        deserialize_f32 => visit_f32(1.0);
        deserialize_f64 => visit_f64(1.0);
        deserialize_option => visit_none();
        deserialize_seq => visit_seq(Nothing);
        deserialize_map => visit_map(Nothing);
        deserialize_ignored_any => visit_unit();
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_map(Fields(fields.iter()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(Word(variants.first().copied().unwrap_or_default()))
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// Every field of a table that is not there.
struct Fields(std::slice::Iter<'static, &'static str>);

impl<'de> MapAccess<'de> for Fields {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.0.next().map(|key| seed.deserialize(Word(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        seed.deserialize(Anything)
    }
}

struct Nothing;

impl<'de> SeqAccess<'de> for Nothing {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, _: T) -> Result<Option<T::Value>, Wrong> {
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Nothing {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, Wrong> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::custom("there is nothing"))
    }
}
