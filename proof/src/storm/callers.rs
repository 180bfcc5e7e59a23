//! What callers do: call, wait, talk, and give up at any moment.

use futures_util::future::select;
use ringall::simulator::{Moment, Simulator};
use tokio::time::{sleep, timeout};

use super::{
    plan::{Caller, Leaves, PATIENCE_MS, Then, millis},
    stage::{PRESS, caller_number, line_number},
};

/// A hand at the keys is no faster than this.
const BETWEEN_KEYS_MS: u64 = 150;
/// Ends a message.
const FINISH_KEY: char = '#';

/// Somebody calls and goes through with it, to their own end or the call's.
pub async fn act(carrier: &Simulator, plan: &Caller) {
    sleep(millis(plan.at)).await;
    let caller = carrier.call(&caller_number(plan.from), line_number(plan.line));
    let giving_up = async {
        let (moment, after) = match plan.leaves {
            Leaves::Never => return std::future::pending().await,
            Leaves::Called(after) => return sleep(millis(after)).await,
            Leaves::PickedUp(after) => (Moment::PickedUp, after),
            Leaves::Joined(after) => (Moment::Joined, after),
            Leaves::Words(after) => (Moment::HearsWords, after),
        };
        if caller.until(moment).await {
            sleep(millis(after)).await;
        }
    };
    let talking = async {
        if caller.until(Moment::Talks).await {
            sleep(millis(plan.talks)).await;
        }
    };
    let pressing = async {
        for (nth, press) in plan.presses.iter().enumerate() {
            if !caller.until_hears_times(PRESS, nth + 1).await {
                break;
            }
            sleep(millis(press.thinks)).await;
            for key in press.keys.chars() {
                caller.press(key);
                sleep(millis(BETWEEN_KEYS_MS)).await;
            }
        }
        std::future::pending::<()>().await;
    };
    let speaking = async {
        for (nth, says) in plan.says.iter().enumerate() {
            if !caller.until_beeps(nth + 1).await {
                break;
            }
            sleep(millis(says.after)).await;
            if says.length > 0 {
                caller.speak(millis(says.length));
                sleep(millis(says.length)).await;
            }
            match says.then {
                Then::Waits => {}
                Then::Presses => caller.press(FINISH_KEY),
                Then::HangsUp => return,
            }
        }
        std::future::pending::<()>().await;
    };
    let leaving = select(Box::pin(giving_up), Box::pin(talking));
    let acting = select(Box::pin(pressing), Box::pin(speaking));
    // Whoever waits so long was left; the judges see it.
    let _ = timeout(millis(PATIENCE_MS), select(leaving, acting)).await;
    caller.hang_up();
}
