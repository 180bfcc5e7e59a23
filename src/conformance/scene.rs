//! One scenario while it is played: who calls, who rings, picks up, accepts and talks. Everything that is waited for has
//! a limit, after which the server has broken its promise.

use std::{collections::BTreeSet, fmt::Display, sync::Arc, time::Duration};

use http::Method;
use tokio::time::{sleep, timeout};

use super::{
    exchange::Asked,
    preflight::Known,
    report::{Play, broken},
    stage::House,
};
use crate::simulator::{Caller, End, EndedBy, Hearing, Phone, Purpose, Simulator};

/// The carrier and everybody at its telephones.
pub(super) struct Scene {
    pub(super) carrier: Simulator,
    pub(super) house: House,
    pub(super) known: Arc<Known>,
}

/// How long people listen before they press a key.
const THINKS: Duration = Duration::from_millis(150);
/// How long people talk at least: until the carrier has told the server that they do.
const GREETING: Duration = Duration::from_millis(300);
/// What words in between may take.
const WORDS: Duration = Duration::from_secs(5);

impl Scene {
    /// Somebody calls the line, from a number of their own.
    pub(super) fn call(&self) -> Caller {
        self.carrier.call(&self.house.fresh_caller(), self.house.target.line)
    }

    /// How long the server may take for what needs no waiting.
    pub(super) fn soon(&self) -> Duration {
        self.house.target.react_within
    }

    /// How long a caller may wait at the longest until they are told that nobody has come.
    pub(super) fn at_last(&self) -> Duration {
        self.house.target.ring_for + WORDS + self.soon() * 2
    }

    /// The phones that ring now, in the order of dialling.
    pub(super) fn ringing(&self) -> Vec<Phone> {
        self.carrier.newcomers().into_iter().filter(Phone::rings).collect()
    }

    /// All the server's phones, once they ring at the same time.
    pub(super) async fn all_ring(&self) -> Play<Vec<Phone>> {
        self.at_least_ring(self.known.phones).await
    }

    /// The phones that ring, once there are so many.
    pub(super) async fn at_least_ring(&self, count: usize) -> Play<Vec<Phone>> {
        let within = self.soon() + self.known.dialling_takes;
        let what =
            if count == 1 { "a phone rings".to_owned() } else { format!("{count} phones ring at the same time") };
        self.until(what, within, || self.ringing().len() >= count).await?;
        Ok(self.ringing())
    }

    /// Waits until it is so.
    pub(super) async fn until(&self, what: impl Display, within: Duration, is_so: impl Fn() -> bool) -> Play {
        let mut changes = self.carrier.changes();
        let waiting = async {
            while !is_so() {
                // The sender lives as long as the carrier.
                let _ = changes.changed().await;
            }
        };
        let limit = humantime::format_duration(within);
        timeout(within, waiting).await.map_err(|_| broken(format!("expected within {limit}: {what}")))
    }

    /// Waits, while it must be so all the time.
    pub(super) async fn stays(&self, what: impl Display, time: Duration, is_so: impl Fn() -> bool) -> Play {
        match self.until("", time, || !is_so()).await {
            Ok(()) => Err(broken(format!("expected to stay so for {}: {what}", humantime::format_duration(time)))),
            Err(_) => Ok(()),
        }
    }

    /// A human picks up and does what it takes to accept; when this returns, the server is being told of it.
    pub(super) async fn accept(&self, phone: &Phone) -> Play {
        self.pick_up(phone).await?;
        self.confirm(phone).await
    }

    /// A human picks up and waits until a key is asked for, if one ever is.
    pub(super) async fn pick_up(&self, phone: &Phone) -> Play {
        let name = phone.name();
        if !phone.answer() {
            return Err(broken(format!("expected: {name} rings, so that somebody can pick it up")));
        }
        if !self.known.asks_for_key {
            return Ok(());
        }
        let what = format!("{name} is asked for a key");
        self.until(what, self.soon() + WORDS, || phone.is_asked_for_key()).await?;
        sleep(THINKS).await;
        Ok(())
    }

    /// A human who has picked up presses the key, or is heard by the carrier to be one.
    pub(super) async fn confirm(&self, phone: &Phone) -> Play {
        let name = phone.name();
        let purpose = if self.known.asks_for_key { Purpose::Action } else { Purpose::Document };
        let before = if self.known.asks_for_key { self.times_asked(phone, purpose) } else { 0 };
        if self.known.asks_for_key {
            phone.press(self.house.target.key);
        }
        let what = format!("the carrier asks the server what {name} is to do now");
        self.until(what, self.soon(), || self.times_asked(phone, purpose) > before).await
    }

    /// Waits until these two hear each other.
    pub(super) async fn until_talk(&self, caller: &Caller, phone: &Phone) -> Play {
        let what = format!("the caller and {} hear each other", phone.name());
        self.until(what, self.soon() + WORDS, || talk(caller, phone)).await?;
        self.house.remember_usual_words(phone);
        Ok(())
    }

    /// Somebody accepts at this phone, and the two say hello.
    pub(super) async fn join(&self, caller: &Caller, phone: &Phone) -> Play {
        self.accept(phone).await?;
        self.until_talk(caller, phone).await?;
        sleep(GREETING).await;
        Ok(())
    }

