//! `GET /audit/{aggregate}/{id}/facts`: everything that happened to something.

use actix_web::{HttpResponse, web};
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::Params;
use edge::token::Role;
use event_store::{RecordedFact, Sequence, StreamId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::QueryApi;
use crate::answer::Audience;
use crate::audit::stream::{self, page};
use crate::facts::Fact;
use crate::failure;
use crate::query::Query;

/// Facts of a page when the client does not say.
const LIMIT_DEFAULT: usize = 50;
/// Facts of a page at most.
const LIMIT_MAX: usize = 1_000;
/// Facts read at once: no more than a few megabytes, however large each is.
const READ_AT_ONCE: usize = 16;
/// A page ends with the fact that brings its payloads to this many bytes.
const PAGE_BYTES: usize = 512 * 1_024;

/// Page of a stream's facts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FactsParams {
    /// Only facts after this sequence.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Facts of a page: 50 if not given, 1000 at most. A larger number is cut to 1000; large facts make shorter pages.
    #[param(minimum = 1)]
    limit: Option<u64>,
}

/// A page of facts of one aggregate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactsPage {
    /// Its facts, the oldest first.
    items: Vec<AuditFact>,
    /// Hand it back as `after` for the next page; `null` on the last one.
    next_after: Option<i64>,
}

/// A fact, and who caused it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditFact {
    #[serde(flatten)]
    fact: Fact,
    /// Who or what caused it, and why: actor, role, command, correlation, causation.
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
}

/// The facts of one aggregate as they were recorded. What is sealed stays sealed.
#[utoipa::path(get, path = "/api/v1/audit/{aggregate}/{id}/facts", tag = "audit",
    params(("aggregate" = String, Path, description = "`event`, `booking` or `account`"), FactsParams),
    responses((status = 200, description = "A page of facts", body = FactsPage)))]
pub(crate) async fn list_facts(
    query: Query,
    caller: Caller,
    path: web::Path<(String, String)>,
    params: Params<FactsParams>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Auditor, Role::Admin])?;
    let (_, stream) = stream::parse(&path.0, &path.1)?;
    let after = Sequence::new(params.0.after.unwrap_or(0));
    let limit = params.0.limit.map_or(LIMIT_DEFAULT, |limit| {
        usize::try_from(limit).unwrap_or(LIMIT_MAX).min(LIMIT_MAX)
    });
    if after < Sequence::START {
        return Err(failure::invalid("after", "is at least 0"));
    }
    if limit == 0 {
        return Err(failure::invalid("limit", "is at least 1"));
    }
    let api = &query.api;
    let position = api.log_position(query.min).await?;
    let facts = read(api, &stream, after, limit).await?;
    if facts.is_empty() && !exists(api, &stream).await? {
        return Err(failure::not_found());
    }
    let more = match facts.last() {
        Some(last) => !page(api, &stream, last.sequence, 1).await?.is_empty(),
        None => false,
    };
    let items: Vec<AuditFact> = facts.into_iter().map(AuditFact::from).collect();
    let next_after = items.last().filter(|_| more).map(|last| last.fact.sequence);
    let page = FactsPage { items, next_after };
    query.answer_at(position, &page, Audience::Caller).await
}

async fn read(
    api: &QueryApi,
    stream: &StreamId,
    after: Sequence,
    limit: usize,
) -> Result<Vec<RecordedFact>, Problem> {
    let mut facts: Vec<RecordedFact> = Vec::new();
    let mut bytes = 0;
    while facts.len() < limit {
        let after = facts.last().map_or(after, |last| last.sequence);
        let at_once = READ_AT_ONCE.min(limit - facts.len());
        let read = page(api, stream, after, at_once).await?;
        let last = read.len() < at_once;
        for fact in read {
            bytes += fact.payload.get().len();
            facts.push(fact);
            if bytes >= PAGE_BYTES {
                return Ok(facts);
            }
        }
        if last {
            break;
        }
    }
    Ok(facts)
}

async fn exists(api: &QueryApi, stream: &StreamId) -> Result<bool, Problem> {
    Ok(!page(api, stream, Sequence::START, 1).await?.is_empty())
}

impl From<RecordedFact> for AuditFact {
    fn from(mut fact: RecordedFact) -> Self {
        let metadata = std::mem::take(&mut fact.metadata);
        Self {
            fact: fact.into(),
            metadata,
        }
    }
}
