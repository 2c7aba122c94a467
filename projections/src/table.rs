//! Read tables: the columns of each are named once, in its row's declaration, and every statement follows from that.

use std::hash::Hash;

use sqlx::error::{BoxDynError, DatabaseError};
use sqlx::postgres::{PgArguments, PgHasArrayType, PgRow, PgTypeInfo, PgValueRef};
use sqlx::{Arguments as _, Connection, Decode, Encode, PgConnection, Postgres, Type};
use uuid::Uuid;

use crate::copy::CopyRows;

/// A row of a read table.
pub(crate) trait Table {
    const NAME: &'static str;
    const KEY: &'static [&'static str];

    fn columns() -> Vec<&'static str>;

    /// Binds each column as an array over `rows`, in the order of [`Table::columns`].
    fn bind(rows: &[&Self], arguments: &mut PgArguments) -> Result<(), BoxDynError>;

    /// Writes the row for COPY, in the order of [`Table::columns`].
    fn copy(&self, into: &mut CopyRows) -> Result<(), BoxDynError>;
}

/// A row that is read before a batch is folded into it.
pub(crate) trait Folded: Table + Sized {
    type Key: Key;

    fn key(&self) -> Self::Key;

    /// The fact that changed it last.
    fn position(&mut self) -> &mut i64;

    fn read(row: &PgRow) -> Result<Self, sqlx::Error>;
}

/// What identifies a row of its table.
pub(crate) trait Key: Clone + Eq + Hash + Ord {
    fn bind(keys: Vec<Self>, arguments: &mut PgArguments) -> Result<(), BoxDynError>;
}

/// Declares a table: the struct of its row, and what statements need to know of it. A `folded` one is read as well.
macro_rules! table {
    ($(#[$about:meta])* written $name:literal by ($($key:ident),+);
     $vis:vis struct $row:ident $(<$life:lifetime>)? { $($column:ident: $type:ty,)+ }) => {
        $(#[$about])*
        $vis struct $row $(<$life>)? {
            $(pub(crate) $column: $type,)+
        }

        impl $(<$life>)? $crate::table::Table for $row $(<$life>)? {
            const NAME: &'static str = $name;
            const KEY: &'static [&'static str] = &[$(stringify!($key),)+];

            fn columns() -> Vec<&'static str> {
                vec![$(stringify!($column),)+]
            }

            fn bind(
                rows: &[&Self],
                arguments: &mut sqlx::postgres::PgArguments,
            ) -> Result<(), sqlx::error::BoxDynError> {
                $(sqlx::Arguments::add(arguments, rows.iter().map(|row| &row.$column).collect::<Vec<_>>())?;)+
                Ok(())
            }

            fn copy(&self, into: &mut $crate::copy::CopyRows) -> Result<(), sqlx::error::BoxDynError> {
                $(into.field(&self.$column)?;)+
                Ok(())
            }
        }
    };
    ($(#[$about:meta])* folded $name:literal by ($($key:ident),+): $key_type:ty;
     $vis:vis struct $row:ident { $($column:ident: $type:ty,)+ }) => {
        $crate::table::table! {
            $(#[$about])* written $name by ($($key),+);
            $vis struct $row { $($column: $type,)+ }
        }

        impl $crate::table::Folded for $row {
            type Key = $key_type;

            fn key(&self) -> $key_type {
                ($(self.$key.clone()),+)
            }

            fn position(&mut self) -> &mut i64 {
                &mut self.position
            }

            fn read(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: sqlx::Row::try_get(row, stringify!($column))?,)+ })
            }
        }
    };
}
pub(crate) use table;

/// Fewer new rows are written by [`upsert`]: it takes one round trip, where COPY takes four.
const COPIED_ROWS_MIN: usize = 32;

/// Writes `rows`, which are new. Should one be there after all, they are written as [`upsert`] writes them.
pub(crate) async fn append<T: Table>(connection: &mut PgConnection, rows: &[&T]) -> Result<(), sqlx::Error> {
    if rows.len() < COPIED_ROWS_MIN {
        return upsert(connection, rows).await;
    }
    let mut savepoint = connection.begin().await?;
    match copy(&mut savepoint, rows).await {
        Ok(()) => savepoint.commit().await,
        Err(error)
            if error
                .as_database_error()
                .is_some_and(DatabaseError::is_unique_violation) =>
        {
            savepoint.rollback().await?;
            upsert(connection, rows).await
        }
        Err(error) => Err(error),
    }
}

