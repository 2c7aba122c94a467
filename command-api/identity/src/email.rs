//! E-mail addresses, parsed once; and the digest that finds one without telling it.

use std::fmt;

use aws_lc_rs::hmac;
use domain::text::is_invisible;
use unicode_normalization::UnicodeNormalization;

/// Octets of a whole address at most (RFC 5321, 4.5.3.1.3: a path of 256 with its angle brackets).
const OCTETS_MAX: usize = 254;
/// Octets before the `@` at most (RFC 5321, 4.5.3.1.1).
const LOCAL_OCTETS_MAX: usize = 64;

/// An e-mail address: an unquoted local part (RFC 5321 `Dot-string`, with RFC 6531's letters beyond ASCII) as it was
/// typed, and a domain name in lower-case ASCII (IDNA), so that one mailbox is written one way.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email {
    address: Box<str>,
}

/// Why a text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefusal {
    /// More octets than SMTP carries.
    #[error("has more than {OCTETS_MAX} octets, or more than {LOCAL_OCTETS_MAX} before the @")]
    TooLong,
    /// A character that is not seen.
    #[error("contains a character that is not seen")]
    Invisible,
    /// Nothing, or no `@`.
    #[error("is not of the form name@domain")]
    NoAt,
    /// What stands before the `@` is empty, quoted, or holds what an unquoted name cannot.
    #[error("has a name before the @ that is not an unquoted mailbox name")]
    LocalPart,
    /// What stands after the `@` is no domain name of at least two labels.
    #[error("has no domain name after the @")]
    Domain,
}

impl Email {
    /// Parses a new address, with white space around it dropped. All of it must be seen.
    pub fn parse(text: &str) -> Result<Self, EmailRefusal> {
        let email = Self::read(text)?;
        if email.as_str().chars().any(is_invisible) {
            return Err(EmailRefusal::Invisible);
        }
        Ok(email)
    }

    /// Reads an address that may have an account already.
    pub fn read(text: &str) -> Result<Self, EmailRefusal> {
        let text = text.trim();
        if text.len() > 4 * OCTETS_MAX {
            return Err(EmailRefusal::TooLong); // before any work on it
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailRefusal::NoAt)?;
        let local: String = local.nfc().collect();
        if !is_dot_string(&local) {
            return Err(EmailRefusal::LocalPart);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailRefusal::Domain)?;
        if !is_mail_domain(&domain) {
            return Err(EmailRefusal::Domain);
        }
        let address = format!("{local}@{domain}");
        if local.len() > LOCAL_OCTETS_MAX || address.len() > OCTETS_MAX {
            return Err(EmailRefusal::TooLong);
        }
        Ok(Self {
            address: address.into(),
        })
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.address
    }
}

/// Addresses are personal data: they do not get into a log by way of `{:?}`.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

fn is_dot_string(local: &str) -> bool {
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom_char))
}

fn is_atom_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    }
    !c.is_control() && !c.is_whitespace()
}

/// A name of two labels or more that is not a dotted number (RFC 5321 writes addresses of hosts in brackets).
fn is_mail_domain(domain: &str) -> bool {
    domain.rsplit_once('.').is_some_and(|(rest, top)| {
        !rest.is_empty() && !top.is_empty() && !top.bytes().all(|b| b.is_ascii_digit())
    })
}

/// HMAC-SHA-256 of an address under the deployment's secret. Equal for addresses that differ in case only, which no
/// mail provider distinguishes and people mistype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EmailDigest([u8; 32]);

impl EmailDigest {
    /// Its 32 octets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Makes digests of addresses. Without the secret none can be reversed or recomputed.
pub struct EmailDigests {
    key: hmac::Key,
}

impl EmailDigests {
    /// Digests under `secret`. Another secret finds none of the addresses registered under this one.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
        }
    }

    /// The digest of `email`.
    pub fn of(&self, email: &Email) -> EmailDigest {
        let tag = hmac::sign(&self.key, email.as_str().to_lowercase().as_bytes());
        EmailDigest(tag.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn white_space_around_and_the_case_of_the_domain_do_not_matter() {
        assert_eq!(
            email("  Ann.Lee+gigs@Example.ORG\n").as_str(),
            "Ann.Lee+gigs@example.org"
        );
    }

    #[test]
    fn one_domain_has_one_spelling() {
        assert_eq!(email("a@bücher.example"), email("a@XN--BCHER-KVA.example"));
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_mailbox() {
        assert_eq!(email("jose\u{301}@example.org"), email("jos\u{e9}@example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        use EmailRefusal::{Domain, Invisible, LocalPart, NoAt};
        let refused = [
            ("", NoAt),
            ("ann", NoAt),
            ("@example.org", LocalPart),
            ("ann@", Domain),
            ("ann@host", Domain),
            ("ann@127.0.0.1", Domain),
            ("ann@[127.0.0.1]", Domain),
            ("ann@exa mple.org", Domain),
            ("ann@-x.org", Domain),
            ("a..b@example.org", LocalPart),
            (".a@example.org", LocalPart),
            ("\"a b\"@example.org", LocalPart),
            ("a\r\nBcc: b@example.org", LocalPart),
            ("a\u{85}b@example.org", LocalPart),
            ("\u{200b}@example.org", Invisible),
            ("an\u{200d}n@example.org", Invisible),
            ("\u{202e}nna@example.org", Invisible),
            ("a@b@example.org", LocalPart),
        ];
        for (text, refusal) in refused {
            assert_eq!(Email::parse(text), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn an_address_that_exists_is_read_as_it_always_was() {
        assert_eq!(
            Email::read("an\u{200d}n@example.org").unwrap().as_str(),
            "an\u{200d}n@example.org"
        );
        assert_eq!(Email::read("a b@example.org"), Err(EmailRefusal::LocalPart));
    }

    #[test]
    fn lengths_are_those_of_smtp() {
        let domain = format!("{}.{}.{}.example", "d".repeat(60), "d".repeat(60), "d".repeat(57)); // 187
        assert_eq!(email(&format!("{}@{domain}", "l".repeat(64))).as_str().len(), 252);
        assert_eq!(
            Email::parse(&format!("{}@{domain}", "l".repeat(65))),
            Err(EmailRefusal::TooLong)
        );
        assert_eq!(
            Email::parse(&format!("{}@ddd.{domain}", "l".repeat(64))),
            Err(EmailRefusal::TooLong)
        );
        assert_eq!(
            Email::parse(&format!("a@{}", "d.".repeat(100_000))),
            Err(EmailRefusal::TooLong)
        );
    }

    #[test]
    fn digests_find_the_same_mailbox_and_differ_by_secret() {
        let digests = EmailDigests::new(b"one secret of thirty-two octets!!");
        assert_eq!(
            digests.of(&email("Ann@Example.org")),
            digests.of(&email("ann@example.org"))
        );
        assert_ne!(
            digests.of(&email("ann@example.org")),
            digests.of(&email("bob@example.org"))
        );
        let others = EmailDigests::new(b"another secret of 32 octets here!");
        assert_ne!(
            digests.of(&email("ann@example.org")),
            others.of(&email("ann@example.org"))
        );
    }

    #[test]
    fn an_address_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", email("ann@example.org")), "Email(…)");
    }
}
