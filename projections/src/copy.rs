//! Rows in the binary format of COPY, as PostgreSQL's documentation of COPY describes it under "Binary Format".

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArgumentBuffer;
use sqlx::{Encode, Postgres};

/// Signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// In the place of a number of fields: there are no more rows.
const END: i16 = -1;

/// In the place of a field's length: it is null.
const NULL: i32 = -1;

/// Rows for one COPY.
pub(crate) struct CopyRows {
    bytes: Vec<u8>,
    fields: i16,
    value: PgArgumentBuffer,
}

impl CopyRows {
    /// None yet, of so many fields each.
    pub(crate) fn new(fields: i16) -> Self {
        Self {
            bytes: HEADER.to_vec(),
            fields,
            value: PgArgumentBuffer::default(),
        }
    }

    /// Adds a row, whose fields `write` adds.
    pub(crate) fn row(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), BoxDynError>,
    ) -> Result<(), BoxDynError> {
        self.bytes.extend_from_slice(&self.fields.to_be_bytes());
        write(self)
    }

    /// Adds the next field of the row.
    pub(crate) fn field<'q>(&mut self, value: &impl Encode<'q, Postgres>) -> Result<(), BoxDynError> {
        self.value.clear();
        if let IsNull::Yes = value.encode_by_ref(&mut self.value)? {
            self.bytes.extend_from_slice(&NULL.to_be_bytes());
            return Ok(());
        }
        let length = i32::try_from(self.value.len())?;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(&self.value);
        Ok(())
    }

    /// All of it.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&END.to_be_bytes());
        self.bytes
    }
}
