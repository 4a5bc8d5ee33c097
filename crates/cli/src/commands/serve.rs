//! `cofferdam serve`: the web app and its API, on loopback.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Form, Screen};
use clap::Args;
use cofferdam_server::DEFAULT_PORT;
use cofferdam_site::Site;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Serve the web app on this machine until stopped
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The loopback address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// The port; 0 takes any free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
}

pub(crate) fn run(args: &ServeArgs, site: Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let address = SocketAddr::new(args.address, args.port);
    let mut told = Ok(());
    cofferdam_server::serve(site, address, |url| {
        told = match screen.form() {
            Form::Json => screen.json(&serde_json::json!({ "url": url })),
            Form::Text => screen.line(format!("The web app is at {url}")),
        };
    })?;
    told?;
    Ok(Outcome::Done)
}
