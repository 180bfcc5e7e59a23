//! Who may see and use the page: browsers on this machine that mean this very page. A page from elsewhere must not play
//! with the telephones, not even under a name that it lets point to this machine.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// The names under which the page is reached.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: [String; 3],
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stranger {
    #[error("this page has another address; look at what `ringall demo` prints")]
    Host,
    #[error("the request comes from another page")]
    Origin,
    #[error("the header `X-Ringall-Demo: 1` is missing")]
    Header,
}

const OWN_HEADER: &str = "x-ringall-demo";
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SAFETY: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

impl Guard {
    /// A guard for a page on this port of this machine.
    pub(super) fn new(port: u16) -> Self {
        // Browsers leave out the port that goes without saying.
        let port = if port == 80 { String::new() } else { format!(":{port}") };
        Self { hosts: ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}{port}")) }
    }

    fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<(), Stranger> {
        let host = only(headers, &header::HOST).filter(|host| self.hosts.iter().any(|own| own == host));
        let host = host.ok_or(Stranger::Host)?;
        let is_own_origin = |origin: &str| origin.strip_prefix("http://") == Some(host);
        if headers.contains_key(header::ORIGIN) && !only(headers, &header::ORIGIN).is_some_and(is_own_origin) {
            return Err(Stranger::Origin);
        }
        // No page of another origin can send such a header without asking, and nobody answers it.
        let is_marked = only(headers, &HeaderName::from_static(OWN_HEADER)) == Some("1");
        if method != Method::GET && method != Method::HEAD && !is_marked {
            return Err(Stranger::Header);
        }
        Ok(())
    }
}

/// Lets the page's own requests pass, and tells browsers what the page never does.
pub(super) async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.admit(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(stranger) => (StatusCode::FORBIDDEN, format!("{stranger}\n")).into_response(),
    };
    response.headers_mut().extend(SAFETY);
    response
}

/// The value of a header that is there exactly once.
fn only<'request>(headers: &'request HeaderMap, name: &HeaderName) -> Option<&'request str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none());
    value.and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_reached_under_the_names_of_this_machine() {
        for host in ["127.0.0.1:7000", "localhost:7000", "[::1]:7000"] {
            assert_eq!(get(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn every_other_name_is_a_stranger() {
        for host in ["127.0.0.1", "127.0.0.1:7001", "evil.example:7000", "localhost.evil.example:7000", "", "::1:7000"]
        {
            assert_eq!(get(&[("host", host)]), Err(Stranger::Host), "{host}");
        }
        assert_eq!(get(&[]), Err(Stranger::Host));
        assert_eq!(get(&[("host", "localhost:7000"), ("host", "evil.example")]), Err(Stranger::Host));
    }

    #[test]
    fn a_request_of_another_page_is_turned_away() {
        let from = |origin| get(&[("host", "localhost:7000"), ("origin", origin)]);

        assert_eq!(from("http://localhost:7000"), Ok(()));
        for origin in ["http://127.0.0.1:7000", "https://localhost:7000", "http://evil.example", "null", ""] {
            assert_eq!(from(origin), Err(Stranger::Origin), "{origin}");
        }
    }

    #[test]
    fn an_action_needs_the_pages_own_header() {
        let post = |headers: &[_]| Guard::new(7000).admit(&Method::POST, &collect(headers));

        assert_eq!(post(&[("host", "localhost:7000"), ("x-ringall-demo", "1")]), Ok(()));
        assert_eq!(post(&[("host", "localhost:7000"), ("x-ringall-demo", "0")]), Err(Stranger::Header));
        assert_eq!(post(&[("host", "localhost:7000")]), Err(Stranger::Header));
    }

    #[test]
    fn the_port_that_goes_without_saying_is_not_asked_for() {
        let headers = collect(&[("host", "localhost")]);

        assert_eq!(Guard::new(80).admit(&Method::GET, &headers), Ok(()));
    }

    fn get(headers: &[(&'static str, &'static str)]) -> Result<(), Stranger> {
        Guard::new(7000).admit(&Method::GET, &collect(headers))
    }

    fn collect(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }
}
