//! Which number a telephone is shown that we dial: the line's, or the caller's, which the carrier lends or does not.

use ringall_core::flow::Show;
use tracing::warn;

use super::live_call::LiveCall;
use crate::carrier::{Carrier, CarrierError, CreateCall, CreatedCall, Wanted};

/// Dials, and shows the caller's number if the group wants that and the carrier lends it; else the line's.
pub(super) async fn create_call(
    carrier: &dyn Carrier,
    order: CreateCall,
    show: Show,
    live: &LiveCall,
    is_wanted: Wanted<'_>,
) -> Result<CreatedCall, CarrierError> {
    if let Some((from, token)) = live.shown_caller(show) {
        let shown = CreateCall { from, call_token: Some(token), ..order.clone() };
        match carrier.create_call(shown, is_wanted).await {
            Err(error) if refuses_caller_id(&error) => {
                if live.show_line_from_now_on() {
                    warn!(%error, "the carrier does not lend the caller's number; phones are shown the line's");
                }
                if !is_wanted() {
                    return Err(error);
                }
            }
            result => return result,
        }
    }
    carrier.create_call(order, is_wanted).await
}

/// Whether it may be the number to be shown that the carrier does not like: "not owned", "invalid" or "a parameter"
/// (carrier contract §12), or a reason that we do not know. Nothing was dialled then, and the line's own number decides.
fn refuses_caller_id(error: &CarrierError) -> bool {
    match error {
        CarrierError::Configuration { code, .. } => matches!(code, 21210 | 21212 | 20422),
        CarrierError::Refused { .. } => true,
        CarrierError::BadNumber { .. }
        | CarrierError::NotInState
        | CarrierError::Unknown
        | CarrierError::Unavailable(_)
        | CarrierError::AnswerLost(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dial_is_repeated_with_the_lines_number_only_where_the_shown_one_may_be_to_blame_and_nothing_was_dialled() {
        let message = || "…".to_owned();
        let configuration = |code| CarrierError::Configuration { code, message: message() };

        for code in [21210, 21212, 20422] {
            assert!(refuses_caller_id(&configuration(code)), "{code}");
        }
        assert!(refuses_caller_id(&CarrierError::Refused { status: 400, code: 32224, message: message() }));
        for code in [20003, 21215, 21219, 10004] {
            assert!(!refuses_caller_id(&configuration(code)), "{code}");
        }
        for error in [
            CarrierError::BadNumber { code: 21211, message: message() },
            CarrierError::Unavailable(message()),
            CarrierError::AnswerLost(message()),
        ] {
            assert!(!refuses_caller_id(&error), "{error}");
        }
    }
}
