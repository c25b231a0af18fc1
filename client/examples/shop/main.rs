//! A small shop: log in, fill a cart, order. Its sessions are in Cloakroom, so that it goes on while nodes die.
//!
//! Start a node with `cargo run`, or a local cluster with `cargo xtask up`, then run this with
//! `cargo run -p cloakroom-client --example shop` and open the address that it prints. Kill a node between two clicks,
//! or the shop itself: who was logged in still is, and the cart is as it was.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks by printing")]

mod args;
mod cart;
mod handlers;
mod pages;
mod same_origin;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use axum::{
    Router, middleware,
    routing::{get, post},
};
use clap::Parser as _;
use cloakroom_client::{
    Client, Session,
    tower_sessions::{CloakroomStore, LocationKeys, LocationLayer},
};
use time::Duration;
use tokio::{net::TcpListener, signal};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use args::Args;

/// The name under which nodes know these sessions.
const APP: &str = "shop";

#[tokio::main]
async fn main() -> ExitCode {
    // What the client goes through while nodes die is told as warnings.
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let client = args.client().await?;
    ensure_served(&client).await?;
    let sessions = SessionManagerLayer::new(CloakroomStore::new(client, APP))
        // Links from other sites find the visitor logged in; forms of other sites bring no cookie.
        .with_same_site(SameSite::Lax)
        .with_secure(args.https)
        .with_expiry(Expiry::OnInactivity(Duration::hours(1)));
    let shop = Router::new()
        .route("/", get(handlers::show))
        .route("/login", post(handlers::login))
        .route("/logout", post(handlers::logout))
        .route("/add", post(handlers::add))
        .route("/remove", post(handlers::remove))
        .route("/order", post(handlers::order))
        .layer(sessions);
    let shop = match &args.location_keys {
        Some(path) => {
            let keys = LocationKeys::from_file(path).await?;
            shop.layer(LocationLayer::new(keys).with_secure(args.https))
        }
        None => shop,
    };
    let shop = shop
        .route("/style.css", get(pages::style))
        .layer(middleware::from_fn(same_origin::guard))
        .layer(middleware::map_response(pages::finish));

    let listener = TcpListener::bind(&args.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", args.listen))?;
    println!("the shop is open at http://{}", listener.local_addr()?);
    axum::serve(listener, shop)
        .with_graceful_shutdown(async {
            // A program that cannot hear of Ctrl-C is ended by it all the same.
            let _ = signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

/// Better said now than to the first visitor.
async fn ensure_served(client: &Client) -> anyhow::Result<()> {
    let nobody = Session::new(APP, "nobody").context("the id is short")?;
    match client.get(&nobody).await {
        Ok(_) => Ok(()),
        Err(failure) => bail!(
            "there is nobody to keep sessions; start a node with `cargo run` or a cluster with `cargo xtask up`, or say \
             where they are with --server: {failure}"
        ),
    }
}