    /// Waits until these phones lie idle.
    pub(super) async fn until_idle(&self, phones: &[Phone], within: Duration) -> Play {
        let names: Vec<_> = phones.iter().map(Phone::name).collect();
        let idle = || phones.iter().all(|phone| phone.hears().is_none());
        self.until(format!("{} stop ringing", names.join(", ")), within, idle).await
    }

    /// Waits until the caller's call is over, and looks whether words were the last that they heard.
    pub(super) async fn until_told_and_over(&self, caller: &Caller, within: Duration) -> Play {
        self.until("the caller's call ends", within, || caller.status().is_final()).await?;
        if was_told(caller) {
            return Ok(());
        }
        Err(broken("expected: the caller is told in words before the call ends"))
    }

    /// Waits until somebody who does not have the call has been told so, and is off the line.
    pub(super) async fn until_told_off(&self, phone: &Phone, since: u64) -> Play {
        let name = phone.name();
        let joined = || matches!(phone.hears(), Some(Hearing::Talking(_)));
        let decided = || phone.hears().is_none() || joined();
        self.until(format!("{name} is off the line again"), self.soon() + WORDS, decided).await?;
        if joined() {
            return Err(broken(format!("expected: {name} is not joined")));
        }
        let told = phone.heard().into_iter().any(|heard| match heard.what {
            Hearing::Words(words) => heard.at >= since && !self.house.is_usual(&words),
            Hearing::NetworkRinging
            | Hearing::Rings
            | Hearing::Ringback(_)
            | Hearing::Silence
            | Hearing::Music
            | Hearing::Talking(_)
            | Hearing::ErrorMessage
            | Hearing::Ended(_)
            | Hearing::Recorded => false,
        });
        if told { Ok(()) } else { Err(broken(format!("expected: {name} is told in words why it is not joined"))) }
    }

    /// Milliseconds since the curtain rose.
    pub(super) fn now(&self) -> u64 {
        self.carrier.snapshot().at
    }

    /// How many legs have been dialled so far, to any phone.
    pub(super) fn times_dialled(&self) -> usize {
        self.carrier.newcomers().iter().map(Phone::times_dialled).sum()
    }

    /// How many orders to dial have reached the REST API since the suite began.
    pub(super) fn times_ordered(&self) -> usize {
        let is_order = |asked: &&Asked| asked.method == Method::POST && asked.path.ends_with("/Calls.json");
        self.house.exchange.requests().iter().filter(is_order).count()
    }

    /// No phone may have been dialled more than once.
    pub(super) fn nobody_was_rung_twice(&self) -> Play {
        let twice: Vec<_> = self.carrier.newcomers().into_iter().filter(|phone| phone.times_dialled() > 1).collect();
        let Some(phone) = twice.first() else { return Ok(()) };
        Err(broken(format!(
            "expected: nobody is rung twice; {} was dialled {} times",
            phone.name(),
            phone.times_dialled()
        )))
    }

    /// No phone may have been dialled since there were so many, nor be dialled for a while.
    pub(super) async fn nobody_is_rung_since(&self, before: usize) -> Play {
        self.stays("no phone is rung", QUIET, || self.times_dialled() == before).await
    }

    /// No phone may have been dialled at all, nor be dialled for a while.
    pub(super) async fn nobody_is_rung(&self) -> Play {
        self.nobody_is_rung_since(0).await
    }

    /// Who has talked so far, the phones among them by name.
    pub(super) fn talkers(&self) -> BTreeSet<String> {
        self.carrier.talks().into_iter().map(|(name, _)| name).collect()
    }

    fn times_asked(&self, phone: &Phone, purpose: Purpose) -> usize {
        let Some(sid) = phone.sid() else { return 0 };
        let field = ("CallSid".to_owned(), sid);
        self.carrier
            .webhook_log()
            .iter()
            .filter(|entry| entry.purpose == purpose && entry.form.contains(&field))
            .count()
    }
}

/// How long is waited for what must not happen.
pub(super) const QUIET: Duration = Duration::from_millis(1200);

/// Whether these two hear each other.
pub(super) fn talk(caller: &Caller, phone: &Phone) -> bool {
    let hears_phone = matches!(caller.hears(), Hearing::Talking(with) if with.contains(&phone.name()));
    hears_phone && matches!(phone.hears(), Some(Hearing::Talking(_)))
}

/// Whether the caller hears ringing, of whatever kind.
pub(super) fn hears_ringing(caller: &Caller) -> bool {
    matches!(caller.hears(), Hearing::NetworkRinging | Hearing::Ringback(_))
}

/// Whether the caller talks with anybody.
pub(super) fn talks(caller: &Caller) -> bool {
    matches!(caller.hears(), Hearing::Talking(_))
}

/// Whether words, or a recording that was not the ringing, were the last that a caller heard before the server ended
/// the call.
fn was_told(caller: &Caller) -> bool {
    let heard: Vec<_> =
        caller.heard().into_iter().map(|heard| heard.what).filter(|what| *what != Hearing::Silence).collect();
    let Some((Hearing::Ended(End { by: EndedBy::Document | EndedBy::Api, .. }), before)) = heard.split_last() else {
        return false;
    };
    match before.split_last() {
        Some((Hearing::Words(_), _)) => true,
        Some((recording @ Hearing::Ringback(_), earlier)) => !earlier.contains(recording),
        Some(_) | None => false,
    }
}
