//! What answers where the ngrok agent should be.

use std::net::SocketAddr;

use futures_util::FutureExt as _;
use ringall::ngrok::{DEFAULT_AGENT, NgrokError, public_url};

pub(crate) fn run(input: &[u8]) {
    let answer = String::from_utf8_lossy(input).into_owned();
    let listen = SocketAddr::from(([127, 0, 0, 1], 7000));
    let asked = public_url(DEFAULT_AGENT, listen, |_| async { Ok(answer) });
    let found = asked.now_or_never().expect("there is nothing to wait for");

    match found {
        Ok(url) => assert!(url.scheme() == "https" && url.has_host(), "{url}"),
        Err(NgrokError::NoAgent { .. }) => panic!("it answered"),
        Err(error) => {
            // What a stranger wrote is not repeated, only counted.
            assert!(error.to_string().len() < 150, "{error}");
        }
    }
}
