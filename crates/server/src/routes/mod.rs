//! The routes. Each is one function that asks `site` and makes a view; work that takes time runs on its own thread.

mod assets;
mod plant;
mod shadow;

use crate::cache::App;
use crate::error::RequestError;
use crate::guard::{Names, guard};
use crate::openapi::Document;
use crate::web;
use axum::Router;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use std::net::SocketAddr;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What every route is handed.
pub(crate) type Shared = axum::extract::State<Arc<App>>;

/// The API with its description.
pub(crate) fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(plant::site))
        .routes(routes!(plant::map))
        .routes(routes!(plant::findings))
        .routes(routes!(plant::rules))
        .routes(routes!(assets::list))
        .routes(routes!(assets::csv))
        .routes(routes!(assets::one))
        .routes(routes!(shadow::shadow))
        .routes(routes!(health))
}

/// API and web app, guarded.
pub(crate) fn router(app: Arc<App>, address: SocketAddr) -> Router {
    let (api, _) = api().split_for_parts();
    api.route("/api/openapi.json", axum::routing::get(openapi))
        .fallback(fallback)
        .with_state(app)
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn_with_state(Names::of(address), guard))
}

/// Whether the server answers.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = String)))]
async fn health() -> &'static str {
    "ok"
}

async fn openapi() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        crate::openapi_json(),
    )
}

async fn fallback(method: Method, uri: axum::http::Uri) -> axum::response::Response {
    if method == Method::GET || method == Method::HEAD {
        web::file(uri).await
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    }
}

/// Runs what reads files or computes for long, away from the threads that answer requests.
pub(crate) async fn work<T: Send + 'static>(
    app: Arc<App>,
    job: impl FnOnce(&App) -> Result<T, RequestError> + Send + 'static,
) -> Result<T, RequestError> {
    tokio::task::spawn_blocking(move || job(&app))
        .await
        .map_err(|error| RequestError::Internal(error.to_string()))?
}
