//! Why a command on an Account is refused.

/// Why a command on an Account is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    #[error("there is no such account")]
    Absent,
    #[error("the account is registered already")]
    AlreadyRegistered,
}
