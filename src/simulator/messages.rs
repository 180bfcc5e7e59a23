//! Text messages: who was sent what, and whether it arrived (carrier contract §9).

use std::time::Duration;

use ringall_core::phone::PhoneNumber;

use super::{
    Simulator,
    error::ApiError,
    faults::RestFault,
    form::{self, Form, push},
    phone::Phone,
    settings::Method,
    webhook::{Purpose, Request},
    world::World,
};

/// A text message that the carrier has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMessage {
    /// The carrier's name of it.
    pub sid: String,
    /// When, in milliseconds since the simulator's start.
    pub at: u64,
    /// Whom it is for.
    pub to: PhoneNumber,
    /// The number that is shown.
    pub from: String,
    /// What it says.
    pub body: String,
}

/// Longest text (§9).
const LONGEST_BODY: usize = 1600;
const SENT_AFTER: Duration = Duration::from_millis(400);
const DELIVERED_AFTER: Duration = Duration::from_millis(1500);

impl Simulator {
    /// Every text message so far that the carrier has taken.
    pub fn text_messages(&self) -> Vec<TextMessage> {
        self.look(|world| world.messages.clone())
    }

    /// Lets every order to send a text message to this number fail; `None` mends that.
    pub fn fail_messaging(&self, number: PhoneNumber, fault: Option<RestFault>) {
        self.change(|world| {
            world.planned.messages.retain(|(known, _)| *known != number);
            world.planned.messages.extend(fault.map(|fault| (number, fault)));
        });
    }

    /// Text messages to this number are taken, and do not arrive: the carrier reports this error.
    pub fn lose_messages_to(&self, number: PhoneNumber, error: u32) {
        self.change(|world| world.unreached.insert(number, error));
    }
}

impl Phone {
    /// The text messages that it has got, oldest first.
    pub fn text_messages(&self) -> Vec<TextMessage> {
        let number = self.number();
        let simulator = self.simulator();
        let lost = simulator.look(|world| world.unreached.contains_key(&number));
        simulator.text_messages().into_iter().filter(|message| message.to == number && !lost).collect()
    }
}

impl World {
    /// Takes a text message.
    pub(super) fn take_message(&mut self, form: &Form) -> Result<(TextMessage, &'static str), ApiError> {
        let to = form::first(form, "To").and_then(|to| to.parse::<PhoneNumber>().ok());
        let to = to.ok_or_else(|| ApiError::bad(21211, "Invalid 'To' Phone Number"))?;
        let from = form::first(form, "From").unwrap_or_default().to_owned();
        if !self.settings.numbers.iter().any(|number| number.number.expose() == from) {
            return Err(ApiError::bad(21606, format!("The 'From' phone number {from} cannot send messages")));
        }
        let body = form::first(form, "Body").unwrap_or_default().to_owned();
        if body.is_empty() {
            return Err(ApiError::bad(21602, "Message body is required"));
        }
        if body.chars().count() > LONGEST_BODY {
            return Err(ApiError::bad(21617, "The message body exceeds the 1600 character limit"));
        }
        for (name, _) in form.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            self.warn(0, format!("messages have no parameter `{name}`"));
        }
        let message = TextMessage { sid: self.new_sid("SM"), at: self.millis(), to, from, body };
        let lost = self.unreached.get(&to).copied();
        if let Some(url) = form::first(form, "StatusCallback").map(str::to_owned) {
            self.report_message(&message, &url, "sent", None, SENT_AFTER);
            let end = if lost.is_some() { "undelivered" } else { "delivered" };
            self.report_message(&message, &url, end, lost, DELIVERED_AFTER);
        }
        self.messages.push(message.clone());
        Ok((message, "queued"))
    }

    fn report_message(&mut self, message: &TextMessage, url: &str, status: &str, error: Option<u32>, after: Duration) {
        let mut form = Form::new();
        for name in ["MessageSid", "SmsSid"] {
            push(&mut form, name, &message.sid);
        }
        for name in ["MessageStatus", "SmsStatus"] {
            push(&mut form, name, status);
        }
        push(&mut form, "To", message.to.expose());
        push(&mut form, "From", &message.from);
        push(&mut form, "AccountSid", &self.settings.account_sid);
        push(&mut form, "ApiVersion", "2010-04-01");
        if let Some(error) = error {
            push(&mut form, "ErrorCode", error.to_string());
        }
        let mut request = Request::new(Purpose::MessageReport, url.to_owned(), Method::Post, form);
        request.held_up = after;
        self.send_callback(request);
    }
}

const KNOWN: &[&str] = &[
    "To",
    "From",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
    "StatusCallback",
    "ValidityPeriod",
    "SmartEncoded",
];
