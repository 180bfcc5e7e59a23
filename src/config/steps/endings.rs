//! `hangup`, `reject` and `goto`: how a call ends here, or where it goes on at once.

use ringall_core::flow::{Rejection, Words};
use url::Url;

use super::action::{Action, Context, Lead};
use crate::config::{
    problem::Report,
    prompts::read_prompt,
    reader::{Section, Value},
};

/// The addresses to whose documents callers may be handed over.
#[derive(Debug, Default)]
pub(in crate::config) struct AllowedUrls(Vec<Url>);

/// Reads `allowed_urls`.
pub(in crate::config) fn read_allowed(file: &mut Section<'_>) -> AllowedUrls {
    let list = file.take("allowed_urls").and_then(Value::list).unwrap_or_default();
    AllowedUrls(list.into_iter().filter_map(Value::base_url).collect())
}

/// Reads `hangup = true`, or what is said before.
pub(super) fn read_hangup<'a>(value: Value<'a>, _: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    if value.is_table() || value.raw_text().is_some() {
        return Some(Action::Say { words: read_prompt(value, context.sounds)?, next: Lead::End });
    }
    let place = value.place.clone();
    if value.is_flag() && value.flag()? {
        return Some(Action::HangUp);
    }
    context.report.problem(&place, "expected `true`, or the last words");
    None
}

/// Reads `reject`.
pub(super) fn read_reject<'a>(value: Value<'a>, _: &mut Section<'a>, _: &Context<'_>) -> Option<Action> {
    value.choice(&REJECTIONS).map(Action::Reject)
}

/// Reads `goto`: the name of a step, or an address.
pub(super) fn read_goto<'a>(value: Value<'a>, _: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let text = value.text()?;
    if !text.text.contains(':') {
        return Some(Action::GoTo(context.lead(text)));
    }
    let Some(url) = address(&text.text) else {
        context.report.problem(&text.place, "expected the name of a step, or an address that begins with `https://`");
        return None;
    };
    if !context.allowed_urls.0.iter().any(|allowed| is_under(&url, allowed)) {
        context.report.problem(&text.place, "begins with none of `allowed_urls`, to which callers may be handed over");
        return None;
    }
    if url.scheme() == "http" {
        context.report.warning(&text.place, "callers' numbers travel unprotected over http");
    }
    Some(Action::HandOver(url.as_str().into()))
}

/// Warns of refusals that come when the call is paid for already, which is when they are none.
pub(super) fn report_late_rejection(place: &crate::config::problem::Place, report: &Report) {
    let text = "a call can come here that was answered on the way; it hears words then, and is not free of charge";
    report.warning(place, text);
}

fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    (is_plain && url.has_host()).then_some(url)
}

/// Whether the address lies under the other one: the same server, and a path that begins with whole parts of its path.
fn is_under(url: &Url, allowed: &Url) -> bool {
    let rest = url.path().strip_prefix(allowed.path().trim_end_matches('/'));
    url.origin() == allowed.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The words for a caller who was answered before the refusal.
pub(super) fn words_for(reason: Rejection, voice: &super::Voice<'_>) -> Words {
    match reason {
        Rejection::Busy => voice.busy.clone(),
        Rejection::NotInService => voice.unknown_number.clone(),
    }
}

const REJECTIONS: [(&str, Rejection); 2] = [("busy", Rejection::Busy), ("not in service", Rejection::NotInService)];
