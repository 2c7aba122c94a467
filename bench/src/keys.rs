//! Tokens that the servers of a benchmark accept.

use std::rc::Rc;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge::token::{self, Issuer, Role, SigningKey, TokenPolicy, Verifier};
use event_store::clock::Clock;
use uuid::Uuid;

/// The seed of the benchmark's signing key: it signs for servers that live as long as the benchmark, on this machine.
const SEED: [u8; 32] = *b"evently benchmarks sign with it!";

/// Verified tokens that a server remembers: more than there are buyers.
pub(crate) const TOKENS_MAX: usize = 65_536;

/// Signs and checks tokens.
pub(crate) struct Keys {
    keys: token::Keys,
    policy: TokenPolicy,
}

impl Keys {
    /// The benchmark's keys, always the same.
    pub(crate) fn fixed() -> anyhow::Result<Self> {
        let key = SigningKey::from_seed(&SEED).context("reading the benchmark's key")?;
        Ok(Self {
            keys: token::Keys::new(vec![key]).context("reading the benchmark's key")?,
            policy: TokenPolicy {
                issuer: "evently".to_owned(),
                audience: "evently".to_owned(),
                lifetime_s: token::LIFETIME_MAX_S,
                skew_s: token::SKEW_MAX_S,
                cache_entries_max: TOKENS_MAX,
            },
        })
    }

    /// The signing key as servers are configured with it.
    pub(crate) fn seed() -> String {
        STANDARD.encode(SEED)
    }

    /// Checks tokens as the product does.
    pub(crate) fn verifier(&self) -> Verifier {
        Verifier::new(self.keys.clone(), &self.policy, Clock::system())
    }

    /// A token for `account`.
    pub(crate) fn token(&self, account: Uuid, role: Role) -> anyhow::Result<String> {
        let (token, _) = Issuer::new(&self.keys, &self.policy).issue(account, role, Clock::system().now())?;
        Ok(token)
    }

    /// `count` buyers, each with another account.
    pub(crate) fn buyers(&self, count: usize) -> anyhow::Result<Buyers> {
        let tokens = (0..count).map(|_| self.token(Uuid::new_v4(), Role::User));
        Ok(Buyers(tokens.collect::<anyhow::Result<_>>()?))
    }
}

/// Tokens of buyers, who take turns.
#[derive(Clone, Debug)]
pub(crate) struct Buyers(Rc<[String]>);

impl Buyers {
    /// Token of the buyer whose turn is `number`.
    pub(crate) fn token(&self, number: u32) -> &str {
        let turn = usize::try_from(number).unwrap_or_default() % self.0.len().max(1);
        self.0.get(turn).map_or("", String::as_str)
    }
}
