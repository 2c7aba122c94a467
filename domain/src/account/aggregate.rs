//! The Account as cqrs-es sees it.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use crate::account::command::{AccountCommand, AccountRefusal, decide};
use crate::account::facts::AccountFact;
use crate::account::state::Account;

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
