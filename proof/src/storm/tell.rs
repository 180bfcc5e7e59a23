//! Tells a broken promise so that a person can follow it: who heard and did what, only the parties concerned.

use std::fmt::Write as _;

use ringall::simulator::{LegKind, LegRecord};

use super::{judge::Broken, play::Played};

/// The history of those whom it concerns, in the order of time.
pub fn timeline(played: &Played, broken: &Broken) -> String {
    let concerned: Vec<&LegRecord> = if broken.legs.is_empty() {
        played.legs.iter().collect()
    } else {
        played.legs.iter().enumerate().filter(|(nth, _)| broken.legs.contains(nth)).map(|(_, leg)| leg).collect()
    };
    let mut lines: Vec<(u64, String)> = Vec::new();
    for leg in &concerned {
        if leg.kind != LegKind::Caller {
            lines.push((leg.created_at, format!("{} is ordered [{}]", leg.name, short(&leg.sid))));
        }
        lines.extend(leg.lines.iter().map(|(at, line)| (*at, format!("{line} [{}]", short(&leg.sid)))));
    }
    let names_one = |text: &str| concerned.iter().find(|leg| text.contains(&leg.sid));
    for request in &played.rest {
        let sid = request.sid.as_deref().unwrap_or(&request.path);
        let about = names_one(sid).or_else(|| request.form.iter().find_map(|(_, value)| names_one(value)));
        if let Some(leg) = about {
            lines.push((request.at, of_request(request, leg)));
        }
    }
    for webhook in &played.webhooks {
        let named = webhook.form.iter().find(|(name, _)| name == "CallSid").map_or("", |(_, sid)| sid);
        if names_one(named).is_some() || names_one(&webhook.url).is_some() {
            lines.push((webhook.at, of_webhook(webhook)));
        }
    }
    for away in &played.away {
        lines.push((away.asked, if away.asked < away.from { "the program is asked to end" } else { "" }.to_owned()));
        lines.push((away.from, "the program is gone".to_owned()));
        lines.push((away.until, "the program begins anew".to_owned()));
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines.sort_by_key(|(at, _)| *at);
    let mut text = String::new();
    for (at, line) in lines {
        let mark = if at >= broken.at && !text.contains(">>>") { ">>> " } else { "    " };
        let _ = writeln!(text, "{mark}{:>5}.{:03}  {line}", at / 1000, at % 1000);
    }
    text
}

fn of_request(request: &ringall::simulator::RestEntry, leg: &LegRecord) -> String {
    let fields: Vec<_> = request
        .form
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "Status" | "Url" | "Timeout" | "MachineDetection"))
        .map(|(name, value)| format!("{name}={}", last_parts(value)))
        .collect();
    let status = request.status.map_or("not carried out".to_owned(), |status| status.to_string());
    let fault = request.fault.map_or(String::new(), |fault| format!(", {fault:?}"));
    format!(
        "        REST {} {} {} → {status}{fault} after {} ms [{}]",
        request.method,
        short(&request.path),
        fields.join(" "),
        request.delay_ms,
        short(&leg.sid)
    )
}

fn of_webhook(webhook: &ringall::simulator::WebhookEntry) -> String {
    let fields: Vec<_> = webhook
        .form
        .iter()
        .filter(|(name, _)| {
            let told = ["CallStatus", "Digits", "AnsweredBy", "StatusCallbackEvent", "DialCallStatus", "ErrorCode"];
            told.contains(&name.as_str())
        })
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let of = webhook.form.iter().find(|(name, _)| name == "CallSid").map_or("", |(_, sid)| sid);
    format!(
        "        webhook {:?} {} {} → {:?} [{}]",
        webhook.purpose,
        last_parts(&webhook.url),
        fields.join(" "),
        webhook.outcome,
        short(of)
    )
}

/// The end of an address, which says what it is.
fn last_parts(url: &str) -> String {
    match url.split("/voice/calls/").nth(1) {
        Some(rest) => rest.split_once('/').map_or(String::new(), |(_, rest)| rest.to_owned()),
        None => url.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

/// Enough of a leg's name to tell it from the others.
fn short(sid: &str) -> String {
    let sid = sid.strip_prefix("Calls/").unwrap_or(sid);
    if sid.len() > 12 { sid[..7].to_owned() } else { sid.to_owned() }
}
