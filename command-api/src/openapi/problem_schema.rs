//! The shape of problem details (RFC 9457) in the document.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Why a request was not carried out (RFC 9457). Kinds have members of their own beside these, such as `seats`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDetails {
    /// The stable kind.
    #[schema(example = "/problems/seats-taken")]
    r#type: String,
    /// A short sentence, the same for every occurrence of the kind.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    detail: Option<String>,
    /// The path that was asked for.
    instance: Option<String>,
    /// Joins the answer with logs and facts.
    correlation_id: Option<String>,
    /// What is wrong, place by place.
    errors: Option<Vec<FieldFault>>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// One thing that is wrong with a request: one of `pointer`, `parameter` and `header` names the place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldFault)]
pub(super) struct FieldFault {
    /// Where in the body, as a JSON pointer in a URI fragment (RFC 6901), such as `#/seat_ids/0`.
    pointer: Option<String>,
    /// Which query parameter, such as `limit`.
    parameter: Option<String>,
    /// Which header, such as `Evently-Min-Position`.
    header: Option<String>,
    /// What is wrong.
    detail: String,
}
