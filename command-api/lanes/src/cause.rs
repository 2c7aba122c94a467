//! Who causes facts, and in the course of what: it becomes their metadata.

use std::borrow::Cow;
use std::sync::Arc;

use edge::request::{ClientDigest, CorrelationId, RequestContext, Traceparent};
use edge::token::Role;
use event_store::Position;
use event_store::clock::{Clock, new_id};
use serde::Serialize;
use uuid::Uuid;

/// Namespace of the ids of commands that processes issue (RFC 9562, 5.5).
const COMMANDS: Uuid = Uuid::from_u128(0x3a0d_9d52_7e0e_4b5a_8a51_5f0e_62f5_1b6c);

/// Who wants something, and in the course of what. As JSON it is the [`Metadata`](event_store::Metadata) of facts.
#[derive(Clone, Debug, Serialize)]
pub struct Cause {
    pub actor: Actor,
    /// The actor's role.
    pub role: &'static str,
    pub command_id: Uuid,
    /// What the client says that it belongs to, where that is not its trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
    /// Position of the fact that this follows from, where a process acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// W3C trace context of the request, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<Traceparent>,
    /// Hash of the client's address, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientDigest>,
}

/// Who acts.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Actor {
    Account(Uuid),
    /// A part of the system, by its name.
    System(Cow<'static, str>),
}

impl Cause {
    /// What `account` asks for by a request.
    pub fn request(account: Uuid, role: Role, context: &RequestContext, clock: &Clock) -> Self {
        Self {
            actor: Actor::Account(account),
            role: role.as_str(),
            command_id: new_id(clock),
            correlation_id: context.named(),
            causation_id: None,
            traceparent: Some(context.traceparent),
            client: context.client,
        }
    }

    /// What `actor`, a part of the system, does of its own accord.
    pub fn system(actor: impl Into<Cow<'static, str>>, command_id: Uuid) -> Self {
        Self {
            actor: Actor::System(actor.into()),
            role: "process",
            command_id,
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            client: None,
        }
    }

    /// What `process` does about `subject` because of the fact at `causation`: the same command however often.
    pub fn process(process: &'static str, subject: Uuid, causation: Position) -> Self {
        Self {
            causation_id: Some(causation.to_string()),
            ..Self::system(process, command_id(process, causation, subject))
        }
    }

    /// The metadata of its facts, which share it.
    pub fn metadata(&self) -> Result<Arc<str>, serde_json::Error> {
        serde_json::to_string(self).map(Arc::from)
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
    use event_store::Metadata;

    use super::*;

    fn read(cause: &Cause) -> Metadata {
        serde_json::from_str(&cause.metadata().unwrap()).unwrap()
    }

    #[test]
    fn metadata_of_a_request_tell_its_caller_its_trace_and_what_the_client_calls_it() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let traceparent = Traceparent::parse(trace).unwrap();
        let mut context = RequestContext {
            correlation_id: CorrelationId::parse(b"order-7").unwrap(),
            traceparent,
            client: Some(ClientDigest::new([171; 16])),
        };
        let account = Uuid::from_u128(7);
        let cause = |context| Cause::request(account, Role::User, &context, &Clock::system());
        let metadata = read(&cause(context));
        assert_eq!(metadata.actor, account.to_string());
        assert_eq!(metadata.role, "user");
        assert_eq!(metadata.correlation_id.as_deref(), Some("order-7"));
        assert_eq!(metadata.traceparent.as_deref(), Some(trace));
        assert_eq!(metadata.client, Some("ab".repeat(16)));
        assert_eq!(metadata.causation_id, None);

        context.correlation_id = CorrelationId::of_trace(&traceparent);
        let metadata = read(&cause(context));
        assert_eq!(metadata.correlation_id, None, "the trace stands there once");
    }

    #[test]
    fn metadata_of_a_process_tell_what_it_follows_from() {
        let cause = Cause::process("payment", Uuid::from_u128(1), Position::new(7));
        let metadata = read(&cause);
        assert_eq!(metadata.actor, "payment");
        assert_eq!(metadata.command_id, cause.command_id);
        assert_eq!(metadata.causation_id.as_deref(), Some("7"));
    }

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
