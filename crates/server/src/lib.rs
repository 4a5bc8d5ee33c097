//! The HTTP API and the web app, over the same steps as the CLI.
//!
//! It knows requests and answers, and holds no rule of the plant: every answer is a view of what `site` and the pure
//! crates say. It must not know of terminals or packets. Until there are accounts it reads only and listens on
//! loopback only; [`ServeError::NotLoopback`] says so.
//!
//! Read first: [`serve`], [`views::MapView`], [`shadow_view::ShadowView`].
#![forbid(unsafe_code)]

mod cache;
mod error;
mod guard;
mod inventory;
mod map;
mod openapi;
mod routes;
pub mod shadow_view;
pub mod views;
mod web;

pub use error::ServeError;
pub use openapi::openapi_json;

use cofferdam_site::Site;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The port that is used if none is named: 62443 is in the range that systems hand out, so it may be taken.
pub const DEFAULT_PORT: u16 = 6243;

/// Serves until the process is asked to stop (Ctrl-C, SIGTERM). `ready` is handed the web app's address.
///
/// # Errors
/// When the address is not on loopback, can't be had, or the socket fails.
pub fn serve(site: Site, address: SocketAddr, ready: impl FnOnce(&str)) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Serve)?;
    runtime.block_on(async {
        let bound = bind(site, address).await?;
        ready(&bound.url());
        bound.run(asked_to_stop()).await
    })
}

async fn asked_to_stop() {
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            () = interrupted => {}
            _ = terminated.recv() => {}
        },
        Err(_) => interrupted.await,
    }
}

/// A server that has its socket and waits to be run.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    site: Site,
}

/// Takes the address for a site. Port 0 takes any free one.
///
/// # Errors
/// When the address is not on loopback, or can't be had.
pub async fn bind(site: Site, address: SocketAddr) -> Result<Bound, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let bound = |source| ServeError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bound)?;
    let address = listener.local_addr().map_err(bound)?;
    Ok(Bound {
        listener,
        address,
        site,
    })
}

impl Bound {
    /// Where the web app is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until `stop` is ready; requests under way are answered first.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
        let state = Arc::new(cache::App::new(self.site));
        let router = routes::router(state, self.address);
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop)
            .await
            .map_err(ServeError::Serve)
    }
}
