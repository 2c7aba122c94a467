//! Accounts: registering, logging in, and who one is. Credentials and keys live outside the log, facts in it.

pub mod applicant;
pub mod credentials;
pub mod email;
pub mod login_delay;
pub mod opening;
pub mod password;
pub mod sealing;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::account::facts::Role;
use domain::account::{Account, AccountRefusal};
use domain::ids::AccountId;
use edge::problem::{Problem, kinds};
use edge::token::Issuer;
use event_store::clock::Clock;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use credentials::{Credentials, CredentialsFailure};
use email::EmailDigests;
use lanes::{Cause, CommandError, Executor, Failure};
use login_delay::LoginDelay;
use password::hashing::{Hashing, HashingFailure};
use sealing::SealingFailure;

pub use applicant::ApplicantRefusal;
pub use opening::{CreateRefusal, create_account};

/// Everything that the account handlers need. Put it into the application's data as `web::Data<Accounts>`.
pub struct Accounts {
    pub executor: Executor<Account>,
    pub credentials: Credentials,
    /// Of addresses. Under another secret none of them is found.
    pub digests: EmailDigests,
    pub hashing: Hashing,
    pub delay: Arc<LoginDelay>,
    pub issuer: Issuer,
    pub clock: Clock,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

/// An account, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody {
    /// Its id.
    pub id: Uuid,
    /// The address it was registered with.
    #[schema(format = Email)]
    pub email: String,
    /// What its owner calls themselves.
    pub name: String,
    /// What its owner may do.
    pub role: edge::token::Role,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
}

/// Why it is not known, or not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountFailure {
    #[error(transparent)]
    Hashing(#[from] HashingFailure),
    #[error(transparent)]
    Credentials(#[from] CredentialsFailure),
    #[error(transparent)]
    Sealing(#[from] SealingFailure),
    #[error(transparent)]
    Log(#[from] Failure),
    /// The fact could not be appended, or it is unknown whether it was.
    #[error(transparent)]
    Command(#[from] CommandError<AccountRefusal>),
}

impl Accounts {
    /// Account `id` with its personal data; `None` if it was never registered, or was erased.
    pub async fn read(&self, id: AccountId) -> Result<Option<AccountBody>, AccountFailure> {
        let (account, key) = tokio::try_join!(
            async { Ok::<_, AccountFailure>(self.executor.load(id).await?) },
            async { Ok(self.credentials.key(id).await?) }
        )?;
        let (Account::Registered { role, personal, at }, Some(key)) = (account, key) else {
            return Ok(None);
        };
        let data = key.open(id, &personal)?;
        let role = role_in_tokens(role);
        Ok(Some(AccountBody {
            id: id.uuid(),
            email: data.email,
            name: data.name,
            role,
            registered_at: at,
        }))
    }

    /// The cause of what a person does to their own account before they have a token.
    pub fn cause_of_owner(&self, account: AccountId, context: &edge::request::RequestContext) -> Cause {
        Cause::request(account.uuid(), edge::token::Role::User, context, &self.clock)
    }
}

const fn role_in_tokens(role: Role) -> edge::token::Role {
    match role {
        Role::User => edge::token::Role::User,
        Role::Organizer => edge::token::Role::Organizer,
        Role::Admin => edge::token::Role::Admin,
        Role::Auditor => edge::token::Role::Auditor,
    }
}

impl From<AccountFailure> for Problem {
    fn from(failure: AccountFailure) -> Self {
        match failure {
            AccountFailure::Hashing(cause) => cause.into(),
            AccountFailure::Credentials(cause) => cause.into(),
            AccountFailure::Sealing(cause) => Self::internal(cause),
            AccountFailure::Log(cause) => Self::new(&kinds::UNAVAILABLE).cause(cause),
            AccountFailure::Command(CommandError::Busy) => Self::new(&kinds::OVERLOADED),
            AccountFailure::Command(CommandError::Contended) => Self::new(&kinds::CONTENDED),
            AccountFailure::Command(cause) => Self::new(&kinds::UNAVAILABLE).cause(cause),
        }
    }
}

impl From<CredentialsFailure> for Problem {
    fn from(failure: CredentialsFailure) -> Self {
        match failure {
            CredentialsFailure::Database(cause) => Self::new(&kinds::UNAVAILABLE).cause(cause),
            broken @ (CredentialsFailure::Lost | CredentialsFailure::Key(_)) => Self::internal(broken),
        }
    }
}

impl From<HashingFailure> for Problem {
    fn from(failure: HashingFailure) -> Self {
        match failure {
            HashingFailure::Busy => Self::new(&kinds::OVERLOADED),
            broken @ (HashingFailure::Library(_)
            | HashingFailure::Unreadable(_)
            | HashingFailure::Lost(_)) => Self::internal(broken),
        }
    }
}
