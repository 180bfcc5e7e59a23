//! What callers do: call, wait, talk, and give up at any moment.

use futures_util::future::{Either, select};
use ringall::simulator::{Moment, Simulator};
use tokio::time::sleep;

use super::{
    plan::{Caller, Leaves, PATIENCE_MS, millis},
    stage::{caller_number, line_number},
};

/// Somebody calls and goes through with it, to their own end or the call's.
pub async fn act(carrier: &Simulator, plan: &Caller) {
    sleep(millis(plan.at)).await;
    let caller = carrier.call(&caller_number(plan.from), line_number(plan.line));
    let giving_up = async {
        let (moment, after) = match plan.leaves {
            // Whoever waits so long was left; the judges see it.
            Leaves::Never => return sleep(millis(PATIENCE_MS)).await,
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
    match select(Box::pin(giving_up), Box::pin(talking)).await {
        Either::Left(((), _)) | Either::Right(((), _)) => caller.hang_up(),
    }
}
