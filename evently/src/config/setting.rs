//! One setting: its row of the schema, read from text.

use std::fmt::Display;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Number, Value};

/// What every variable of ours begins with, before a `_`.
pub(super) const PREFIX: &str = "EVENTLY";

/// The variable of the setting `name`.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}_{}", name.to_ascii_uppercase())
}

pub(super) struct Setting {
    pub(super) name: String,
    schema: Value,
    required: bool,
}

impl Setting {
    /// Every setting of `T`.
    pub(super) fn all_of<T: JsonSchema>() -> Vec<Self> {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<T>();
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|each| each == name));
        let rows = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        rows.map(|(name, schema)| Self {
            name: name.clone(),
            schema: schema.clone(),
            required: is_required(name),
        })
        .collect()
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.schema.get(key)?.as_str()
    }

    fn range(&self) -> Option<(u64, u64)> {
        Some((
            self.schema.get("minimum")?.as_u64()?,
            self.schema.get("maximum")?.as_u64()?,
        ))
    }

    /// What a value is, or is counted in, such as `seconds, 1 to 30`.
    pub(super) fn unit(&self) -> String {
        let kind = self.word("type").unwrap_or_default();
        let word = if kind == "boolean" {
            "true or false"
        } else {
            "text"
        };
        let mut parts = vec![self.word("unit").unwrap_or(word).to_owned()];
        parts.extend(self.range().map(|(least, most)| format!("{least} to {most}")));
        parts.extend((kind == "array").then(|| "comma separated".to_owned()));
        parts.extend(self.required.then(|| "required".to_owned()));
        parts.join(", ")
    }

    /// The value that `text` stands for; `None` where it is empty and may be.
    pub(super) fn parse(&self, text: &str) -> Result<Option<Value>, String> {
        if text.is_empty() {
            return if self.required {
                Err(format!("{} is missing", variable(&self.name)))
            } else {
                Ok(None)
            };
        }
        let value = match self.word("type") {
            Some("integer") => text
                .parse()
                .ok()
                .filter(|number| self.holds(*number))
                .map(|n| Value::Number(Number::from(n))),
            Some("boolean") => text.parse().ok().map(Value::Bool),
            Some("array") => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .collect(),
            ),
            _ => Some(text.into()),
        };
        value.map(Some).ok_or_else(|| self.needs())
    }

    fn holds(&self, number: u64) -> bool {
        self.range()
            .is_none_or(|(least, most)| (least..=most).contains(&number))
    }

    fn needs(&self) -> String {
        format!("{} needs {}", variable(&self.name), self.unit())
    }

    /// Whether a path of the schema leads to it, or into it.
    pub(super) fn is_at(&self, path: &str) -> bool {
        path.strip_prefix(&self.name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    }

    /// What is wrong with its value. serde's own words show it ("found `x`, expected `y`"); ours do not.
    pub(super) fn wrong(&self, why: &impl Display) -> String {
        let why = why.to_string();
        if why.contains(", expected ") {
            self.needs()
        } else {
            format!("{}: {why}", variable(&self.name))
        }
    }

    /// Its row in docs/configuration.md.
    #[cfg(test)]
    pub(super) fn row(&self) -> String {
        let default = match self.schema.get("default") {
            None | Some(Value::Null) => String::new(),
            Some(Value::Array(items)) if items.is_empty() => String::new(),
            Some(Value::String(text)) if text.is_empty() => String::new(),
            Some(Value::String(text)) => format!("`{text}`"),
            Some(other) => format!("`{other}`"),
        };
        let meaning = self.word("description").unwrap_or_default().replace('\n', " ");
        format!(
            "| `{}` | {default} | {} | {meaning} |",
            variable(&self.name),
            self.unit()
        )
    }
}
