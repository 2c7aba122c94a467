//! `GET /problems/{slug}`: a type URI answers with what it means.

use actix_web::{HttpResponse, web};

use super::{Problem, kinds};
use crate::request::get;

/// Serves `/problems/{slug}`, so that the `type` of a problem leads somewhere.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/problems/{slug}").route(get().to(explain)));
}

async fn explain(slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let kind = kinds::with_slug(&slug).ok_or_else(|| Problem::new(&kinds::NOT_FOUND))?;
    let text = format!("{}\n\nStatus {}. {}\n", kind.title, kind.status, kind.meaning);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text))
}