async fn copy<T: Table>(connection: &mut PgConnection, rows: &[&T]) -> Result<(), sqlx::Error> {
    let columns = T::columns();
    let fields = i16::try_from(columns.len()).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let mut copied = CopyRows::new(fields);
    for row in rows {
        copied
            .row(|fields| row.copy(fields))
            .map_err(sqlx::Error::Encode)?;
    }
    let sql = format!(
        "copy {} ({}) from stdin (format binary)",
        T::NAME,
        columns.join(", ")
    );
    let mut copying = connection.copy_in_raw(&sql).await?;
    copying.send(copied.end()).await?;
    copying.finish().await?;
    Ok(())
}

/// Writes `rows`. One that is there already is overwritten unless it has a later fact.
pub(crate) async fn upsert<T: Table>(connection: &mut PgConnection, rows: &[&T]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let (name, columns) = (T::NAME, T::columns());
    let others = || columns.iter().filter(|column| !T::KEY.contains(column));
    let on_conflict = if columns.contains(&"position") {
        format!(
            " on conflict ({}) do update set ({}) = row({}) where {name}.position < excluded.position",
            T::KEY.join(", "),
            listed(others(), |column| (*column).to_owned()),
            listed(others(), |column| format!("excluded.{column}"))
        )
    } else {
        String::new()
    };
    let sql = format!(
        "insert into {name} ({}) select {}{on_conflict}",
        columns.join(", "),
        listed(1..=columns.len(), |number| format!("unnest(${number})"))
    );
    let mut arguments = PgArguments::default();
    T::bind(rows, &mut arguments).map_err(sqlx::Error::Encode)?;
    sqlx::query_with(&sql, arguments).execute(connection).await?;
    Ok(())
}

/// The rows that are there of those with these keys.
pub(crate) async fn load<T: Folded>(
    connection: &mut PgConnection,
    keys: Vec<T::Key>,
) -> Result<Vec<T>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let key = T::KEY.join(", ");
    let sql = format!(
        "select {} from unnest({}) as wanted({key}) join {} using ({key})",
        T::columns().join(", "),
        listed(1..=T::KEY.len(), |number| format!("${number}")),
        T::NAME
    );
    let mut arguments = PgArguments::default();
    T::Key::bind(keys, &mut arguments).map_err(sqlx::Error::Encode)?;
    let rows = sqlx::query_with(&sql, arguments).fetch_all(connection).await?;
    rows.iter().map(T::read).collect()
}

/// Deletes all rows of `events`, whose drafts were deleted.
pub(crate) async fn delete_events<T: Table>(
    connection: &mut PgConnection,
    events: &[Uuid],
) -> Result<(), sqlx::Error> {
    if !events.is_empty() {
        let sql = format!("delete from {} where event_id = any($1)", T::NAME);
        sqlx::query(&sql).bind(events).execute(connection).await?;
    }
    Ok(())
}

fn listed<T>(items: impl Iterator<Item = T>, text: impl Fn(T) -> String) -> String {
    items.map(text).collect::<Vec<_>>().join(", ")
}

impl Key for Uuid {
    fn bind(keys: Vec<Self>, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        arguments.add(keys)
    }
}

impl<T> Key for (Uuid, T)
where
    T: Clone + Eq + Hash + Ord + PgHasArrayType + Type<Postgres> + for<'q> Encode<'q, Postgres>,
{
    fn bind(keys: Vec<Self>, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        let (first, second): (Vec<Uuid>, Vec<T>) = keys.into_iter().unzip();
        arguments.add(first)?;
        arguments.add(second)
    }
}

/// The text of a column of type `json`, which keeps its bytes.
#[derive(Clone, Debug)]
pub(crate) struct JsonText(String);

impl JsonText {
    pub(crate) fn of(value: &impl serde::Serialize) -> Result<Self, &'static str> {
        serde_json::to_string(value)
            .map(Self)
            .map_err(|_| "what it says is no JSON")
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Type<Postgres> for JsonText {
    /// `json`, as `pg_type.dat` of PostgreSQL numbers it.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(114))
    }
}

impl PgHasArrayType for JsonText {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(199))
    }
}

impl Encode<'_, Postgres> for JsonText {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, BoxDynError> {
        <&str as Encode<'_, Postgres>>::encode(&self.0, buffer)
    }
}

impl<'r> Decode<'r, Postgres> for JsonText {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_str()?.to_owned()))
    }
}
