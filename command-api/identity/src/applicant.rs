//! A person who wants an account: address, password and name, parsed together, so that one answer names all that is wrong.

use domain::text::{Name, TextRefusal};
use edge::problem::{FieldError, Problem, kinds};

use crate::email::{Email, EmailRefusal};
use crate::password::{Password, PasswordRefusal};

/// Who wants an account.
#[derive(Clone, Debug)]
pub struct Applicant {
    pub email: Email,
    pub password: Password,
    pub name: Name,
}

/// What is wrong with an application; at least one of them is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicantRefusal {
    /// With the address.
    pub email: Option<EmailRefusal>,
    /// With the password.
    pub password: Option<PasswordRefusal>,
    /// With the name.
    pub name: Option<TextRefusal>,
}

impl Applicant {
    pub fn parse(email: &str, password: &str, name: &str) -> Result<Self, ApplicantRefusal> {
        match (
            Email::parse(email),
            Password::choose(password, &[name, email]),
            Name::parse(name),
        ) {
            (Ok(email), Ok(password), Ok(name)) => Ok(Self {
                email,
                password,
                name,
            }),
            (email, password, name) => Err(ApplicantRefusal {
                email: email.err(),
                password: password.err(),
                name: name.err(),
            }),
        }
    }
}

impl ApplicantRefusal {
    fn errors(&self) -> Vec<FieldError> {
        let refusals = [
            ("#/email", self.email.as_ref().map(ToString::to_string)),
            ("#/password", self.password.as_ref().map(ToString::to_string)),
            ("#/name", self.name.as_ref().map(ToString::to_string)),
        ];
        let refused = refusals.into_iter();
        refused
            .filter_map(|(pointer, detail)| Some(FieldError::at(pointer, detail?)))
            .collect()
    }
}

impl std::fmt::Display for ApplicantRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, error) in self.errors().iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(
                f,
                "{comma}{} {}",
                error
                    .pointer
                    .as_deref()
                    .unwrap_or_default()
                    .trim_start_matches("#/"),
                error.detail
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ApplicantRefusal {}

impl From<ApplicantRefusal> for Problem {
    fn from(refusal: ApplicantRefusal) -> Self {
        let only_password = refusal.email.is_none() && refusal.name.is_none();
        let kind = if only_password {
            &kinds::WEAK_PASSWORD
        } else {
            &kinds::INVALID_BODY
        };
        Self::new(kind).errors(refusal.errors())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let refusal = Applicant::parse("no at sign", "short", "  ").unwrap_err();
        assert_eq!(refusal.email, Some(EmailRefusal::NoAt));
        assert_eq!(refusal.password, Some(PasswordRefusal::TooShort { length: 5 }));
        assert_eq!(refusal.name, Some(TextRefusal::Empty));
        assert_eq!(refusal.errors().len(), 3);
    }

    #[test]
    fn a_weak_password_alone_has_a_problem_of_its_own() {
        let refusal = Applicant::parse("ann@example.org", "ann ann ann ann ann", "Ann").unwrap_err();
        assert_eq!(Problem::from(refusal).kind().slug, "weak-password");
        let refusal = Applicant::parse("ann@", "ann ann ann ann ann", "Ann").unwrap_err();
        assert_eq!(Problem::from(refusal).kind().slug, "invalid-body");
    }

    #[test]
    fn the_password_of_the_demonstration_passes_for_its_four_accounts() {
        for (name, email) in [
            ("Ada Admin", "admin@evently.test"),
            ("Olu Organizer", "organizer@evently.test"),
            ("Aya Auditor", "auditor@evently.test"),
            ("Ben Buyer", "buyer@evently.test"),
        ] {
            assert!(
                Applicant::parse(email, "evently demo only", name).is_ok(),
                "{name}"
            );
        }
    }
}
