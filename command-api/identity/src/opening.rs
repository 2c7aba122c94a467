//! Opening an account: the address is reserved in the credentials, then the fact is appended.
//!
//! Two stores, so a crash can fall between them. The row comes first, because only the table can tell that an address
//! is taken: `AccountRegistered` is in the log exactly when the account exists, and a row without it opens no door
//! (login looks for the fact). Such a row is completed by the next registration of the address: at once with the same
//! password, which is the same person trying again; with another one only after a minute, when no registration can be
//! under way any more, and then the new password replaces the old one. Without that minute, one who registers an
//! address in the same moment as its owner could put a password of their own under the owner's account.

use std::time::Duration;

use domain::account::facts::Role;
use domain::account::{Account, AccountCommand, AccountRefusal};
use domain::ids::AccountId;
use event_store::clock::new_id;
use lanes::{Cause, CommandError};
use tokio::time::timeout;

use crate::applicant::{Applicant, ApplicantRefusal};
use crate::credentials::{Credential, CredentialsFailure, Reservation};
use crate::password::Password;
use crate::password::hashing::Verdict;
use crate::sealing::{AccountKey, PersonalData};
use crate::{AccountFailure, Accounts};

/// A registration that takes longer is given up: well before the minute after which another password may replace its own, with
/// the time that the database may still work on what was given up.
const REGISTERED_WITHIN: Duration = Duration::from_secs(30);

/// The outcome of an application.
#[derive(Debug)]
pub enum Opening {
    /// The account exists since now.
    Opened(AccountId),
    /// The address has an account already.
    Taken(Credential),
}

/// Why an account could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateRefusal {
    /// Address, password or name cannot be used.
    #[error("{0}")]
    Applicant(#[from] ApplicantRefusal),
    /// An account has the address, in another role, and the password is not theirs.
    #[error("account {account} has this address, in another role and with another password")]
    Taken {
        /// Who.
        account: AccountId,
    },
    /// Something broke.
    #[error("the account could not be created")]
    Failed(#[from] AccountFailure),
}

/// Creates an account in any role, on the word of who runs this installation; there is no other way to the first administrator. An account with this address and role
/// is left as it is. One in another role is granted this one only if the password is its own: an address that
/// another person registered must not become an administrator's.
pub async fn create_account(
    accounts: &Accounts,
    email: &str,
    password: &str,
    name: &str,
    role: Role,
) -> Result<AccountId, CreateRefusal> {
    let applicant = Applicant::parse(email, password, name)?;
    let cause = Cause::system("operator", new_id(&accounts.clock));
    let address = accounts.digests.of(&applicant.email);
    let mut taken = accounts
        .credentials
        .find(address)
        .await
        .map_err(AccountFailure::from)?;
    if let Some(credential) = &taken
        && role_of(accounts, credential.account).await?.is_none()
    {
        taken = None; // a registration that broke off: `open` completes it
    }
    let taken = match taken {
        Some(credential) => credential,
        None => match open(accounts, &applicant, role, |_| cause.clone()).await? {
            Opening::Opened(account) => return Ok(account),
            Opening::Taken(credential) => credential,
        },
    };
    grant(accounts, &taken, applicant.password, role, cause).await
}

/// Gives an existing account the role, if it has another one and the password is right.
async fn grant(
    accounts: &Accounts,
    taken: &Credential,
    password: Password,
    role: Role,
    cause: Cause,
) -> Result<AccountId, CreateRefusal> {
    let account = taken.account;
    let Some(present) = role_of(accounts, account).await? else {
        return Err(CreateRefusal::Taken { account }); // it is being registered right now
    };
    if present == role {
        return Ok(account);
    }
    let verdict = accounts
        .hashing
        .verify(password, Some(taken.password.clone()))
        .await;
    if verdict.map_err(AccountFailure::from)? == Verdict::Wrong {
        return Err(CreateRefusal::Taken { account });
    }
    accounts
        .executor
        .execute(account, |at| AccountCommand::GrantRole { role, at }, &cause)
        .await
        .map_err(AccountFailure::from)?;
    Ok(account)
}

/// The role of `account`; `None` if it is not registered.
async fn role_of(accounts: &Accounts, account: AccountId) -> Result<Option<Role>, AccountFailure> {
    match accounts.executor.load(account).await? {
        Account::Registered { role, .. } => Ok(Some(role)),
        Account::Unregistered => Ok(None),
    }
}

/// Opens an account, or completes the opening that a crash interrupted; `cause` learns whose account it is. The password is hashed whatever happens, so that
/// the response time reveals little of whether the address is taken.
pub async fn open(
    accounts: &Accounts,
    applicant: &Applicant,
    role: Role,
    cause: impl FnOnce(AccountId) -> Cause,
) -> Result<Opening, AccountFailure> {
    let account = AccountId::new(new_id(&accounts.clock));
    let key = AccountKey::generate()?;
    let address = accounts.digests.of(&applicant.email);
    let hashed = accounts.hashing.hash(applicant.password.clone()).await?;
    let taken = match accounts
        .credentials
        .reserve(account, address, &hashed, &key)
        .await?
    {
        Reservation::Reserved => {
            return register(accounts, applicant, role, account, &key, cause(account)).await;
        }
        Reservation::Taken(credential) => credential,
    };
    if role_of(accounts, taken.account).await?.is_some() {
        return Ok(Opening::Taken(taken));
    }
    let may_complete = if taken.is_settled {
        accounts.credentials.replace(&taken, &hashed).await?
    } else {
        let verdict = accounts
            .hashing
            .verify(applicant.password.clone(), Some(taken.password.clone()))
            .await?;
        verdict != Verdict::Wrong
    };
    match accounts.credentials.key(taken.account).await? {
        Some(key) if may_complete => {
            register(
                accounts,
                applicant,
                role,
                taken.account,
                &key,
                cause(taken.account),
            )
            .await
        }
        _ => Ok(Opening::Taken(taken)),
    }
}

async fn register(
    accounts: &Accounts,
    applicant: &Applicant,
    role: Role,
    account: AccountId,
    key: &AccountKey,
    cause: Cause,
) -> Result<Opening, AccountFailure> {
    let data = PersonalData {
        name: applicant.name.as_str().to_owned(),
        email: applicant.email.as_str().to_owned(),
    };
    let personal = key.seal(account, &data)?;
    let command = |at| AccountCommand::Register {
        personal: personal.clone(),
        role,
        at,
    };
    let registering = accounts.executor.execute(account, command, &cause);
    let registered = timeout(REGISTERED_WITHIN, registering).await;
    match registered.unwrap_or(Err(CommandError::Unavailable)) {
        Ok(_) => {}
        Err(CommandError::Refused(AccountRefusal::AlreadyRegistered)) => {
            let winner = accounts
                .credentials
                .find(accounts.digests.of(&applicant.email))
                .await?;
            return Ok(Opening::Taken(winner.ok_or(CredentialsFailure::Lost)?));
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(event = "user_created", account.id = %account, account.role = ?role, "an account was opened");
    Ok(Opening::Opened(account))
}
