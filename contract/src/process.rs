//! How the processes of the write side stand.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How one process stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProcessStatus {
    /// Its name.
    pub process: String,
    /// Up to where it has read the log.
    pub position: i64,
    /// Facts that it has not read.
    pub lag_facts: i64,
    /// Subjects that are under way.
    pub under_way: i64,
    /// Subjects whose deadline has passed.
    pub overdue: i64,
    /// Subjects that are stuck.
    pub stuck: i64,
}

/// A subject that an operator should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StuckSubject {
    /// Which process.
    pub process: String,
    /// What is stuck, such as a payment.
    pub subject: Uuid,
    /// The booking or event that it belongs to.
    pub stream: Uuid,
    /// Position of the fact that it follows from.
    pub cause: i64,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}
