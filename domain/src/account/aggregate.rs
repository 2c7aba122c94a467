//! The Account as cqrs-es sees it.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use strum::VariantNames;

use crate::account::command::{AccountCommand, AccountRefusal, decide};
use crate::account::facts::AccountFact;
use crate::account::state::Account;
use crate::ids::AccountId;
use crate::recorded::Recorded;

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountFact;
    type Error = AccountRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: AccountCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), AccountRefusal> {
        for fact in decide(self, &command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: AccountFact) {
        self.evolve(&fact);
    }
}

impl Recorded for Account {
    type Id = AccountId;
    const FACT_NAMES: &'static [&'static str] = <AccountFact as VariantNames>::VARIANTS;
    const FACT_VERSION: &'static str = "1.0";
    const SCHEMA_VERSION: i32 = 1;

    fn fact_name(fact: &AccountFact) -> &'static str {
        fact.name()
    }

    fn fact_at(fact: &AccountFact) -> DateTime<Utc> {
        match fact {
            AccountFact::AccountRegistered { at, .. } | AccountFact::RoleGranted { at, .. } => *at,
        }
    }
}
