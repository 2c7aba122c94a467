//! Schemas beside the one that serves: made after its image, filled, and swapped with it.

use sqlx::{Connection, Executor, PgConnection};

/// The schema that serves.
pub(crate) const SERVING: &str = "read";

/// Where what served before a swap waits to be dropped.
const RETIRED: &str = "read_old";

/// A schema beside the one that serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Will serve.
    Next,
    /// Is compared with what serves.
    Check,
}

impl Schema {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Next => "read_next",
            Self::Check => "read_check",
        }
    }

    pub(crate) const fn search_path(self) -> &'static str {
        match self {
            Self::Next => "read_next,public",
            Self::Check => "read_check,public",
        }
    }

    /// Makes it, with every table of the one that serves, its columns, checks and keys; other indexes come by
    /// [`Schema::finish`], for it takes less time to build them at once. What an interrupted build left is dropped.
    pub(crate) async fn create(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut tx = connection.begin().await?;
        let name = self.name();
        tx.execute(format!("drop schema if exists {name} cascade").as_str())
            .await?;
        tx.execute(format!("create schema {name}").as_str()).await?;
        tx.execute(format!("grant usage on schema {name} to evently_reader").as_str())
            .await?;
        let tables = sqlx::query_scalar!(
            r#"select format('create table %1$I.%2$I (like %3$I.%2$I including all excluding indexes);
                              comment on table %1$I.%2$I is %4$L;
                              grant select on %1$I.%2$I to evently_reader',
                             $1::text, c.relname, $2::text, obj_description(c.oid, 'pg_class')) as "statement!"
                 from pg_class c
                where c.relnamespace = $2::text::regnamespace and c.relkind = 'r'
                order by c.relname"#,
            name,
            SERVING,
        );
        let tables = tables.fetch_all(&mut *tx).await?;
        run(&mut tx, &tables).await?;
        let keys = sqlx::query_scalar!(
            r#"select format('alter table %I.%I add constraint %I %s', $1::text, c.relname, k.conname,
                             pg_get_constraintdef(k.oid)) as "statement!"
                 from pg_constraint k join pg_class c on c.oid = k.conrelid
                where k.connamespace = $2::text::regnamespace and k.contype in ('p', 'u')
                order by c.relname, k.conname"#,
            name,
            SERVING,
        );
        let keys = keys.fetch_all(&mut *tx).await?;
        run(&mut tx, &keys).await?;
        tx.commit().await
    }

    /// Adds the indexes, and counts the rows so that queries are planned well from the first on.
    pub(crate) async fn finish(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let indexes = sqlx::query_scalar!(
            r#"select pg_get_indexdef(i.indexrelid) as "statement!"
                 from pg_index i join pg_class c on c.oid = i.indrelid
                where c.relnamespace = $1::text::regnamespace
                  and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
                order by i.indexrelid"#,
            SERVING,
        );
        let from = format!(" ON {SERVING}.");
        let to = format!(" ON {}.", self.name());
        let indexes: Vec<String> = indexes
            .fetch_all(&mut *connection)
            .await?
            .iter()
            .map(|statement| statement.replacen(&from, &to, 1))
            .collect();
        run(connection, &indexes).await?;
        let counts = sqlx::query_scalar!(
            r#"select format('analyze %I.%I', $1::text, c.relname) as "statement!" from pg_class c
                where c.relnamespace = $1::text::regnamespace and c.relkind = 'r'"#,
            self.name(),
        );
        let counts = counts.fetch_all(&mut *connection).await?;
        run(connection, &counts).await
    }

    /// Whether it still has the columns of the one that serves, which a migration may have changed meanwhile.
    pub(crate) async fn fits(self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let differences = sqlx::query_scalar!(
            r#"with columns as (
                 select c.relnamespace::regnamespace::text as schema, c.relname, a.attname,
                        format_type(a.atttypid, a.atttypmod) as type, a.attnotnull
                   from pg_attribute a join pg_class c on c.oid = a.attrelid
                  where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped)
               select count(*) as "count!" from (
                 select relname, attname, type, attnotnull from columns where schema in ($1, $2)
                  group by relname, attname, type, attnotnull having count(*) <> 2) as differences"#,
            SERVING,
            self.name(),
        );
        Ok(differences.fetch_one(connection).await? == 0)
    }

    /// Drops it.
    pub(crate) async fn drop(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection
            .execute(format!("drop schema if exists {} cascade", self.name()).as_str())
            .await?;
        Ok(())
    }
}

/// Makes `read_next` the schema that serves, within a transaction that has shut out the projectors. Readers hold the
/// checkpoints for as long as they need one state of all tables; their lock is waited for.
pub(crate) async fn swap(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let next = Schema::Next.name();
    let statements = [
        format!("drop schema if exists {RETIRED} cascade"),
        format!("lock table {SERVING}.checkpoints in access exclusive mode"),
        format!("alter schema {SERVING} rename to {RETIRED}"),
        format!("alter schema {next} rename to {SERVING}"),
    ];
    run(connection, &statements).await
}

/// Drops what served before, once no query reads it any more.
pub(crate) async fn drop_retired(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection
        .execute(format!("drop schema if exists {RETIRED} cascade").as_str())
        .await?;
    Ok(())
}

async fn run(connection: &mut PgConnection, statements: &[String]) -> Result<(), sqlx::Error> {
    for statement in statements {
        connection.execute(sqlx::raw_sql(statement)).await?;
    }
    Ok(())
}
