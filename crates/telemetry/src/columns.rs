//! Reading and filling Arrow columns: small pieces that the tables share.

use crate::intern::intern;
use cofferdam_terms::{MacAddr, Timestamp};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, Float64Builder, ListArray, ListBuilder, RecordBatch,
    StringArray, StringBuilder, TimestampNanosecondArray, TimestampNanosecondBuilder, UInt16Array,
    UInt16Builder, UInt32Array, UInt32Builder, UInt64Array, UInt64Builder,
};
use std::fmt::{Display, Write as _};
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// What is wrong with a row that was read back: the column, and the value if it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRow {
    #[error("column `{0}` is missing or of another type")]
    Column(&'static str),
    #[error("column `{0}` is empty where it may not be")]
    Null(&'static str),
    #[error("column `{column}` holds `{value}`, which is no value of it")]
    Value { column: &'static str, value: String },
    #[error("operations stand in the file that belong to no flow record")]
    Orphan,
}

pub(crate) fn bad(column: &'static str, value: impl Display) -> BadRow {
    BadRow::Value {
        column,
        value: value.to_string().chars().take(80).collect(),
    }
}

/// A text column that is filled by formatting, with no string made on the way.
#[derive(Default)]
pub(crate) struct Texts(StringBuilder);

impl Texts {
    pub(crate) fn push(&mut self, value: impl Display) {
        // Writing into memory can't fail: what it gives says nothing.
        let _written = write!(self.0, "{value}");
        self.0.append_value("");
    }

    pub(crate) fn push_maybe(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.push(value),
            None => self.0.append_null(),
        }
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of text lists.
pub(crate) struct TextLists(ListBuilder<StringBuilder>);

impl Default for TextLists {
    fn default() -> Self {
        Self(ListBuilder::new(StringBuilder::new()))
    }
}

impl TextLists {
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = impl Display>) {
        for value in values {
            let _written = write!(self.0.values(), "{value}");
            self.0.values().append_value("");
        }
        self.0.append(true);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of number lists.
pub(crate) struct NumberLists(ListBuilder<UInt16Builder>);

impl Default for NumberLists {
    fn default() -> Self {
        Self(ListBuilder::new(UInt16Builder::new()))
    }
}

impl NumberLists {
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = u16>) {
        for value in values {
            self.0.values().append_value(value);
        }
        self.0.append(true);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of times.
pub(crate) struct Times(TimestampNanosecondBuilder);

impl Default for Times {
    fn default() -> Self {
        Self(TimestampNanosecondBuilder::new().with_timezone("UTC"))
    }
}

impl Times {
    pub(crate) fn push(&mut self, time: Timestamp) {
        self.0.append_value(time.nanos());
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

macro_rules! plain_columns {
    ($($(#[$doc:meta])* $name:ident($builder:ty, $value:ty)),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Default)]
            pub(crate) struct $name($builder);

            impl $name {
                pub(crate) fn push(&mut self, value: $value) {
                    self.0.append_value(value);
                }

                pub(crate) fn finish(&mut self) -> ArrayRef {
                    Arc::new(self.0.finish())
                }
            }
        )*
    };
}

plain_columns! {
    Numbers16(UInt16Builder, u16),
    Numbers64(UInt64Builder, u64),
    Reals(Float64Builder, f64),
    Flags(BooleanBuilder, bool),
}

/// A column of numbers that may be null.
#[derive(Default)]
pub(crate) struct Numbers32(UInt32Builder);

impl Numbers32 {
    pub(crate) fn push(&mut self, value: Option<u32>) {
        self.0.append_option(value);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of VLANs that may be null.
#[derive(Default)]
pub(crate) struct Vlans(UInt16Builder);

impl Vlans {
    pub(crate) fn push(&mut self, vlan: Option<u16>) {
        self.0.append_option(vlan);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

fn typed<'a, A: Array + 'static>(batch: &'a RecordBatch, column: &'static str) -> Result<&'a A, BadRow> {
    batch
        .column_by_name(column)
        .and_then(|array| array.as_any().downcast_ref())
        .ok_or(BadRow::Column(column))
}

/// One row of a batch, read by column name.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) batch: &'a RecordBatch,
    pub(crate) at: usize,
}

impl<'a> Row<'a> {
    pub(crate) fn text_maybe(self, column: &'static str) -> Result<Option<&'a str>, BadRow> {
        let array = typed::<StringArray>(self.batch, column)?;
        Ok(array.is_valid(self.at).then(|| array.value(self.at)))
    }

    pub(crate) fn text(self, column: &'static str) -> Result<&'a str, BadRow> {
        self.text_maybe(column)?.ok_or(BadRow::Null(column))
    }

    pub(crate) fn parsed<T: FromStr>(self, column: &'static str) -> Result<T, BadRow> {
        let text = self.text(column)?;
        text.parse().map_err(|_| bad(column, text))
    }

    pub(crate) fn name(self, column: &'static str) -> Result<&'static str, BadRow> {
        let text = self.text(column)?;
        intern(text).ok_or_else(|| bad(column, text))
    }

    pub(crate) fn ip(self, column: &'static str) -> Result<Option<IpAddr>, BadRow> {
        let text = self.text_maybe(column)?;
        text.map(|text| text.parse().map_err(|_| bad(column, text)))
            .transpose()
    }

    pub(crate) fn mac(self, column: &'static str) -> Result<Option<MacAddr>, BadRow> {
        let text = self.text_maybe(column)?;
        text.map(|text| text.parse().map_err(|_| bad(column, text)))
            .transpose()
    }

    pub(crate) fn number16_maybe(self, column: &'static str) -> Result<Option<u16>, BadRow> {
        let array = typed::<UInt16Array>(self.batch, column)?;
        Ok(array.is_valid(self.at).then(|| array.value(self.at)))
    }

    pub(crate) fn number16(self, column: &'static str) -> Result<u16, BadRow> {
        self.number16_maybe(column)?.ok_or(BadRow::Null(column))
    }

    pub(crate) fn number32_maybe(self, column: &'static str) -> Result<Option<u32>, BadRow> {
        let array = typed::<UInt32Array>(self.batch, column)?;
        Ok(array.is_valid(self.at).then(|| array.value(self.at)))
    }

    pub(crate) fn number32(self, column: &'static str) -> Result<u32, BadRow> {
        self.number32_maybe(column)?.ok_or(BadRow::Null(column))
    }

    pub(crate) fn number64(self, column: &'static str) -> Result<u64, BadRow> {
        let array = typed::<UInt64Array>(self.batch, column)?;
        array
            .is_valid(self.at)
            .then(|| array.value(self.at))
            .ok_or(BadRow::Null(column))
    }

    pub(crate) fn flag(self, column: &'static str) -> Result<bool, BadRow> {
        let array = typed::<BooleanArray>(self.batch, column)?;
        array
            .is_valid(self.at)
            .then(|| array.value(self.at))
            .ok_or(BadRow::Null(column))
    }

    pub(crate) fn time(self, column: &'static str) -> Result<Timestamp, BadRow> {
        let array = typed::<TimestampNanosecondArray>(self.batch, column)?;
        array
            .is_valid(self.at)
            .then(|| Timestamp::from_nanos(array.value(self.at)))
            .ok_or(BadRow::Null(column))
    }

    pub(crate) fn texts<T>(self, column: &'static str, make: impl Fn(&str) -> T) -> Result<Vec<T>, BadRow> {
        let lists = typed::<ListArray>(self.batch, column)?;
        if lists.is_null(self.at) {
            return Err(BadRow::Null(column));
        }
        let list = lists.value(self.at);
        let texts = list
            .as_any()
            .downcast_ref::<StringArray>()
            .ok_or(BadRow::Column(column))?;
        texts
            .iter()
            .map(|text| text.map(&make).ok_or(BadRow::Null(column)))
            .collect()
    }
}
