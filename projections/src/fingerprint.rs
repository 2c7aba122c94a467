//! What read tables contain, as one hash each: equal for equal rows, in whatever order they were written.

use sqlx::{Executor, PgConnection, PgPool, Row};

/// What one table contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFingerprint {
    /// Without schema.
    pub table: String,
    pub rows: i64,
    /// SHA-256 over the sorted hashes of its rows, in hexadecimal.
    pub sha256: String,
}

/// One state for all tables, and one way to write down times and numbers.
const STILL: &str = "set transaction isolation level repeatable read; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
     set local statement_timeout = 0";

/// Fingerprints of the tables of `schema` at one moment, by name. Checkpoints are left out, as are columns that tell of the
/// projecting and not of what was projected: `parked_at`, and `error` of parked streams; and generated columns.
pub async fn fingerprint(pool: &PgPool, schema: &str) -> Result<Vec<TableFingerprint>, sqlx::Error> {
    let mut tx = begin(pool).await?;
    let tables = fingerprint_in(&mut tx, schema).await?;
    tx.commit().await?;
    Ok(tables)
}

/// Begins a transaction that sees one state of all tables.
pub(crate) async fn begin(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    tx.execute(sqlx::raw_sql(STILL)).await?;
    Ok(tx)
}

/// The same, within a transaction that [`begin`] began.
pub(crate) async fn fingerprint_in(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<Vec<TableFingerprint>, sqlx::Error> {
    // Hashes are sorted and joined in 256 parts by their first byte: one part has to fit into 1 GB.
    let statements = sqlx::query!(
        r#"select c.relname::text as "table!",
                  format('with hashes as (select sha256(convert_to(row(%s)::text, ''UTF8'')) as h from %I.%I),
                          parts as (select get_byte(h, 0) as part, count(*) as rows,
                                           sha256(string_agg(h, ''''::bytea order by h)) as h
                                      from hashes group by part)
                          select coalesce(sum(rows), 0)::bigint,
                                 encode(sha256(coalesce(string_agg(h, ''''::bytea order by part), ''''::bytea)), ''hex'')
                            from parts',
                         string_agg(quote_ident(a.attname), ', ' order by a.attname), $1::text, c.relname)
                  as "statement!"
             from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = $1::text::regnamespace and c.relkind = 'r' and c.relname <> 'checkpoints'
              and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
              and not (c.relname = 'parked_streams' and a.attname in ('parked_at', 'error'))
            group by c.relname
            order by c.relname"#,
        schema
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut tables = Vec::with_capacity(statements.len());
    for each in statements {
        let row = connection.fetch_one(sqlx::query(&each.statement)).await?;
        tables.push(TableFingerprint {
            table: each.table,
            rows: row.try_get(0)?,
            sha256: row.try_get(1)?,
        });
    }
    Ok(tables)
}
