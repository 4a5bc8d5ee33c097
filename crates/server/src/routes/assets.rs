//! The inventory.

use super::{Shared, work};
use crate::cache::App;
use crate::error::{Problem, RequestError};
use crate::inventory::{Column, Direction, Sort, Wanted, csv as as_csv, details, page};
use crate::views::{AssetDetail, AssetPage};
use axum::Json;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::IntoResponse;
use cofferdam_site::SiteError;
use serde::Deserialize;
use utoipa::IntoParams;

const MAX_ROWS: usize = 10_000;

/// How the list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Words that a row has to hold, all of them, in any column.
    q: Option<String>,
    /// A zone's identifier.
    zone: Option<String>,
    /// A column, with `-` before it for the other direction.
    sort: Option<String>,
    /// Rows to pass over.
    offset: Option<usize>,
    /// Rows to give, at most 10,000.
    limit: Option<usize>,
}

impl ListQuery {
    fn wanted(self) -> Result<Wanted, RequestError> {
        Ok(Wanted {
            words: self
                .q
                .unwrap_or_default()
                .to_lowercase()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            zone: self.zone.filter(|zone| !zone.is_empty()),
            sort: self
                .sort
                .as_deref()
                .filter(|sort| !sort.is_empty())
                .map(sort)
                .transpose()?,
            offset: self.offset.unwrap_or(0),
            limit: self.limit.unwrap_or(MAX_ROWS).min(MAX_ROWS),
        })
    }
}

fn sort(text: &str) -> Result<Sort, RequestError> {
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    let found = Column::ALL.iter().find(|(known, _)| *known == name);
    let column = found.map(|(_, column)| *column).ok_or_else(|| {
        let known: Vec<_> = Column::ALL.iter().map(|(name, _)| *name).collect();
        RequestError::BadRequest(format!(
            "`{name}` is no column to sort by; the columns are {}",
            known.join(", ")
        ))
    })?;
    Ok(Sort { column, descending })
}

/// Assets, declared and observed.
#[utoipa::path(get, path = "/api/v1/assets", params(ListQuery), responses(
    (status = 200, body = AssetPage),
    (status = 400, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    app: Shared,
    Query(query): Query<ListQuery>,
) -> Result<Json<AssetPage>, RequestError> {
    let wanted = query.wanted()?;
    work(app.0, move |app| {
        Ok(Json(page(
            rows(app)?.into_iter().map(|row| row.asset).collect(),
            &wanted,
        )))
    })
    .await
}

/// The same list as CSV.
#[utoipa::path(get, path = "/api/v1/assets.csv", params(ListQuery), responses(
    (status = 200, body = String, content_type = "text/csv"),
    (status = 400, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn csv(
    app: Shared,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, RequestError> {
    let wanted = query.wanted()?;
    let text = work(app.0, move |app| {
        let page = page(rows(app)?.into_iter().map(|row| row.asset).collect(), &wanted);
        as_csv(&page.rows).map_err(|error| RequestError::Internal(error.to_string()))
    })
    .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"assets.csv\""),
    ];
    Ok((headers, text))
}

/// One asset, with where each fact comes from.
#[utoipa::path(get, path = "/api/v1/assets/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = AssetDetail),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(app: Shared, Path(id): Path<String>) -> Result<Json<AssetDetail>, RequestError> {
    work(app.0, move |app| {
        let found = rows(app)?.into_iter().find(|row| row.asset.id == id);
        found
            .map(Json)
            .ok_or(RequestError::NotFound { what: "asset", id })
    })
    .await
}

/// A model that is absent or faulty takes nothing away from what was observed.
fn rows(app: &App) -> Result<Vec<AssetDetail>, RequestError> {
    let observed = app.site.inventory()?.assets;
    let document = match app.site.plant(None) {
        Ok(document) => Some(document),
        Err(SiteError::NoPlant | SiteError::Plant(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(details(
        document.as_ref().map(|document| document.plant()),
        &observed,
    ))
}
