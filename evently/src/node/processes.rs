//! The processes of this node: what happens by itself.

use std::sync::Arc;

use command_api::CommandApi;
use event_store::Log;
use event_store::fanout::Fanout;
use processes::{
    EventCancellation, HoldExpiry, LateCapture, PaymentProcess, Process, Processes, ProcessesParts,
    RefundProcess,
};
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;

/// Runs every process until `stop`.
pub(crate) fn run(
    backend: &Backend,
    api: &CommandApi,
    facts: Fanout,
    stop: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    let processes: Vec<Arc<dyn Process>> = vec![
        Arc::new(HoldExpiry::new(api.events.clone())),
        Arc::new(PaymentProcess::new(api.collector.clone())),
        Arc::new(RefundProcess::new(api.collector.clone())),
        Arc::new(LateCapture::new(api.collector.clone())),
        Arc::new(EventCancellation::new(api.events.clone())),
    ];
    let parts = ProcessesParts {
        log: Log::new(backend.writer.clone()),
        facts,
        deadlines: api.deadlines.clone(),
        clock: backend.clock.clone(),
    };
    Processes::new(parts, processes).run(stop)
}
