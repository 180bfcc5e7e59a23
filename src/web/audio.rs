//! The sound files of the configuration, for the carrier to play. Not signed for and not secret: callers hear them.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::App;

/// The carrier may keep a sound for so long; then a file that was changed is heard.
const KEPT_FOR: Duration = Duration::from_secs(5 * 60);

/// A sound file. Only names that the configuration has lead to one; no path is ever looked up.
pub(super) async fn audio(State(app): State<Arc<App>>, Path(file): Path<String>) -> Response {
    let said = app.current.get();
    let Some(sound) = said.sounds.get(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let cache = format!("public, max-age={}", KEPT_FOR.as_secs());
    let headers = [(header::CONTENT_TYPE, sound.content_type.to_owned()), (header::CACHE_CONTROL, cache)];
    (headers, sound.bytes.clone()).into_response()
}
