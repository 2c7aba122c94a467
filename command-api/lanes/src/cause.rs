//! Who causes facts, and in the course of what: it becomes their metadata.

use std::sync::Arc;

use edge::request::RequestContext;
use edge::token::Role;
use event_store::clock::{Clock, new_id};
use event_store::{Metadata, Position};
use uuid::Uuid;

/// Namespace of the ids of commands that processes issue (RFC 9562, 5.5).
const COMMANDS: Uuid = Uuid::from_u128(0x3a0d_9d52_7e0e_4b5a_8a51_5f0e_62f5_1b6c);

/// Who wants something, and in the course of what.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Account id, or the name of a process.
    pub actor: String,
    /// The actor's role.
    pub role: &'static str,
    pub command_id: Uuid,
    /// What the command belongs to.
    pub correlation_id: String,
    /// W3C trace context of the request, where there is one.
    pub traceparent: Option<String>,
    /// Hash of the client's address, where there is one.
    pub client: Option<String>,
    /// Position of the fact that this follows from, where a process acts.
    pub causation: Option<Position>,
}

impl Cause {
    /// What `account` asks for by a request.
    pub fn request(account: Uuid, role: Role, context: &RequestContext, clock: &Clock) -> Self {
        Self {
            role: role.as_str(),
            correlation_id: context.correlation_id.as_str().to_owned(),
            traceparent: Some(context.traceparent.to_string()),
            client: context.client.map(|digest| digest.to_string()),
            ..Self::system(account.to_string(), new_id(clock))
        }
    }

    /// What `actor`, a part of the system, does of its own accord.
    pub fn system(actor: impl Into<String>, command_id: Uuid) -> Self {
        Self {
            actor: actor.into(),
            role: "process",
            command_id,
            correlation_id: command_id.to_string(),
            traceparent: None,
            client: None,
            causation: None,
        }
    }

    /// What `process` does about `subject` because of the fact at `causation`: the same command however often.
    pub fn process(process: &str, subject: Uuid, causation: Position) -> Self {
        Self {
            causation: Some(causation),
            ..Self::system(process, command_id(process, causation, subject))
        }
    }

    pub fn metadata(&self) -> Result<Arc<str>, serde_json::Error> {
        let metadata = Metadata {
            actor: self.actor.clone(),
            role: self.role.to_owned(),
            command_id: self.command_id,
            correlation_id: self.correlation_id.clone(),
            causation_id: self.causation.map(|position| position.to_string()),
            traceparent: self.traceparent.clone(),
            client: self.client.clone(),
        };
        serde_json::to_string(&metadata).map(Arc::from)
    }
}

fn command_id(process: &str, cause: Position, subject: Uuid) -> Uuid {
    let mut name = Vec::with_capacity(process.len() + 24);
    name.extend_from_slice(&cause.get().to_be_bytes());
    name.extend_from_slice(subject.as_bytes());
    name.extend_from_slice(process.as_bytes());
    Uuid::new_v5(&COMMANDS, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_a_process_has_the_same_id_however_often_it_is_issued() {
        let id = |process, cause, subject| {
            Cause::process(process, Uuid::from_u128(subject), Position::new(cause)).command_id
        };
        assert_eq!(id("payment", 7, 1), id("payment", 7, 1));
        for other in [id("refund", 7, 1), id("payment", 8, 1), id("payment", 7, 2)] {
            assert_ne!(id("payment", 7, 1), other);
        }
    }
}
