//! Collects keys (carrier contract §3.1).

use tokio::time::{Instant, sleep_until};

use super::{
    super::{
        Simulator,
        form::{Form, push},
        leg::{Gathering, LegKey},
        twiml::{Gather, Verb},
        webhook::Purpose,
    },
    Next, source_at,
};

impl Simulator {
    /// Plays the prompts and waits for keys. Without any, the document goes on with its next verb.
    pub(super) async fn gather(&self, key: LegKey, gather: &Gather, base: &str) -> Option<Next> {
        self.change(|world| {
            let now = world.now;
            world.leg_mut(key).gathering = Some(Gathering {
                digits: String::new(),
                wanted: gather.digits,
                finish_on: gather.finish_on,
                finished: false,
                touched: false,
                last_key: now,
            });
        });
        tokio::select! {
            biased;
            () = self.until_first_key(key) => {}
            () = self.prompt(key, gather, base) => {}
        }
        self.change(|world| world.hush(key));
        self.collect(key, gather).await;

        let gathering = self.change(|world| world.leg_mut(key).gathering.take());
        let digits = gathering.map(|gathering| gathering.digits).unwrap_or_default();
        if digits.is_empty() && !gather.action_on_empty {
            return None;
        }
        let mut extra = Form::new();
        push(&mut extra, "Digits", digits);
        Some(Next::Go(source_at(Purpose::Action, base, &gather.action, extra)))
    }

    async fn prompt(&self, key: LegKey, gather: &Gather, base: &str) {
        for prompt in &gather.prompts {
            match prompt {
                Verb::Say(say) => self.say(key, say).await,
                Verb::Play(play) => self.play(key, play, base).await,
                Verb::Pause(length) => {
                    self.change(|world| world.hush(key));
                    tokio::time::sleep(*length).await;
                }
                // The reader lets nothing else into a Gather.
                Verb::Gather(_)
                | Verb::Redirect(_)
                | Verb::Hangup
                | Verb::Reject { .. }
                | Verb::Dial(_)
                | Verb::Record(_) => {}
            }
        }
    }

    async fn until_first_key(&self, key: LegKey) {
        self.until_leg(key, |world| {
            world.leg(key).gathering.as_ref().is_some_and(|gathering| gathering.touched).then_some(())
        })
        .await;
    }

    /// Waits until the keys are complete, or none has come for the time that the document allows.
    async fn collect(&self, key: LegKey, gather: &Gather) {
        let prompts_over = Instant::now();
        loop {
            let (finished, last_key) = self.look(|world| {
                let gathering = world.leg(key).gathering.as_ref();
                gathering.map_or((true, prompts_over), |gathering| (gathering.finished, gathering.last_key))
            });
            if finished {
                // From now on silence is silence again.
                self.change(|world| {
                    let now = world.now;
                    for (_, until) in &mut world.leg_mut(key).listened {
                        *until = (*until).min(now);
                    }
                });
                return;
            }
            let until = last_key.max(prompts_over) + gather.timeout;
            self.change(|world| world.leg_mut(key).listened.push((prompts_over, until)));
            let another_key = self.until_leg(key, |world| {
                let gathering = world.leg(key).gathering.as_ref()?;
                (gathering.finished || gathering.last_key > last_key).then_some(())
            });
            tokio::select! {
                biased;
                () = another_key => {}
                () = sleep_until(until) => return,
            }
        }
    }
}
