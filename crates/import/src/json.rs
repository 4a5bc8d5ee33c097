//! JSON with places: each value knows where it stands. The parser beneath bounds the nesting.

use crate::asset::At;
use crate::lines::Lines;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A text and where its lines start.
pub(crate) struct Json<'t> {
    text: &'t str,
    lines: Lines,
}

/// A value of the text.
#[derive(Clone, Copy)]
pub(crate) struct Value<'t> {
    json: &'t Json<'t>,
    raw: &'t str,
}

impl<'t> Json<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            lines: Lines::of(text),
        }
    }

    /// The whole text as a value; the reason and its place, if it is none.
    pub(crate) fn root(&'t self) -> Result<Value<'t>, serde_json::Error> {
        let raw: &RawValue = serde_json::from_str(self.text)?;
        Ok(Value {
            json: self,
            raw: raw.get(),
        })
    }
}

impl<'t> Value<'t> {
    /// A member of an object. `null` is as good as none.
    pub(crate) fn get(self, key: &str) -> Option<Value<'t>> {
        self.members().remove(key).filter(|value| value.raw != "null")
    }

    /// What lies behind a path of members.
    pub(crate) fn path(self, keys: &[&str]) -> Option<Value<'t>> {
        keys.iter().try_fold(self, |here, key| here.get(key))
    }

    /// All members, if it is an object; of two with one name the last.
    pub(crate) fn members(self) -> BTreeMap<String, Value<'t>> {
        let members: BTreeMap<String, &'t RawValue> = if self.raw.starts_with('{') {
            serde_json::from_str(self.raw).unwrap_or_default()
        } else {
            BTreeMap::new()
        };
        let json = self.json;
        let value = |raw: &'t RawValue| Value { json, raw: raw.get() };
        members.into_iter().map(|(key, raw)| (key, value(raw))).collect()
    }

    /// All elements, if it is a list.
    pub(crate) fn elements(self) -> Option<Vec<Value<'t>>> {
        if !self.raw.starts_with('[') {
            return None;
        }
        let elements: Vec<&'t RawValue> = serde_json::from_str(self.raw).ok()?;
        let json = self.json;
        Some(
            elements
                .into_iter()
                .map(|raw| Value { json, raw: raw.get() })
                .collect(),
        )
    }

    /// A text, or a number as text.
    pub(crate) fn text(self) -> Option<String> {
        match self.raw.bytes().next()? {
            b'"' => serde_json::from_str(self.raw).ok(),
            b'-' | b'0'..=b'9' => Some(self.raw.to_owned()),
            _ => None,
        }
    }

    /// Where it stands.
    pub(crate) fn at(self) -> At {
        // The raw value is a piece of the text, so the distance of the two is its offset.
        let offset = self
            .raw
            .as_ptr()
            .addr()
            .saturating_sub(self.json.text.as_ptr().addr());
        self.json.lines.at(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_knows_its_place() {
        let json = Json::new("{\n  \"a\": [1,\n   {\"b\": \"x\\n\", \"c\": null}]\n}");
        let root = json.root().unwrap();
        let elements = root.get("a").unwrap().elements().unwrap();
        assert_eq!(elements[0].at().to_string(), "line 2, column 9");
        assert_eq!(
            elements[1].get("b").unwrap().at().to_string(),
            "line 3, column 10"
        );
        assert_eq!(elements[1].get("b").unwrap().text().unwrap(), "x\n");
        assert!(elements[1].get("c").is_none());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = "[".repeat(1_000_000);
        assert!(Json::new(&deep).root().is_err());
    }
}
