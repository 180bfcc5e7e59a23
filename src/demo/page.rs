//! The page of the demonstration: its files, and what its buttons ask for.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use tracing::error;

use super::{
    Demo,
    actions::{Refused, key},
    events::events,
    guard::{Guard, guard},
};

#[derive(Template)]
#[template(path = "demo.html")]
struct Page<'line> {
    name: &'line str,
    number: &'line str,
}

type Done = Result<StatusCode, Refused>;

const STYLE: &str = include_str!("../../assets/demo.css");
const SCRIPT: &str = include_str!("../../assets/demo.js");
const MARK: &str = include_str!("../../assets/ringall.svg");

/// The page at `/`, for browsers that reach it on this port of this machine.
pub(super) fn router(demo: Arc<Demo>, port: u16) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/assets/demo.css", file("text/css; charset=utf-8", STYLE))
        .route("/assets/demo.js", file("text/javascript; charset=utf-8", SCRIPT))
        .route("/assets/ringall.svg", file("image/svg+xml", MARK))
        .route("/demo/events", get(events))
        .route("/demo/callers/{id}/{act}", post(caller_acts))
        .route("/demo/callers/{id}/press/{key}", post(caller_presses))
        .route("/demo/phones/{id}/{act}", post(phone_acts))
        .route("/demo/phones/{id}/press/{key}", post(phone_presses))
        .route("/demo/phones/{id}/character/{name}", post(phone_behaves))
        .with_state(demo)
        .layer(middleware::from_fn_with_state(Arc::new(Guard::new(port)), guard))
}

async fn page(State(demo): State<Arc<Demo>>) -> Response {
    let line = &demo.stage.line;
    match (Page { name: &line.name, number: &line.number.expose() }).render() {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            error!(%error, "the page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn file(kind: &'static str, text: &'static str) -> axum::routing::MethodRouter<Arc<Demo>> {
    get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
}

async fn caller_acts(State(demo): State<Arc<Demo>>, Path((id, act)): Path<(String, String)>) -> Done {
    match act.as_str() {
        "call" => demo.caller_calls(&id),
        "hang_up" => demo.caller_hangs_up(&id),
        _ => Err(Refused::Unknown),
    }
    .map(done)
}

async fn caller_presses(State(demo): State<Arc<Demo>>, Path((id, pressed)): Path<(String, String)>) -> Done {
    demo.caller_presses(&id, key(&pressed)?).map(done)
}

async fn phone_acts(State(demo): State<Arc<Demo>>, Path((id, act)): Path<(String, String)>) -> Done {
    match act.as_str() {
        "answer" => demo.phone_answers(&id),
        "decline" => demo.phone_declines(&id),
        "mailbox" => demo.phone_goes_to_mailbox(&id),
        "hang_up" => demo.phone_hangs_up(&id),
        _ => Err(Refused::Unknown),
    }
    .map(done)
}

async fn phone_presses(State(demo): State<Arc<Demo>>, Path((id, pressed)): Path<(String, String)>) -> Done {
    demo.phone_presses(&id, key(&pressed)?).map(done)
}

async fn phone_behaves(State(demo): State<Arc<Demo>>, Path((id, name)): Path<(String, String)>) -> Done {
    demo.phone_behaves(&id, &name).map(done)
}

fn done(_nothing: ()) -> StatusCode {
    StatusCode::NO_CONTENT
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::NotNow(_) => StatusCode::CONFLICT,
        };
        (status, self.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Method, Request};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::demo::tests::demo_in_process;

    #[tokio::test(start_paused = true)]
    async fn the_page_and_its_files_are_there_under_a_strict_policy() {
        let router = router(demo_in_process(), 7000);

        for (path, kind) in [
            ("/", "text/html"),
            ("/assets/demo.css", "text/css"),
            ("/assets/demo.js", "text/javascript"),
            ("/assets/ringall.svg", "image/svg+xml"),
            ("/demo/events", "text/event-stream"),
        ] {
            let response = router.clone().oneshot(request(Method::GET, path, "localhost:7000")).await.unwrap();

            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let header = |name| response.headers().get(name).unwrap().to_str().unwrap();
            assert!(header("content-type").starts_with(kind), "{path}");
            assert!(header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"));
            assert_eq!((header("x-content-type-options"), header("referrer-policy")), ("nosniff", "no-referrer"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_see_nothing_and_do_nothing() {
        let router = router(demo_in_process(), 7000);

        for (method, path) in
            [(Method::GET, "/"), (Method::GET, "/demo/events"), (Method::POST, "/demo/phones/ana/answer")]
        {
            let response = router.clone().oneshot(request(method, path, "evil.example:7000")).await.unwrap();

            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn buttons_are_answered_by_what_came_of_them() {
        let router = router(demo_in_process(), 7000);
        let press = async |path: &str| {
            let response = router.clone().oneshot(request(Method::POST, path, "localhost:7000")).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        };

        assert_eq!(press("/demo/callers/caller-1/call").await, (204, String::new()));
        assert_eq!(press("/demo/callers/caller-1/press/%23").await, (204, String::new()));
        assert_eq!(press("/demo/callers/caller-1/call").await, (409, "Caller 1 is in a call already.".to_owned()));
        assert_eq!(press("/demo/phones/ana/character/mailbox").await, (204, String::new()));
        assert_eq!(press("/demo/phones/ana/hang_up").await, (409, "Ana’s phone is in no call now.".to_owned()));
        for path in ["/demo/phones/zoe/answer", "/demo/phones/ana/sing", "/demo/phones/ana/press/12"] {
            assert_eq!(press(path).await.0, 404, "{path}");
        }
    }

    fn request(method: Method, path: &str, host: &str) -> Request<Body> {
        let request = Request::builder().method(method).uri(path).header("host", host).header("x-ringall-demo", "1");
        request.body(Body::empty()).unwrap()
    }
}
