//! The web app's files, inside the binary.

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// A file of the web app; every address that is no file is a view of the app itself.
pub(crate) async fn file(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (name, file) = match Files::get(path) {
        Some(file) => (path, Some(file)),
        None if path.starts_with("assets/") && path.contains('.') => (path, None),
        None => (INDEX, Files::get(INDEX)),
    };
    let Some(file) = file else {
        return missing(name);
    };
    // Files under assets/ have their content's hash in their name.
    let cache = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let kind = file.metadata.mimetype().to_owned();
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, cache.to_owned()),
        ],
        file.data,
    )
        .into_response()
}

fn missing(name: &str) -> Response {
    if name == INDEX {
        let told = "The web app is not in this binary: build it with `make web` before `cargo build`. The API is at /api/v1.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, told).into_response();
    }
    StatusCode::NOT_FOUND.into_response()
}
