//! How accounts prove who they are, outside the log: password hashes found by the digest of an address, and the keys
//! that seal personal data.

use domain::ids::AccountId;
use sqlx::PgPool;

use crate::email::EmailDigest;
use crate::password::hashing::HashedPassword;
use crate::sealing::{AccountKey, SealingFailure};

/// The tables `credentials` and `account_keys`.
#[derive(Clone, Debug)]
pub struct Credentials {
    pool: PgPool,
}

/// What is stored for an address.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whose it is.
    pub account: AccountId,
    /// What their password hashes to.
    pub password: HashedPassword,
    /// Whether it was last changed longer ago than any registration takes.
    pub is_settled: bool,
}

/// The outcome of asking for an address.
#[derive(Clone, Debug)]
pub enum Reservation {
    /// It was free and is reserved now.
    Reserved,
    /// An account has it, or is about to.
    Taken(Credential),
}

/// Why the tables gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsFailure {
    /// The database is away or refused.
    #[error("the credentials could not be reached")]
    Database(#[from] sqlx::Error),
    /// A row that was there is gone.
    #[error("a credential disappeared")]
    Lost,
    /// A stored key is no key.
    #[error("a stored key is unusable")]
    Key(#[from] SealingFailure),
}

impl Credentials {
    /// On a pool of connections in the writer's role.
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Reserves an address for a new account and stores its key, both or neither. One of many at once succeeds.
    pub async fn reserve(
        &self,
        account: AccountId,
        address: EmailDigest,
        password: &HashedPassword,
        key: &AccountKey,
    ) -> Result<Reservation, CredentialsFailure> {
        let reserved = sqlx::query!(
            "with reserved as (
               insert into credentials (account_id, email_digest, password_hash) values ($1, $2, $3)
               on conflict (email_digest) do nothing returning account_id)
             insert into account_keys (account_id, key) select account_id, $4 from reserved",
            account.uuid(),
            address.as_bytes(),
            password.0,
            key.as_bytes(),
        )
        .execute(&self.pool)
        .await?;
        if reserved.rows_affected() == 1 {
            return Ok(Reservation::Reserved);
        }
        let taken = self.find(address).await?.ok_or(CredentialsFailure::Lost)?;
        Ok(Reservation::Taken(taken))
    }

    /// What is stored for an address.
    pub async fn find(&self, address: EmailDigest) -> Result<Option<Credential>, CredentialsFailure> {
        let row = sqlx::query!(
            r#"select account_id, password_hash, changed_at < now() - interval '1 minute' as "is_settled!"
                 from credentials where email_digest = $1"#,
            address.as_bytes(),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| Credential {
            account: AccountId::new(row.account_id),
            password: HashedPassword(row.password_hash),
            is_settled: row.is_settled,
        }))
    }

    /// Puts another hash in the place of `then`'s. Answers whether it still stood: one of many at once succeeds.
    pub async fn replace(
        &self,
        then: &Credential,
        password: &HashedPassword,
    ) -> Result<bool, CredentialsFailure> {
        let replaced = sqlx::query!(
            "update credentials set password_hash = $3, changed_at = now() where account_id = $1 and password_hash = $2",
            then.account.uuid(),
            then.password.0,
            password.0,
        )
        .execute(&self.pool)
        .await?;
        Ok(replaced.rows_affected() == 1)
    }

    /// The key that seals `account`'s personal data; `None` once it is destroyed.
    pub async fn key(&self, account: AccountId) -> Result<Option<AccountKey>, CredentialsFailure> {
        let key = sqlx::query_scalar!(
            "select key from account_keys where account_id = $1",
            account.uuid()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(key.map(|key| AccountKey::from_bytes(&key)).transpose()?)
    }
}
