//! The API's description, generated from the routes; `docs/openapi.json` is compared with it by a test.

use crate::routes;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(info(
    title = "Cofferdam",
    description = "The plant model, what was observed, and what an enforced policy would do. Read only.",
    license(name = "Apache-2.0")
))]
pub(crate) struct Document;

/// The description as JSON.
#[must_use]
pub fn openapi_json() -> String {
    let (_, document) = routes::api().split_for_parts();
    document.to_pretty_json().unwrap_or_default()
}
