//! The doorbell: notifies the relay that facts were committed.

use async_nats::Client;
use bytes::Bytes;
use tokio::sync::watch;

use crate::Subjects;

/// Rings at the relay's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Doorbell {
    rung: Option<watch::Sender<()>>,
}

impl Doorbell {
    /// A doorbell that rings over NATS, from a task that lives as long as the last clone. Needs a tokio runtime.
    pub fn new(nats: Client, subjects: &Subjects) -> Self {
        let (rung, mut rings) = watch::channel(());
        let subject = subjects.doorbell();
        tokio::spawn(async move {
            while rings.changed().await.is_ok() {
                if let Err(error) = nats.publish(subject.clone(), Bytes::new()).await {
                    tracing::debug!(%error, "the doorbell did not ring; the relay will look by itself");
                }
            }
        });
        Self { rung: Some(rung) }
    }

    /// A doorbell without a wire: the relay looks by itself.
    pub const fn silent() -> Self {
        Self { rung: None }
    }

    /// Rings. Neither waits nor fails; rings that come faster than they can be sent become one.
    pub fn ring(&self) {
        if let Some(rung) = &self.rung {
            rung.send_replace(());
        }
    }
}
